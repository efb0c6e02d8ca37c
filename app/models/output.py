"""What servers print, and what Socketscope says about them: the newest lines as a table."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.models.columns import Column, Moment, head_data
from app.models.damage import Damage
from app.text import QT_TRANSLATE_NOOP, clock, safe_text, tip
from engine.capture.reader import Servers
from engine.capture.records import OutputRecord

Index = QModelIndex | QPersistentModelIndex

LIMIT = 5000
"""Lines kept; older ones stay in the capture."""
AT_ONCE = 500
LINE = 400

RecordRole = Qt.ItemDataRole.UserRole + 1
"""The OutputRecord of a row."""

_STREAMS = {
    0: QT_TRANSLATE_NOOP("OutputModel", "log"),
    1: QT_TRANSLATE_NOOP("OutputModel", "out"),
    2: QT_TRANSLATE_NOOP("OutputModel", "err"),
}


class Named(Protocol):
    """Of a server only its number and name are asked for."""

    @property
    def id(self) -> int:
        """As its lines say it."""

    @property
    def name(self) -> str:
        """As the person called it."""


class LineSource(Protocol):
    """Where lines are read: a capture's reader, or something that adds to it."""

    @property
    def wall_offset(self) -> int:
        """Wall clock less monotonic clock, ns."""

    def servers(self) -> Sequence[Named]:
        """Everybody who has lines."""

    def output(self, servers: Servers, after: int, limit: int) -> list[OutputRecord]:
        """The lines after the one with this number, oldest first."""

    def last_output(self, servers: Servers, limit: int) -> list[OutputRecord]:
        """The newest lines, oldest first."""


def _stream(record: OutputRecord) -> str:
    return QCoreApplication.translate("OutputModel", _STREAMS.get(record.stream, "?"))


OUTPUT_COLUMNS: tuple[Column[tuple[OutputRecord, str]], ...] = (
    Column(
        "time",
        QT_TRANSLATE_NOOP("OutputModel", "time"),
        QT_TRANSLATE_NOOP("OutputModel", "When the line was read"),
        112,
        lambda r, m: clock(r[0].at, m.wall_offset),
        mono=True,
    ),
    Column(
        "server",
        QT_TRANSLATE_NOOP("OutputModel", "server"),
        QT_TRANSLATE_NOOP("OutputModel", "The server whose process printed it"),
        110,
        lambda r, m: safe_text(r[1]),
    ),
    Column(
        "stream",
        QT_TRANSLATE_NOOP("OutputModel", "from"),
        QT_TRANSLATE_NOOP("OutputModel", "out: standard output; err: standard error; log: Socketscope about it"),
        44,
        lambda r, m: _stream(r[0]),
        mono=True,
    ),
    Column(
        "line",
        QT_TRANSLATE_NOOP("OutputModel", "line"),
        QT_TRANSLATE_NOOP("OutputModel", "What was printed, control characters escaped"),
        600,
        lambda r, m: safe_text(r[0].line, LINE),
        mono=True,
    ),
)


class OutputModel(QAbstractTableModel):
    """Lines of one server or of all, oldest first: time, server, stream, line."""

    def __init__(self, reader: LineSource | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.damage = Damage(self)
        self._reader = reader
        self._servers: Servers = None
        self._lines: deque[OutputRecord] = deque()
        self._names: dict[int, str] = {}
        self._last = 0
        self._wall_offset = 0
        self.set_reader(reader)

    def set_reader(self, reader: LineSource | None) -> None:
        """Show another capture."""
        self._reader = reader
        self.damage.forget()
        with self.damage.noticed():
            self._wall_offset = reader.wall_offset if reader else 0
        self._start_over()

    def set_server(self, servers: Servers) -> None:
        """Only the lines of these runs (capture ids, such as ServerStatus.ids); None: of all."""
        if servers != self._servers:
            self._servers = servers
            self._start_over()

    def refresh(self) -> None:
        """Append the lines that have come since."""
        lines: list[OutputRecord] = []
        with self.damage.noticed():
            lines = self._fresh(self._reader) if self._reader is not None else []
        if lines:
            self._append(lines)

    def _fresh(self, reader: LineSource) -> list[OutputRecord]:
        lines = reader.output(self._servers, self._last, AT_ONCE)
        if len(lines) == AT_ONCE:
            # A flood: what nobody could read is left out of the view, not of the capture.
            lines = [line for line in reader.last_output(self._servers, AT_ONCE) if line.id > self._last]
        return lines

    def record(self, row: int) -> OutputRecord | None:
        """The line of a row."""
        return self._lines[row] if 0 <= row < len(self._lines) else None

    def text(self) -> str:
        """All lines as safe plain text, for copying."""
        return "\n".join(safe_text(record.line, LINE) for record in self._lines)

    def _start_over(self) -> None:
        self.beginResetModel()
        self._lines.clear()
        self._last = 0
        with self.damage.noticed():
            if self._reader is not None:
                self._lines.extend(self._reader.last_output(self._servers, AT_ONCE))
                self._last = self._lines[-1].id if self._lines else 0
                self._learn_names()
        self.endResetModel()

    def _append(self, lines: list[OutputRecord]) -> None:
        surplus = min(len(self._lines), len(self._lines) + len(lines) - LIMIT)
        if surplus > 0:
            self.beginRemoveRows(QModelIndex(), 0, surplus - 1)
            for _ in range(surplus):
                self._lines.popleft()
            self.endRemoveRows()
        if any(line.server not in self._names for line in lines):
            self._learn_names()
        self.beginInsertRows(QModelIndex(), len(self._lines), len(self._lines) + len(lines) - 1)
        self._lines.extend(lines)
        self._last = lines[-1].id
        self.endInsertRows()

    def _learn_names(self) -> None:
        with self.damage.noticed():
            self._names = {server.id: server.name for server in self._reader.servers()} if self._reader else {}

    # Qt's overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(OUTPUT_COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        record, column = self._lines[index.row()], OUTPUT_COLUMNS[index.column()]
        if role == RecordRole:
            return record
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return column.align
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        row = (record, self._names.get(record.server, ""))
        text = column.text(row, Moment(0, self._wall_offset))
        return text if role == Qt.ItemDataRole.DisplayRole else tip(text)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return head_data(OUTPUT_COLUMNS, "OutputModel", section, orientation, role)
