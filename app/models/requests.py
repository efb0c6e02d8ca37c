"""The requests table as a Qt model: a window over the capture's requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from app.models.columns import Moment
from app.models.records import RecordCache
from app.models.requestcolumns import BY_KEY, COLUMNS, bar_length
from app.models.rowids import RowIds, runs
from app.models.scan import Scan
from app.text import tip
from engine.capture.filters import Filter
from engine.capture.reader import CaptureReader
from engine.capture.records import RequestRecord

__all__ = ["COLUMNS", "RecordRole", "RequestsModel"]

Index = QModelIndex | QPersistentModelIndex

RecordRole = Qt.ItemDataRole.UserRole + 1
"""The RequestRecord of a row, or None when the capture no longer has it."""

OUTLIER = 2
"""So many times the third quartile fits a bar's column; what is longer is cut and says so."""
NUMBERS_EVERY = 500_000_000
"""While the capture grows, numbers that people read change twice a second."""
FLOOD_REST = 90_000_000
"""When all rows on screen are new they stand for so long at least: every second tick is left to others."""
MARGIN = 24
"""Rows fetched beyond those that a cell was asked of: the next ones that will be."""


class RequestsModel(QAbstractTableModel):
    """A window over the requests of a capture: it keeps ids, and the few records that are on screen.

    Ordered by number, new requests come in by themselves. Ordered by anything else the rows stand still until
    `bring_in`, for no list moves under its reader; what has come since is counted.
    """

    counts_changed = Signal()
    """shown, total or new_count changed."""

    def __init__(self, reader: CaptureReader | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader: CaptureReader | None = None
        self._scan: Scan | None = None
        self._where: Filter | None = None
        self._key, self._descending = "id", False
        self._ids = RowIds()
        self._cache = RecordCache(self._fetch)
        self._window: tuple[int, int] = (0, MARGIN)
        self._frozen = False
        self._waiting: list[int] = []
        self._total = 0
        self._moment = Moment(0, 0)
        self._counts = (0, 0, 0)
        self._flood = False
        self._counted = -NUMBERS_EVERY
        self.set_reader(reader)

    # What is shown

    def set_reader(self, reader: CaptureReader | None) -> None:
        """Show another capture, from its beginning."""
        self._reader = reader
        self._moment = Moment(0, reader.wall_offset if reader else 0)
        self._frozen = False
        self._start_over()

    def set_filter(self, where: Filter | None) -> None:
        """Show only the requests that match."""
        self._where = where
        self._start_over()

    def set_order(self, key: str, descending: bool) -> None:
        """Order by a column's key."""
        if COLUMNS[BY_KEY[key]].order and (key, descending) != (self._key, self._descending):
            self._key, self._descending = key, descending
            self._start_over()

    def set_window(self, first: int, last: int) -> None:
        """Tell which rows are on screen: only those are kept up to date."""
        self._window = (first, last)

    def refresh(self, now: int) -> None:
        """Look at what the capture has got since; called at every tick with its `at`."""
        if not (self._flood and 0 <= now - self.now < FLOOD_REST):
            self._catch_up(now)

    def _catch_up(self, now: int) -> None:
        if self._reader is None or self._scan is None:
            return
        before = len(self._ids)
        self._moment = Moment(now, self._moment.wall_offset)
        totals = self._reader.totals()
        self._total = totals.requests
        self._drop_evicted(self._scan.evicted(totals.evicted))
        found = self._scan.go_on()
        self._waiting += found.new
        if not self._ids.snapshot and not self._frozen:
            self._settle(found.matching, found.failing)
            self._announce_waiting()
        self._renew_window()
        self._flood = 0 < before < len(self._ids) - (self._window[1] - self._window[0])
        if not 0 <= now - self._counted < NUMBERS_EVERY:
            self._tell_counts()

    def freeze(self) -> None:
        """Hold the view while the capture goes on."""
        self._frozen = True

    def unfreeze(self) -> None:
        """Go on, and bring in what has come meanwhile."""
        self._frozen = False
        if not self._ids.snapshot:
            self._announce_waiting()
        self._tell_counts()

    def bring_in(self) -> None:
        """Show the requests counted by `new_count`, whatever held them back (freeze stays)."""
        if self._ids.snapshot:
            self._start_over()
        else:
            self._announce_waiting()
        self._tell_counts()

    @property
    def frozen(self) -> bool:
        """Whether the view is held."""
        return self._frozen

    @property
    def shown(self) -> int:
        """Rows."""
        return len(self._ids)

    @property
    def total(self) -> int:
        """Requests in the capture."""
        return self._total

    @property
    def new_count(self) -> int:
        """Matching requests that wait to be shown, because the view is frozen or sorted by what changes."""
        return len(self._waiting)

    @property
    def live_order(self) -> bool:
        """Whether new requests come in by themselves: ordered by number."""
        return not self._ids.snapshot

    @property
    def order(self) -> tuple[str, bool]:
        """Key of the column that orders, and whether downwards."""
        return self._key, self._descending

    @property
    def moment(self) -> Moment:
        """The last tick's time: where the bars of live requests end."""
        return self._moment

    @property
    def now(self) -> int:
        """The last tick's time."""
        return self._moment.now

    def row_of(self, request: int) -> int:
        """The row of a request, -1 when it is not shown."""
        return self._ids.row_of(request)

    def id_at(self, row: int) -> int | None:
        """The request's id of a row."""
        return self._ids.at(row) if 0 <= row < len(self._ids) else None

    def request_at(self, row: int) -> RequestRecord | None:
        """The record of a row, None when there is none or the capture no longer has it."""
        if not 0 <= row < len(self._ids):
            return None
        request = self._ids.at(row)
        if not self._cache.knows(request):
            self._cache.load(self._ids.slice(row - MARGIN, row + MARGIN))
        return self._cache.get(request)

    def next_error(self, row: int, step: int) -> int:
        """The nearest row after (`step` 1) or before (-1) `row` that failed, -1 when there is none."""
        if self._scan is None:
            return -1
        if self._ids.snapshot:
            failed = (self._ids.row_of(request) for request in self._scan.failed())
            beyond = [other for other in failed if other >= 0 and (other - row) * step > 0]
            return min(beyond, key=lambda other: abs(other - row), default=-1)
        step = -step if self._descending else step
        request = self.id_at(row)
        if request is None:
            request = 0 if step > 0 else self._scan.last + 1
        found = self._scan.failed_next(request, step)
        return -1 if found is None else self._ids.row_of(found)

    def scale(self) -> int:
        """A duration in ns that most bars on screen fit in: one slow request must not flatten all others."""
        records = map(self._cache.get, self._ids.slice(*self._window))
        lengths = sorted(bar_length(record, self.now) for record in records if record)
        if not lengths:
            return 1
        return min(lengths[-1], OUTLIER * lengths[len(lengths) * 3 // 4])

    # How it follows the capture

    def _fetch(self, ids: Iterable[int]) -> Iterable[RequestRecord]:
        return self._reader.requests_by_id(list(ids)) if self._reader else ()

    def _start_over(self) -> None:
        self.beginResetModel()
        self._cache.clear()
        self._waiting = []
        self._ids.clear(descending=self._descending)
        self._scan = None if self._reader is None else Scan(self._reader, self._where)
        if self._reader is not None and self._scan is not None:
            self._total = self._reader.totals().requests
            order = COLUMNS[BY_KEY[self._key]].order
            if order != "id":
                self._ids.take(self._scan.ordered(order, self._descending))
            else:
                self._ids.append(self._scan.go_on().new)
        self.endResetModel()
        self._tell_counts()
        self._hurry()

    def _hurry(self) -> None:
        """Ticks may be rare, or there are none: a file was opened. Go on by ourselves until all has been looked at."""
        if self._scan is not None and not self._scan.at_end:
            QTimer.singleShot(0, self, self._on_hurry)

    def _on_hurry(self) -> None:
        self._catch_up(self.now)
        self._hurry()

    def _announce_waiting(self) -> None:
        if self._waiting:
            self.beginInsertRows(QModelIndex(), *self._ids.insertion(len(self._waiting)))
            self._ids.append(self._waiting)
            self._waiting = []
            self.endInsertRows()

    def _settle(self, matching: Iterable[int], failing: Iterable[int]) -> None:
        """Requests that live on may begin to match the filter, or cease to."""
        for request in matching:
            if self._ids.row_of(request) < 0 and request not in self._waiting:
                row = self._ids.place_for(request)
                self.beginInsertRows(QModelIndex(), row, row)
                self._ids.insert(request)
                self.endInsertRows()
        for request in failing:
            row = self._ids.row_of(request)
            if row >= 0:
                self._remove(row, row)

    def _drop_evicted(self, left: tuple[int, Iterable[int]] | None) -> None:
        if left is None:
            return
        floor, survivors = left[0], set(left[1])
        self._waiting = [request for request in self._waiting if request >= floor or request in survivors]
        if not self._ids.snapshot:
            for first, last in self._ids.below(floor, survivors):
                self._remove(first, last)

    def _remove(self, first: int, last: int) -> None:
        self.beginRemoveRows(QModelIndex(), first, last)
        self._ids.remove((first, last))
        self.endRemoveRows()

    def _renew_window(self) -> None:
        ids = self._ids.slice(*self._window)
        changed = self._cache.renew(ids, self.now)
        self._cache.load(ids)
        first = max(0, self._window[0])
        for low, high in runs(row for row, request in enumerate(ids, first) if request in changed):
            self.dataChanged.emit(self.index(low, 0), self.index(high, len(COLUMNS) - 1))

    def _tell_counts(self) -> None:
        self._counted = self.now
        counts = (self.shown, self.total, self.new_count)
        if counts != self._counts:
            self._counts = counts
            self.counts_changed.emit()

    # Qt's overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return column.align
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, RecordRole):
            return None
        record = self.request_at(index.row())
        if role == RecordRole:
            return record
        if record is None:
            return str(self._ids.at(index.row())) if column.key == "id" else ""
        text = column.text(record, self._moment)
        return text if role == Qt.ItemDataRole.DisplayRole else tip(text)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        column = COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return QCoreApplication.translate("RequestsModel", column.title)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(QCoreApplication.translate("RequestsModel", column.tip))
        return column.align if role == Qt.ItemDataRole.TextAlignmentRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < len(COLUMNS):
            self.set_order(COLUMNS[column].key, order is Qt.SortOrder.DescendingOrder)
