"""How far a loop runs ahead of the threads that it starts, while more clients wait than are being served.

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
"""Seconds that a loop waits for a thread to end, at most. Less than a tick of the kernel costs a timer of its own."""
EARNED, CREDIT = 200_000, 4_000_000
"""What each thread is waited for without loss, ns; and by how much more in all, until waiting is given up."""
LEAST, MOST = 64, 4096
"""For so many threads nobody waits then."""
WORTH = 256
"""Threads that have to be waited for until it was worth beginning."""
AHEAD = 3
"""Threads that may not have begun when another is started. The C library keeps 40 MB of the stacks of threads that have
ended, which are five: where more come and go together, each has to be made and to be unmade."""


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
    """Waits until a thread has ended, as long as most of them soon do."""

    def __init__(self) -> None:
        super().__init__()
        self._credit = CREDIT
        self._waited = self._skip = 0
        self._penalty = LEAST

    def expect(self, thread: Thread) -> None:
        if self._skip:
            self._skip -= 1
            return
        thread.over = allocate_lock()
        thread.over.acquire()
        self._awaited = thread

    def _wait(self, thread: Thread) -> None:
        began = now()
        thread.over.acquire(True, PATIENCE)
        self._waited += 1
        self._credit = min(self._credit + EARNED - (now() - began), CREDIT)
        if self._credit < 0:
            self._penalty = LEAST if self._waited > WORTH else min(2 * self._penalty, MOST)
            self._skip, self._waited, self._credit = self._penalty, 0, CREDIT


def pace() -> Pace | None:
    """A pace for a loop; None where threads do not share the interpreter."""
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return OneCore() if cores == 1 else ManyCores()
