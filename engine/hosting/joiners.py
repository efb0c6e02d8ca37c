"""What the supervisor knows of the Pythons that programs have started, and that record their servers, too."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..capture.writer import CaptureWriter
from ..observe.identity import SPAN
from .entries import Entry
from .errors import HostingError
from .hosts import HostProcess
from .loop import Loop
from .processes import is_gone
from .story import Story
from .taking import Taker

JOINED = "process {pid} records what it serves; breakpoints and faults do not reach it"
ENDED = "has ended"
OUT_OF_REACH = "Process {pid}, started by the program, is recorded, but takes no orders; stop the program instead."


@dataclass
class Joiner:
    """A process that has joined. `number` is its host's of it; what it serves has the numbers after `before`."""

    pid: int
    number: int
    before: int
    pidfd: int = -1


class Joiners:
    """Minds each process that has joined a host, to its end: nobody else would tell of that."""

    def __init__(
        self, loop: Loop, writer: CaptureWriter, story: Story, taker: Taker, changed: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._writer = writer
        self._story = story
        self._taker = taker
        self._changed = changed
        self._known: dict[tuple[int, int], Joiner] = {}
        """By host and process."""
        self._hosts: set[int] = set()
        """Those that somebody has joined."""
        self._missed: dict[int, set[int]] = {}
        """By host: processes that were gone when looked at last, with something that they served."""

    def joined(self, entry: Entry, host: HostProcess, event: dict[str, Any]) -> None:
        """A process has been let in."""
        pid, number, before = int(event["pid"]), int(event["number"]), int(event["before"])
        self._hosts.add(host.number)
        self._story.tell(entry.own.id, pid, JOINED.format(pid=pid))
        known = self._known.get((host.number, pid))
        if known is not None:
            self._leave(entry, host, known, "has become another program")
            known.number, known.before = number, before
            return
        joiner = Joiner(pid, number, before)
        try:
            joiner.pidfd = os.pidfd_open(pid)
        except OSError:
            self._leave(entry, host, joiner, ENDED)
            return
        self._known[host.number, pid] = joiner
        self._loop.watch(joiner.pidfd, lambda: self._ended(entry, host, joiner))

    def check(self, host: HostProcess, pid: int) -> None:
        """Raises HostingError for a process that has joined: it takes no orders."""
        if (host.number, pid) in self._known:
            raise HostingError("out_of_reach", OUT_OF_REACH.format(pid=pid))

    def host_ended(self, host: HostProcess) -> None:
        """What its processes serve has been closed with it."""
        for key in [key for key in self._known if key[0] == host.number]:
            self._forget(*key)
        self._hosts.discard(host.number)
        self._missed.pop(host.number, None)

    def _ended(self, entry: Entry, host: HostProcess, joiner: Joiner) -> None:
        self._forget(host.number, joiner.pid)
        self._leave(entry, host, joiner, ENDED)

    def look(self, entry: Entry, host: HostProcess) -> None:
        """Notice the ends of processes that have not joined themselves, but descend from one that has."""
        if host.number not in self._hosts:
            return
        here = {pid for number, pid in self._known if number == host.number} | {host.pid}
        serving = {part.number >> 32 for part in entry.parts.values() if not part.stopped} - {0}
        gone = {pid for pid in (self._writer.acceptors(host.number) | serving) - here if is_gone(pid)}
        for pid in gone & self._missed.get(host.number, set()):  # else its parent may be about to tell
            self._close(entry, host, range(pid << 32, pid + 1 << 32), f"process {pid} {ENDED}")
        self._missed[host.number] = gone

    def _leave(self, entry: Entry, host: HostProcess, joiner: Joiner, how: str) -> None:
        """Take what it has left behind, and close what it served."""
        self._taker.take_all(entry, host)
        self._taker.settle(entry, host)
        self._taker.salvage(entry, host)
        self._close(entry, host, range(joiner.before, joiner.before + SPAN), f"process {joiner.pid} {how}")
        host.tell("left", number=joiner.number)

    def _close(self, entry: Entry, host: HostProcess, own: range, why: str) -> None:
        at = time.monotonic_ns()
        pid = own.start >> 32
        for request in self._writer.process_gone(host.number, own, why, at, lambda one: one == pid or is_gone(one)):
            entry.closed_unheard(request, failed=True)
        for part in [part for part in entry.parts.values() if part.number in own]:
            part.gone = True
            part.tally.children = 0
            if not part.stopped:
                part.stopped = True
                self._writer.server_stopped(part.id, at)
                self._story.tell(part.id, pid, f"stopped: {why}")
        self._changed()

    def _forget(self, number: int, pid: int) -> None:
        pidfd = self._known.pop((number, pid)).pidfd
        self._loop.unwatch(pidfd)
        os.close(pidfd)
