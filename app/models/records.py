"""The few request records that are on screen: fetched when a cell is shown, forgotten when others are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from engine.capture.records import RequestRecord

CAPACITY = 1024
SETTLE = 1_000_000_000
"""So long after a request closed, late stages may still be written."""

Fetch = Callable[[Sequence[int]], Iterable[RequestRecord]]


class RecordCache:
    """Records by id, the least recently asked for going first."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._records: OrderedDict[int, RequestRecord | None] = OrderedDict()

    def clear(self) -> None:
        """Forget all."""
        self._records.clear()

    def get(self, request: int) -> RequestRecord | None:
        """The record, if it is here."""
        return self._records.get(request)

    def knows(self, request: int) -> bool:
        """Whether it was asked for; the capture may not have had it."""
        return request in self._records

    def load(self, ids: Iterable[int]) -> None:
        """Fetch those that are not here."""
        wanted = [request for request in ids if request not in self._records]
        if wanted:
            self._store(wanted)

    def renew(self, ids: Iterable[int], now: int) -> set[int]:
        """Fetch again those that may have changed; returns the ids of those that did."""
        wanted = [request for request in ids if self._may_change(request, now)]
        before = {request: self._records.pop(request, None) for request in wanted}
        if wanted:
            self._store(wanted)
        return {r for r in wanted if before[r] != self._records.get(r) or _runs(self._records.get(r))}

    def _may_change(self, request: int, now: int) -> bool:
        record = self._records.get(request)
        return record is not None and (record.closed is None or now - record.closed < SETTLE)

    def _store(self, wanted: Sequence[int]) -> None:
        self._records.update(dict.fromkeys(wanted))
        self._records.update((record.id, record) for record in self._fetch(wanted))
        while len(self._records) > CAPACITY:
            self._records.popitem(last=False)


def _runs(record: RequestRecord | None) -> bool:
    """Its duration grows, so its cells read otherwise at every tick."""
    return record is not None and record.closed is None
