"""A profile of handlers by sampling: which of the user's lines requests are at, on a processor and waiting apart.

While it is on, a thread looks a hundred times a second where the threads are that serve requests, and how much of the
time since its last look each of them has been on a processor. It takes a small share of one processor at most: where
looking takes longer, it looks less often. Off, there is nothing of it.
"""

from __future__ import annotations

import sys
import threading
import time
from types import FrameType
from typing import Any

from ..observe import live
from .locks import LIBRARIES

EVERY = 0.01
REST = 20
"""It rests so many times as long as a look took."""
DEPTH = 60
LINES_LIMIT = 4000
TOLD_LIMIT = 400
"""Lines, of those that took longest, in one answer."""

Place = tuple[str, int]


class Sampling:
    """One host's profile."""

    def __init__(self) -> None:
        self._over: threading.Event | None = None
        self._lines: dict[Place, list[int]] = {}
        """Time, and time on a processor, spent in a line and in what it called, ns."""
        self._clocks: dict[int, int] = {}
        self._last = 0
        self._looks = 0
        self._total = [0, 0]

    def start(self) -> None:
        """Begin a new profile."""
        self.stop()
        self._lines, self._clocks, self._looks, self._total = {}, {}, 0, [0, 0]
        self._last = time.monotonic_ns()
        self._over = over = threading.Event()
        threading.Thread(target=self._run, args=(over,), name="socketscope-sampling", daemon=True).start()

    def stop(self) -> None:
        """Look no more; what was found stays."""
        if self._over is not None:
            self._over.set()
            self._over = None

    def told(self) -> dict[str, Any]:
        """What was found: {on, looks, total, cpu, lines: [[file, line, time, of it on a processor], ...]}, in ns."""
        longest = sorted(self._lines.items(), key=lambda one: -one[1][0])[:TOLD_LIMIT]
        lines = [[file, line, *spent] for (file, line), spent in longest]
        total, cpu = self._total
        return {"on": self._over is not None, "looks": self._looks, "total": total, "cpu": cpu, "lines": lines}

    def _run(self, over: threading.Event) -> None:
        pause = EVERY
        while not over.wait(pause):
            began = time.monotonic_ns()
            self.look(began)
            pause = max(EVERY, REST * (time.monotonic_ns() - began) / 1e9)

    def look(self, now: int) -> None:
        """Take one sample of every thread that serves a request."""
        frames = sys._current_frames()
        clocks = {}
        for ident in list(live.current):
            frame = frames.get(ident)
            if frame is None or ident == threading.get_ident():
                continue
            # It is serving a request, and so it lives for as long as nobody else gets the interpreter.
            clocks[ident] = clock = time.clock_gettime_ns(time.pthread_getcpuclockid(ident))
            passed = now - self._last
            self._add(frame, passed, min(passed, clock - self._clocks.get(ident, 0)))
        self._clocks, self._last = clocks, now
        self._looks += 1

    def _add(self, frame: FrameType | None, passed: int, cpu: int) -> None:
        """A line that calls itself again counts once."""
        places: set[Place] = set()
        depth = 0
        while frame is not None and depth < DEPTH:
            if not frame.f_code.co_filename.startswith(LIBRARIES):
                places.add((frame.f_code.co_filename, frame.f_lineno))
            frame, depth = frame.f_back, depth + 1
        self._total[0] += passed
        self._total[1] += cpu
        for place in places:
            spent = self._lines.get(place)
            if spent is not None:
                spent[0] += passed
                spent[1] += cpu
            elif len(self._lines) < LINES_LIMIT:
                self._lines[place] = [passed, cpu]
