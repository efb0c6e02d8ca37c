"""How far a loop runs ahead of the threads that it starts for connections, while more clients wait to be accepted.

Threads share the interpreter. A loop that accepts the next client while a thread serves this one asks for the
interpreter whenever that thread makes a system call: then one wakes the other, on another core, and both do little
else. Where requests are over soon, it is better to wait until the thread has ended: on two cores of a virtual machine
that made 8,000 connections a second out of 4,700; the standard library, which waits until the thread runs, has 5,100.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock
from collections.abc import Callable
from time import monotonic_ns as now
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .thread import Thread

PATIENCE = 0.003
"""Seconds that a loop waits for a thread to end, at most. A shorter wait ends before the kernel's next tick (4 ms on
many): then a timer has to be set for it, which on virtual machines takes longer than a short request."""
EARNED, CREDIT = 200_000, 4_000_000
"""How long it costs nothing to wait for a thread's end, ns; and how much longer in all until that is given up."""
FIRST = 16
"""Threads that may be slow because others still run, for whom nobody has waited."""
LEAST, MOST = 64, 4096
"""For the end of so many threads nobody waits after it was given up: twice as many each time, within these."""
WORTH = 256
"""Where more than so many had been waited for, it was worth it: the next time the least will do again."""
AHEAD = 3
"""With one core, threads that may not have begun when another is started. The C library keeps 40 MB of the stacks of
threads that have ended, which are five: where more come and go together, each has to be made and to be unmade."""


class Pace:
    """What one loop knows of its threads."""

    def __init__(self) -> None:
        self.pressed = False
        """Whether clients have been waiting already when the loop looked."""
        self._awaited: Thread | None = None

    def look(self, select: Callable[[float], object]) -> bool:
        """Whether something is ready already: then the loop is pressed."""
        self.pressed = ready = bool(select(0))
        return ready

    def expect(self, thread: Thread) -> None:
        """This thread is about to be started: `wait` may wait for it."""
        self._awaited = thread

    def forget(self) -> None:
        """It could not be started."""
        self._awaited = None

    def wait(self) -> None:
        """Wait for the thread that was expected, as long as is good for all."""
        thread, self._awaited = self._awaited, None
        if thread is not None:
            self._wait(thread)

    def _wait(self, thread: Thread) -> None:
        raise NotImplementedError


class OneCore(Pace):
    """Where nobody can run beside the loop: threads serve one after the other anyway, as soon as they have begun."""

    def __init__(self) -> None:
        super().__init__()
        self._recent: list[Thread] = []

    def _wait(self, thread: Thread) -> None:
        recent = self._recent
        recent.append(thread)
        if len(recent) > AHEAD and not recent.pop(0).has_begun:
            thread.wait_until_it_runs()
            recent.clear()


class ManyCores(Pace):
    """Waits until a thread has ended, while they soon do; else until it has begun, as the standard library does."""

    def __init__(self) -> None:
        super().__init__()
        self._credit = CREDIT
        self._waited = self._skip = 0
        self._penalty = LEAST

    def expect(self, thread: Thread) -> None:
        super().expect(thread)
        if not self._skip:
            thread.over = allocate_lock()
            thread.over.acquire()

    def _wait(self, thread: Thread) -> None:
        if thread.over is None:
            self._skip -= 1
            thread.wait_until_it_runs()
            return
        began = now()
        ended = thread.over.acquire(True, PATIENCE)
        self._waited += 1
        self._credit = min(self._credit + EARNED - (now() - began), CREDIT)
        if self._credit < 0 or not (ended or self._waited <= FIRST):
            self._penalty = LEAST if self._waited > WORTH else min(2 * self._penalty, MOST)
            self._skip, self._waited, self._credit = self._penalty, 0, CREDIT


def pace() -> Pace | None:
    """A pace for a loop; None where threads do not share the interpreter."""
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return OneCore() if cores == 1 else ManyCores()
