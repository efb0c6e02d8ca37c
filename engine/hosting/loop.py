"""A small event loop: descriptors to read and things to do later, in one thread."""

from __future__ import annotations

import heapq
import itertools
import selectors
import time
from collections.abc import Callable

Action = Callable[[], object]


class Loop:
    """Calls what was registered when its time or its data has come."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._later: list[tuple[float, int, Action]] = []
        self._order = itertools.count()

    def watch(self, fd: int, action: Action, *, write: bool = False) -> None:
        """Call `action` whenever the descriptor can be read (and, on demand, written)."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if write else 0)
        if fd in self._selector.get_map():
            self._selector.modify(fd, events, action)
        else:
            self._selector.register(fd, events, action)

    def unwatch(self, fd: int) -> None:
        """Forget a descriptor, if it is known."""
        if fd in self._selector.get_map():
            self._selector.unregister(fd)

    def later(self, seconds: float, action: Action) -> None:
        """Call `action` once after a while."""
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._order), action))

    def turn(self, longest: float) -> None:
        """Wait until something happens, at most `longest` seconds, and do what is due."""
        now = time.monotonic()
        if self._later:
            longest = max(0.0, min(longest, self._later[0][0] - now))
        for key, _ in self._selector.select(longest):
            # An action may have closed the descriptor of one that comes after it.
            if self._selector.get_map().get(key.fd) is key:
                key.data()
        self._run_due()

    def _run_due(self) -> None:
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            heapq.heappop(self._later)[2]()

    def close(self) -> None:
        """Give the selector back."""
        self._selector.close()
