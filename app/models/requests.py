"""The requests table as a Qt model: a window over the capture's requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from app.models.columns import Moment, head_data
from app.models.damage import Damage
from app.models.onscreen import OnScreen, next_failed
from app.models.requestcolumns import BY_KEY, COLUMNS, state_sentence
from app.models.rowids import RowIds
from app.models.scan import Scan
from app.models.whereabouts import Whereabouts
from app.text import tip
from engine.capture.filters import Filter
from engine.capture.reader import CaptureReader
from engine.capture.records import RequestRecord

__all__ = ["COLUMNS", "RecordRole", "RequestsModel"]

Index = QModelIndex | QPersistentModelIndex

RecordRole = Qt.ItemDataRole.UserRole + 1
"""The RequestRecord of a row, or None when the capture no longer has it."""
NUMBERS_EVERY = 500_000_000
"""While the capture grows, numbers that people read change twice a second."""
FLOOD_REST = 90_000_000
"""When all rows on screen are new they stand for so long at least: every second tick is left to others."""


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
        self._screen = OnScreen(self._ids, self._fetch)
        self.damage = Damage(self)
        self._frozen = False
        self._waiting: list[int] = []
        self._total = 0
        self._hidden = 0
        self._moment = Moment(0, 0)
        self._stuck: Mapping[int, Whereabouts] = MappingProxyType({})
        self._counts = (0, 0, 0)
        self._flood = False
        self._counted = -NUMBERS_EVERY
        self.set_reader(reader)

    # What is shown

    def set_reader(self, reader: CaptureReader | None) -> None:
        """Show another capture, from its beginning."""
        self._reader = reader
        self.damage.forget()
        self._moment = Moment(0, 0)
        with self.damage.noticed():
            self._moment = Moment(0, reader.wall_offset if reader else 0)
        self._frozen = False
        self._start_over()

    def set_filter(self, where: Filter | None, hidden: int = 0) -> None:
        """Show only the requests that match; so many do not count at all."""
        self._where = where
        self._hidden = hidden
        self._start_over()

    def set_order(self, key: str, descending: bool) -> None:
        """Order by a column's key."""
        if COLUMNS[BY_KEY[key]].order and (key, descending) != (self._key, self._descending):
            self._key, self._descending = key, descending
            self._start_over()

    def set_window(self, first: int, last: int) -> None:
        """Tell which rows are on screen: only those are kept up to date."""
        self._screen.look(first, last)

    def refresh(self, now: int, stuck: Mapping[int, Whereabouts] = MappingProxyType({})) -> None:
        """Look at what the capture has got since; called at every tick with its `at`, and with who is stuck."""
        self._stuck = stuck
        if not (self._flood and 0 <= now - self._moment.now < FLOOD_REST):
            with self.damage.noticed():
                self._catch_up(now)
            if not 0 <= self._moment.now - self._counted < NUMBERS_EVERY:
                self._tell_counts()

    def _catch_up(self, now: int) -> None:
        if self._reader is None or self._scan is None:
            return
        before = len(self._ids)
        self._moment = Moment(now, self._moment.wall_offset, self._stuck)
        totals = self._reader.totals()
        self._total = totals.requests
        self._drop_evicted(self._scan.evicted(totals.evicted))
        found = self._scan.go_on()
        self._waiting += found.new
        if not self._ids.snapshot and not self._frozen:
            self._settle(found.matching, found.failing)
            self._announce_waiting()
        for first, last in self._screen.renew(now):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))
        self._flood = 0 < before < len(self._ids) - self._screen.height

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
        return max(0, self._total - self._hidden)

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

    def row_of(self, request: int) -> int:
        """The row of a request, -1 when it is not shown."""
        return self._ids.row_of(request)

    def id_at(self, row: int) -> int | None:
        """The request's id of a row."""
        return self._ids.at(row) if 0 <= row < len(self._ids) else None

    def request_at(self, row: int) -> RequestRecord | None:
        """The record of a row, None when there is none or the capture no longer has it."""
        return self._screen.record(row) if 0 <= row < len(self._ids) else None

    def next_error(self, row: int, step: int) -> int:
        """The nearest row after (`step` 1) or before (-1) `row` that failed, -1 when there is none."""
        with self.damage.noticed():
            return -1 if self._scan is None else next_failed(self._scan, self._ids, row, step)
        return -1

    def scale(self) -> int:
        """A duration in ns that most bars on screen fit in."""
        return self._screen.scale(self._moment.now)

    # How it follows the capture

    def _fetch(self, ids: Iterable[int]) -> Iterable[RequestRecord]:
        with self.damage.noticed():
            return self._reader.requests_by_id(list(ids)) if self._reader else ()
        return ()

    def _start_over(self) -> None:
        self.beginResetModel()
        self._screen.clear()
        self._waiting = []
        self._ids.clear(descending=self._descending)
        self._scan = None if self._reader is None else Scan(self._reader, self._where)
        with self.damage.noticed():
            self._look_anew()
        self.endResetModel()
        self._tell_counts()
        self._hurry()

    def _look_anew(self) -> None:
        if self._reader is None or self._scan is None:
            return
        self._total = self._reader.totals().requests
        order = COLUMNS[BY_KEY[self._key]].order
        if order != "id":
            self._ids.take(self._scan.ordered(order, self._descending))
        else:
            self._ids.append(self._scan.go_on().new)

    def _hurry(self) -> None:
        """Ticks may be rare, or there are none: a file was opened. Go on by ourselves until all has been looked at."""
        with self.damage.noticed():
            if self._scan is not None and not self._scan.at_end:
                QTimer.singleShot(0, self, self._on_hurry)

    def _on_hurry(self) -> None:
        with self.damage.noticed():
            self._catch_up(self._moment.now)
            self._tell_counts()
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

    def _tell_counts(self) -> None:
        self._counted = self._moment.now
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
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        sentence = state_sentence(record, self._moment) if column.key == "state" else ""
        return tip(f"{text}. {sentence}" if sentence else text)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return head_data(COLUMNS, "RequestsModel", section, orientation, role)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < len(COLUMNS):
            self.set_order(COLUMNS[column].key, order is Qt.SortOrder.DescendingOrder)
