"""What is paused, as a table: the longest waiting first, its place in the list never taken by another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.link.tick import PausedRequest
from app.models.gates import GateSetting, where_text
from app.text import QT_TR_NOOP, safe_text, tr
from app.theme import mono, theme

Index = QModelIndex | QPersistentModelIndex
COLUMNS = (
    QT_TR_NOOP("#"),
    QT_TR_NOOP("paused"),
    QT_TR_NOOP("waiting"),
    QT_TR_NOOP("peer"),
    QT_TR_NOOP("worker"),
)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WAITING, _PEER = 2, 3


def waiting_text(paused: PausedRequest, now: int) -> str:
    """Minutes and seconds: 00:12."""
    seconds = max(0, now - paused.since) // 1_000_000_000
    return f"{seconds // 60:02}:{seconds % 60:02}"


def point_text(paused: PausedRequest) -> str:
    """Where it is held: "before handle", "exception"."""
    return where_text(GateSetting(paused.gate, paused.point, paused.when))


class PausedModel(QAbstractTableModel):
    """Rows leave and join one by one, so that the chosen one stays chosen. `peer_of` tells a request's peer."""

    def __init__(self, peer_of: Callable[[int], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[PausedRequest] = []
        self._peers: dict[int, str] = {}
        self._peer_of = peer_of
        self._now = 0

    def show(self, paused: tuple[PausedRequest, ...], now: int) -> None:
        """Take over a tick's list."""
        there = {one.number: one for one in paused}
        for row in range(len(self._rows) - 1, -1, -1):
            if self._rows[row].number not in there:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._rows[row]
                self.endRemoveRows()
        self._rows = [there[one.number] for one in self._rows]
        known = {one.number for one in self._rows}
        new = sorted((one for one in paused if one.number not in known), key=lambda one: one.since)
        if new:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(new) - 1)
            self._rows += new
            self.endInsertRows()
        self._now = now
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(COLUMNS) - 1))

    def forget_peers(self) -> None:
        """The capture is another one."""
        self._peers.clear()

    def at(self, row: int) -> PausedRequest | None:
        """What a row shows."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def row_of(self, number: str) -> int:
        """The row of a pause, -1 when it is over."""
        return next((row for row, one in enumerate(self._rows) if one.number == number), -1)

    def peer(self, paused: PausedRequest) -> str:
        """Who waits at the other end, "" while its row is not in the capture yet."""
        if paused.id is None:
            return ""
        if not self._peers.get(paused.id):
            self._peers[paused.id] = self._peer_of(paused.id)
        return self._peers[paused.id]

    def _text(self, paused: PausedRequest, column: int) -> str:
        if column == 0:
            return "" if paused.id is None else str(paused.id)
        if column == 1:
            return f"‖ {point_text(paused)}"
        if column == _WAITING:
            return waiting_text(paused, self._now)
        if column == _PEER:
            return f"{'●' if paused.peer else '✕'} {safe_text(self.peer(paused), 80)}"
        return safe_text(paused.worker, 60)

    def _colour(self, paused: PausedRequest, column: int) -> Any:
        if column == 1:
            return theme().warn
        if column == _PEER and not paused.peer:
            return theme().error
        return None

    # Qt's overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        found = self.at(index.row()) if index.isValid() else None
        if found is None:
            return None
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(found, column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(found, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (0, _WAITING):
            return int(_RIGHT)
        if role == Qt.ItemDataRole.FontRole and column != 1:
            return mono()
        if role == Qt.ItemDataRole.ToolTipRole and column == _PEER:
            return tr("The peer is still connected") if found.peer else tr("The peer has gone")
        return None
