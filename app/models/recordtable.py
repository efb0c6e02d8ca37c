"""The base of tables that hold a short list of records: what Qt asks for, answered from declared columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.models.columns import Column, Moment, head_data
from app.text import tip
from app.theme import mono

Index = QModelIndex | QPersistentModelIndex
Row = TypeVar("Row")


class RecordTable(QAbstractTableModel, Generic[Row]):
    """Rows by `columns`, whose titles are translated in `context`; "" is that of `tr`."""

    def __init__(
        self, columns: Sequence[Column[Row]], context: str = "", parent: QObject | None = None, *, most: int = 0
    ) -> None:
        """`most`: rows that are kept when others are appended; 0: all."""
        super().__init__(parent)
        self.columns = columns
        self._context = context
        self._most = most
        self._rows: list[Row] = []
        self.moment = Moment(0, 0)

    def at(self, row: int) -> Row | None:
        """The record of a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def find(self, is_it: Callable[[Row], object]) -> int:
        """The first row whose record it is, -1: none."""
        return next((row for row, record in enumerate(self._rows) if is_it(record)), -1)

    def replace(self, records: Iterable[Row]) -> None:
        """Show other records."""
        self.beginResetModel()
        self._rows = list(records)
        self.endResetModel()

    def append(self, record: Row) -> None:
        """Add a row at the end; a tenth of the rows, the oldest, gives way where there are too many."""
        if self._most and len(self._rows) >= self._most:
            surplus = max(1, self._most // 10)
            self._remove(0, surplus)
        self._insert([record])

    def merge(self, records: Iterable[Row], key: Callable[[Row], Hashable]) -> None:
        """Show these records. Rows leave and join, at the end, one by one: the chosen row stays chosen."""
        given = {key(record): record for record in records}
        for row in range(len(self._rows) - 1, -1, -1):
            if key(self._rows[row]) not in given:
                self._remove(row, 1)
        self._rows = [given.pop(key(record)) for record in self._rows]
        self.repaint()
        self._insert(list(given.values()))

    def repaint(self) -> None:
        """Every cell may read otherwise now."""
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self.columns) - 1))

    def _remove(self, first: int, count: int) -> None:
        self.beginRemoveRows(QModelIndex(), first, first + count - 1)
        del self._rows[first : first + count]
        self.endRemoveRows()

    def _insert(self, records: list[Row]) -> None:
        if records:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(records) - 1)
            self._rows += records
            self.endInsertRows()

    # Qt's overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return head_data(self.columns, self._context, section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        record = self.at(index.row()) if index.isValid() else None
        if record is None:
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(record, self.moment)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return column.align
        if role == Qt.ItemDataRole.FontRole:
            return mono() if column.mono else None
        if role == Qt.ItemDataRole.ForegroundRole:
            return column.colour(record) if column.colour is not None else None
        if role == Qt.ItemDataRole.ToolTipRole and column.hint is not None:
            return tip(column.hint(record))
        return None
