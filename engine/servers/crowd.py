"""The interpreter's switch interval, raised while there are very many threads.

Each thread that waits for the interpreter wakes up once an interval to ask for it. With the usual 5 ms, thousands of
threads that wake at once (their clients have all left) do little else for minutes; with an interval that grows
with the square of their number (for each of them also makes the others' turns longer) they are done in seconds. The
interval is given back as the threads end.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Sized

_MANY = 256
"""Threads with which the usual interval still goes well."""
_FACTOR, _LONGEST = 1e-8, 1.0
"""Seconds by threads squared, and at most. 5,000 threads need 12 s with an interval of 0.08 s, on two cores."""

alive: Sized = getattr(threading, "_active", ())
"""All threads of the interpreter: its own table, for to ask for a list of them costs as much as to start one."""


class Crowd:
    """How many threads the switch interval is good for."""

    def __init__(self) -> None:
        self.limit = _MANY
        """With more threads than this, call `grow`."""
        self.raised = False
        """Whether a thread that ends is to call `shrink`."""
        self._usual = 0.0
        self._ours = 0.0

    def grow(self) -> None:
        """There are more threads than `limit`."""
        if not self.raised:
            self._usual = self._ours = sys.getswitchinterval()
        self._set(2 * len(alive))

    def shrink(self) -> None:
        """A thread ends."""
        threads = len(alive)
        if self.raised and 4 * threads < self.limit:
            self._set(2 * threads)

    def _set(self, limit: int) -> None:
        """Be good for `limit` threads; unless somebody else has set the interval meanwhile."""
        self.limit = max(limit, _MANY)
        self.raised = self.limit > _MANY
        if not math.isclose(sys.getswitchinterval(), self._ours, abs_tol=2e-6):
            return
        wanted = min(_FACTOR * self.limit**2, _LONGEST)
        sys.setswitchinterval(max(self._usual, wanted) if self.raised else self._usual)
        self._ours = sys.getswitchinterval()


crowd = Crowd()
