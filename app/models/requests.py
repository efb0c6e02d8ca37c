"""The requests table: its columns, and a window over the capture's requests as a Qt model."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.models.columns import Column
from engine.capture.filters import Filter
from engine.capture.reader import CaptureReader
from engine.capture.records import RequestRecord

COLUMNS: tuple[Column[RequestRecord], ...] = ()

Index = QModelIndex | QPersistentModelIndex

RecordRole = Qt.ItemDataRole.UserRole + 1
"""The RequestRecord of a row, or None when the capture no longer has it."""


class RequestsModel(QAbstractTableModel):
    """A window over the requests of a capture: it keeps ids and the few records that are on screen."""

    counts_changed = Signal()
    """shown, total, new_count or loading changed."""

    def __init__(self, reader: CaptureReader | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        raise NotImplementedError

    # What is shown

    def set_reader(self, reader: CaptureReader | None) -> None:
        """Show another capture, from its beginning."""

    def set_filter(self, where: Filter | None) -> None:
        """Show only the requests that match."""

    def set_order(self, key: str, descending: bool) -> None:
        """Order by a column's key. Also what a click on a head does, through `sort`."""

    def set_window(self, first: int, last: int) -> None:
        """Tell which rows are on screen: only those are kept up to date."""

    def refresh(self, now: int) -> None:
        """Look at what the capture has got since; called at every tick with its `at`."""

    def freeze(self) -> None:
        """Hold the view while the capture goes on."""

    def unfreeze(self) -> None:
        """Go on, and bring in what has come meanwhile."""

    def bring_in(self) -> None:
        """Show the requests counted by `new_count`, whatever held them back (freeze stays)."""

    @property
    def frozen(self) -> bool:
        """Whether the view is held."""
        return False

    @property
    def shown(self) -> int:
        """Rows."""
        return 0

    @property
    def total(self) -> int:
        """Requests in the capture."""
        return 0

    @property
    def new_count(self) -> int:
        """Matching requests that wait to be shown, because the view is frozen or sorted by what changes."""
        return 0

    @property
    def live_order(self) -> bool:
        """Whether new requests come in by themselves: ordered by number."""
        return True

    def row_of(self, request: int) -> int:
        """The row of a request, -1 when it is not shown."""
        return -1

    def id_at(self, row: int) -> int | None:
        """The request's id of a row."""
        return None

    def request_at(self, row: int) -> RequestRecord | None:
        """The record of a row, None when there is none or the capture no longer has it."""
        return None

    def next_error(self, row: int, step: int) -> int:
        """The nearest row after (`step` 1) or before (-1) `row` that failed, -1 when there is none."""
        return -1

    def longest(self) -> int:
        """The longest duration on screen in ns, at least 1: the common scale of the stage bars."""
        return 1

    @property
    def now(self) -> int:
        """The tick's time: where the bars of live requests end."""
        return 0

    # Qt's overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return None
