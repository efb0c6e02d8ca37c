"""What the test client sent and received, as a table."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.text import QT_TR_NOOP, clock, number, safe_text, tr
from app.theme import mono, theme

Index = QModelIndex | QPersistentModelIndex
LIMIT = 2000
"""Rows kept; the oldest go."""
HEX_BYTES = 12

COLUMNS = (
    QT_TR_NOOP("time"),
    QT_TR_NOOP("client"),
    QT_TR_NOOP("what"),
    QT_TR_NOOP("bytes"),
    QT_TR_NOOP("hex"),
    QT_TR_NOOP("text"),
)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Exchange:
    """One event of one client."""

    at: int
    client: int
    what: str
    """sent, received, closed, failed"""
    data: bytes
    size: int
    sentence: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Exchange:
        """Read a "clients" event; data that is no Base64 counts as none."""
        try:
            data = base64.b64decode(str(event.get("data") or ""), validate=True)
        except binascii.Error:
            data = b""
        size = int(event.get("size") or len(data))
        sentence = str(event.get("sentence") or "")
        return cls(int(event.get("at") or 0), int(event.get("client") or 0), str(event["what"]), data, size, sentence)


class ExchangesModel(QAbstractTableModel):
    """Newest last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Exchange] = []
        self.wall_offset = 0

    def append(self, found: Exchange) -> None:
        """Add a row at the end."""
        if len(self._rows) >= LIMIT:
            self.beginRemoveRows(QModelIndex(), 0, LIMIT // 10)
            del self._rows[: LIMIT // 10 + 1]
            self.endRemoveRows()
        self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows))
        self._rows.append(found)
        self.endInsertRows()

    def clear(self) -> None:
        """Forget all rows."""
        self.beginResetModel()
        self._rows.clear()
        self.endResetModel()

    def at(self, row: int) -> Exchange | None:
        """The event of a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

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
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(found, index.column())
        if role == Qt.ItemDataRole.FontRole:
            return mono()
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (1, 3):
            return int(_RIGHT)
        if role == Qt.ItemDataRole.ForegroundRole and found.what == "failed":
            return theme().error
        return None

    def _text(self, found: Exchange, column: int) -> str:
        if column == 0:
            return clock(found.at, self.wall_offset)
        if column == 1:
            return str(found.client)
        if column == 2:
            return _what(found.what)
        if column == 3:
            return number(found.size) if found.what in ("sent", "received") else ""
        if column == 4:
            return found.data[:HEX_BYTES].hex(" ") + (" …" if found.size > HEX_BYTES else "")
        return safe_text(found.sentence or found.data)


def _what(what: str) -> str:
    words = {
        "sent": tr("→ sent"),
        "received": tr("← received"),
        "closed": tr("closed by peer"),
        "failed": tr("✕ failed"),
    }
    return words.get(what, safe_text(what))
