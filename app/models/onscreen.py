"""The requests that are on screen, and a few around them: the only records that a view holds."""

from __future__ import annotations

from app.models.records import Fetch, RecordCache
from app.models.requestcolumns import bar_length
from app.models.rowids import RowIds, Run, runs
from app.models.scan import Scan
from engine.capture.records import RequestRecord

MARGIN = 24
"""Rows fetched beyond those that a cell was asked of: the next ones that will be."""
OUTLIER = 2
"""So many times the third quartile fits a bar's column; what is longer is cut and says so."""


class OnScreen:
    """Rows `first` to `last` of a view, and their records."""

    def __init__(self, ids: RowIds, fetch: Fetch) -> None:
        self._ids = ids
        self._cache = RecordCache(fetch)
        self._first, self._last = 0, MARGIN

    def look(self, first: int, last: int) -> None:
        """Other rows have come on screen."""
        self._first, self._last = first, last

    def clear(self) -> None:
        """Forget all records."""
        self._cache.clear()

    @property
    def height(self) -> int:
        """How many rows there is room for."""
        return self._last - self._first

    def record(self, row: int) -> RequestRecord | None:
        """The record of any row, None when the capture no longer has it."""
        request = self._ids.at(row)
        if not self._cache.knows(request):
            self._cache.load(self._ids.slice(row - MARGIN, row + MARGIN))
        return self._cache.get(request)

    def renew(self, now: int) -> list[Run]:
        """Fetch what may have changed; the rows that did."""
        ids = self._ids.slice(self._first, self._last)
        changed = self._cache.renew(ids, now)
        self._cache.load(ids)
        return list(runs(row for row, request in enumerate(ids, max(0, self._first)) if request in changed))

    def scale(self, now: int) -> int:
        """A duration in ns that most bars on screen fit in: one slow request must not flatten all others."""
        records = map(self._cache.get, self._ids.slice(self._first, self._last))
        lengths = sorted(bar_length(record, now) for record in records if record)
        return min(lengths[-1], OUTLIER * lengths[len(lengths) * 3 // 4]) if lengths else 1


def next_failed(scan: Scan, ids: RowIds, row: int, step: int) -> int:
    """The nearest row after (`step` 1) or before (-1) `row` that failed, -1 when there is none."""
    if ids.snapshot:
        failed = (ids.row_of(request) for request in scan.failed())
        beyond = [other for other in failed if other >= 0 and (other - row) * step > 0]
        return min(beyond, key=lambda other: abs(other - row), default=-1)
    step = -step if ids.descending else step
    beyond_end = 0 if step > 0 else scan.last + 1
    request = ids.at(row) if 0 <= row < len(ids) else beyond_end
    found = scan.failed_next(request, step)
    return -1 if found is None else ids.row_of(found)
