"""Follows a capture through a filter, a slice at a time, so that no filter ever holds the window up."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from time import perf_counter_ns

from engine.capture.filters import Filter, parse
from engine.capture.reader import CaptureReader

BUDGET = 5_000_000
"""One call looks for about so long, in ns."""
FIRST_SLICE = 4096
LEAST_SLICE = 64
RECHECKED = 200
"""Live requests looked at again in one call; the others wait for the next."""
LIVE = "state:queued,running,waiting,paused"
FAILED = "state:error,killed"
DENSE = 8
"""So many numbers in a row mean that nothing was evicted beyond."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one look found."""

    new: Sequence[int] = ()
    """Requests that match, ascending, beyond all that were found before."""
    matching: Sequence[int] = ()
    """Live ones that match now, or did so when they closed."""
    failing: Sequence[int] = ()
    """Live ones that do not match now."""


class Scan:
    """One filter over one capture. `where` None lets everything through; otherwise it is one that `parse` made."""

    def __init__(self, reader: CaptureReader, where: Filter | None) -> None:
        self._reader = reader
        self._text = where.text.strip() if where else ""
        self._upto = 0
        self._slice = FIRST_SLICE
        self._live: dict[int, None] = {}
        self._evicted: tuple[int, int] | None = None

    def narrowed(self, words: str = "") -> Filter | None:
        """The filter, and these words."""
        text = f"{self._text} {words}".strip()
        return parse(text) if text else None

    @property
    def last(self) -> int:
        """The newest request's number."""
        return self._reader.last_id

    @property
    def at_end(self) -> bool:
        """Whether every request of the capture has been looked at."""
        return self._upto >= self._reader.last_id

    def go_on(self) -> Found:
        """Look at some more requests, and again at those that are still served."""
        again = self._recheck() if self._text else Found()
        new: list[int] = []
        started = perf_counter_ns()
        last = self._reader.last_id
        while self._upto < last:
            new += self._look(last)
            if perf_counter_ns() - started > BUDGET:
                break
        return Found(new, again.matching, again.failing)

    def _look(self, last: int) -> Sequence[int]:
        first, until = self._upto + 1, min(last, self._upto + self._slice)
        started = perf_counter_ns()
        found = self._reader.ids(self.narrowed(f"id:{first}-{until}"), after=self._upto)
        if self._text:
            self._live.update(dict.fromkeys(self._reader.ids(parse(f"{LIVE} id:{first}-{until}"), after=self._upto)))
        took = perf_counter_ns() - started
        self._slice = max(LEAST_SLICE, min(self._slice * 2, self._slice * BUDGET // max(1, 2 * took)))
        self._upto = until
        return found

    def _recheck(self) -> Found:
        some = list(islice(self._live, RECHECKED))
        if not some:
            return Found()
        among = f"id:{','.join(map(str, some))}"
        matching = self._reader.ids(self.narrowed(among), after=min(some) - 1)
        living = set(self._reader.ids(parse(f"{LIVE} {among}"), after=min(some) - 1))
        # Those that live go to the end of the queue, so that each gets its turn.
        for request in some:
            del self._live[request]
        self._live.update(dict.fromkeys(request for request in some if request in living))
        return Found((), matching, [request for request in some if request not in set(matching)])

    def ordered(self, order: str, descending: bool) -> Sequence[int]:
        """All that match, in an order of the reader's; the scan goes on with what comes later."""
        last = self._reader.last_id
        found = self._reader.ids(self.narrowed(f"id:1-{last}"), order=order, descending=descending)
        self._upto = last
        return found

    def failed(self) -> Sequence[int]:
        """All that match and failed, ascending."""
        return self._reader.ids(self.narrowed(FAILED))

    def failed_next(self, request: int, step: int) -> int | None:
        """The nearest one that failed with a higher number (`step` 1) or a lower one (-1)."""
        if step > 0:
            found = self._reader.ids(self.narrowed(FAILED), after=request, limit=1)
        else:
            words = f"{FAILED} id:0-{max(0, request - 1)}"
            found = self._reader.ids(self.narrowed(words), descending=True, limit=1)
        return found[0] if found else None

    def evicted(self, count: int) -> tuple[int, Iterable[int]] | None:
        """When `count`, the capture's, tells of evictions: a number below which only those given are left."""
        state = (self._reader.first_id, count)
        if state == self._evicted:
            return None
        self._evicted = state
        limit = 64
        while True:
            left = self._reader.ids(limit=limit)
            if len(left) < limit:
                return sys.maxsize, left
            if left[-1] - left[-1 - DENSE] == DENSE:
                return left[-1], left
            limit *= 4
