"""Watches the accept queues of servers that listen: how many clients wait there, and whether some are turned away."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable

from ..capture.writer import CaptureWriter
from ..servers.backlog import AcceptQueue, TurnedAway, accept_queue, turned_away
from .entries import Entry
from .listeners import Listeners, inodes_of, shares_network
from .parts import Part
from .queued import SECOND


class QueueWatch:
    """Of all stream servers: those whose listener the supervisor has, and those that programs have made themselves.

    The latter are looked at from outside, and found by where they listen; their programs notice nothing of it.
    """

    def __init__(self, writer: CaptureWriter) -> None:
        self._writer = writer
        self._listeners = Listeners()
        self._before: TurnedAway | None = None
        self._found: dict[int, tuple[int | None, int]] = {}
        """By run of a program's server: its socket, and when that was looked for."""

    def close(self) -> None:
        """Look no more."""
        self._listeners.close()

    def look(self, entries: Iterable[Entry]) -> None:
        """One look at each, a few microseconds; called with every tick."""
        now, entries = time.monotonic_ns(), list(entries)
        seen = [(entry, entry.own, self._own(entry)) for entry in entries]
        others = [(entry, part) for entry in entries for part in entry.parts.values() if part is not entry.own]
        self._found = {part.id: self._found[part.id] for _, part in others if part.id in self._found}
        seen += [(entry, part, self._other(entry, part, now)) for entry, part in others]
        overflows = self._count_overflows() if any(queue is not None for _, _, queue in seen) else None
        for entry, part, queue in seen:
            if queue is None:
                part.queue.limit = 0
                continue
            if part.queue.run != part.id:
                part.queue.begin(part.id, unix=(part.transport or entry.profile.family) == "unix")
            part.queue.note(queue, overflows, now)
            if queue.depth:
                self._writer.add_queue(part.id, now, queue.depth)

    def _count_overflows(self) -> int | None:
        """Connections that any listen queue of this machine had no room for since the last look; None: unknown."""
        now, before = turned_away(), self._before
        self._before = now
        if now is None:
            return None
        return max(0, (now - before).overflows) if before is not None else 0

    def _own(self, entry: Entry) -> AcceptQueue | None:
        if entry.listener is None or entry.state != "listening":
            return None
        if entry.listener.family == socket.AF_UNIX:
            return self._listeners.unix_queue(os.fstat(entry.listener.fileno()).st_ino)
        return accept_queue(entry.listener)

    def _other(self, entry: Entry, part: Part, now: int) -> AcceptQueue | None:
        if entry.host is None or part.stopped:
            return None
        inode, looked = self._found.get(part.id, (None, 0))
        if inode is None:
            if looked and now - looked < SECOND:
                return None
            inode = self._find(part, part.pid or entry.host.pid)
        queue = self._queue(part, inode) if inode is not None else None
        self._found[part.id] = (inode if queue is not None else None), now
        return queue

    def _find(self, part: Part, pid: int) -> int | None:
        """The socket of a program's server; None if it cannot be told from others."""
        if not shares_network(pid):
            return None
        found = {one.inode for one in self._listeners.at(part.transport, part.address)}
        if len(found) > 1:
            found &= inodes_of(pid)
        return found.pop() if len(found) == 1 else None

    def _queue(self, part: Part, inode: int) -> AcceptQueue | None:
        if part.transport == "unix":
            return self._listeners.unix_queue(inode)
        there = self._listeners.at(part.transport, part.address)
        return next((one.queue for one in there if one.inode == inode), None)
