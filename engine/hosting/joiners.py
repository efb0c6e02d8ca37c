"""What the supervisor knows of the Pythons that programs have started, and that record their servers, too."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ..capture.writer import CaptureWriter
from .entries import Entry
from .errors import HostingError
from .hosts import HostProcess
from .loop import Loop
from .story import Story
from .taking import Taker

JOINED = "process {pid} records what it serves; breakpoints and faults do not reach it"
OUT_OF_REACH = "Process {pid}, started by the program, is recorded, but takes no orders; stop the program instead."


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
        self._pidfds: dict[tuple[int, int], int] = {}
        """By host and process."""

    def joined(self, entry: Entry, host: HostProcess, pid: int) -> None:
        """A process has been let in."""
        self._story.tell(entry.own.id, pid, JOINED.format(pid=pid))
        try:
            pidfd = self._pidfds[host.number, pid] = os.pidfd_open(pid)
        except OSError:  # it has ended
            return self._end(entry, host, pid)
        return self._loop.watch(pidfd, lambda: self._ended(entry, host, pid))

    def check(self, host: HostProcess, pid: int) -> None:
        """Raises HostingError for a process that has joined: it takes no orders."""
        if (host.number, pid) in self._pidfds:
            raise HostingError("out_of_reach", OUT_OF_REACH.format(pid=pid))

    def host_ended(self, host: HostProcess) -> None:
        """What its processes serve has been closed with it."""
        for number, pid in [key for key in self._pidfds if key[0] == host.number]:
            self._forget(number, pid)

    def _ended(self, entry: Entry, host: HostProcess, pid: int) -> None:
        self._forget(host.number, pid)
        self._taker.take_all(entry, host)
        self._end(entry, host, pid)

    def _end(self, entry: Entry, host: HostProcess, pid: int) -> None:
        at = time.monotonic_ns()
        for request in self._writer.process_gone(host.number, pid, f"process {pid} ended", at):
            entry.killed(request)
        for part in entry.parts.values():
            if part.pid != pid:
                continue
            part.gone = True
            if not part.stopped:
                part.stopped = True
                self._writer.server_stopped(part.id, at)
                self._story.tell(part.id, pid, f"stopped: process {pid} ended")
        self._changed()

    def _forget(self, number: int, pid: int) -> None:
        pidfd = self._pidfds.pop((number, pid))
        self._loop.unwatch(pidfd)
        os.close(pidfd)
