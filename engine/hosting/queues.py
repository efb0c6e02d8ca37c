"""Watches the accept queues of servers that listen: how many clients wait there, and whether some are turned away."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ..capture.writer import CaptureWriter
from ..servers.backlog import AcceptQueue, TurnedAway, accept_queue, turned_away
from .entries import Entry

SECOND = 1_000_000_000
REMEMBERED = 5 * SECOND
"""So long a queue that was full is told as one: people look less often than queues change."""


class QueueWatch:
    """Of all servers whose listener the supervisor has: TCP ones."""

    def __init__(self, writer: CaptureWriter) -> None:
        self._writer = writer
        self._before: TurnedAway | None = None

    def look(self, entries: Iterable[Entry]) -> None:
        """One look at each, a few microseconds; called with every tick."""
        now = time.monotonic_ns()
        queues = [(entry, queue) for entry in entries if (queue := _queue(entry)) is not None]
        overflows = self._count_overflows() if queues else 0
        for entry, queue in queues:
            self._note(entry, queue, overflows, now)

    def _count_overflows(self) -> int:
        """Connections that any listen queue of this machine had no room for since the last look."""
        now, before = turned_away(), self._before
        self._before = now
        return max(0, (now - before).overflows) if now is not None and before is not None else 0

    def _note(self, entry: Entry, queue: AcceptQueue, overflows: int, now: int) -> None:
        state = entry.queue
        if state.run != entry.own.id:
            state.begin(entry.own.id)
        state.depth, state.limit = queue.depth, queue.limit
        state.overflows += overflows
        if queue.depth:
            self._writer.add_queue(entry.own.id, now, queue.depth)
        if queue.full:
            state.full_at, state.most = now, max(state.most, queue.depth)
        state.full = bool(state.full_at) and now - state.full_at < REMEMBERED


def _queue(entry: Entry) -> AcceptQueue | None:
    if entry.listener is None or entry.state != "listening":
        entry.queue.limit = 0
        return None
    return accept_queue(entry.listener)
