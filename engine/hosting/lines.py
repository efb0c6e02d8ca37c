"""Line debugging of all servers as the supervisor minds it: a session for each process, and who is stopped where."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..capture.writer import CaptureWriter
from ..channel.codec import DamagedFrame
from ..channel.dap import DapChannel
from ..debug.linepoints import LinePoint
from .errors import HostingError
from .loop import Loop
from .session import Session, Stop
from .story import Story

if TYPE_CHECKING:
    from .entries import Entry
    from .hosts import HostProcess

MOST_SESSIONS = 256
"""Of one server; a child beyond them is not debugged."""
GONE = "This thread is not stopped any more."


def packages() -> str:
    """The folder that debugpy is installed in, "" for none."""
    found = importlib.util.find_spec("debugpy")
    return os.path.dirname(os.path.dirname(found.origin)) if found is not None and found.origin else ""


@dataclass
class Lines:
    """What is known of one server's lines."""

    points: tuple[LinePoint, ...] = ()
    error: str = ""
    """Why there is no debugger."""
    sessions: dict[int, Session] = field(default_factory=dict)
    """By the descriptor of their line."""
    attached: bool = False
    """Whether its host was told to load the debugger."""
    loaded: bool = False
    """Whether it has."""
    serial: int = 0
    """Number of the last order to load it or to let it go."""
    held: dict[int, tuple[str, int]] = field(default_factory=dict)
    """The requests whose threads are stopped: at which line, and since when."""

    @property
    def stopped(self) -> int:
        """How many threads wait at a line."""
        return sum(not stop.running for session in self.sessions.values() for stop in session.stops.values())


class LineDesk:
    """Takes in the lines of debuggers, and carries out what a person wants of them."""

    def __init__(self, loop: Loop, writer: CaptureWriter, story: Story, changed: Callable[[], None]) -> None:
        self._loop = loop
        self._writer = writer
        self._story = story
        self._changed = changed
        self.on = True

    # The host's life

    def plan(self, entry: Entry) -> str:
        """What a host that is about to start is told: where the debugger is, "" for no debugger."""
        lines = entry.lines
        lines.error = ""
        lines.attached, lines.loaded, lines.serial = bool(lines.points) and self.on, False, 0
        return self._packages(lines) if lines.attached else ""

    def watch(self, entry: Entry, host: HostProcess) -> None:
        """Take in what this host and its children hand over."""
        self._loop.watch(host.door.fileno(), lambda: self._take(entry, host))

    def ended(self, entry: Entry, host: HostProcess) -> None:
        """The host is dead, and with it its debuggers."""
        self._loop.unwatch(host.door.fileno())
        for session in list(entry.lines.sessions.values()):
            self._close(entry, session)
        entry.lines.attached = False
        self._tell_held(entry.lines, {})

    def release(self, entry: Entry) -> None:
        """Let every thread of a server go on, and stop none: it is about to end."""
        for session in entry.lines.sessions.values():
            session.release()
            self._flush(entry, session)

    def hear(self, entry: Entry, event: dict[str, Any]) -> None:
        """What the host says of its debugger: lines_ready or lines_failed."""
        if event.get("sentence"):
            self._fail(entry, str(event["sentence"]))
        elif int(event.get("serial", 0)) == entry.lines.serial:
            entry.lines.loaded = entry.lines.attached

    def _fail(self, entry: Entry, sentence: str) -> None:
        entry.lines.error = sentence
        entry.lines.attached = False
        self._story.tell(entry.own.id, entry.host.pid if entry.host else 0, sentence)

    # Points

    def set_points(self, entry: Entry, points: tuple[LinePoint, ...]) -> None:
        """From now on these are a server's points."""
        entry.lines.points = points
        self.apply(entry)

    def switch(self, entries: Iterable[Entry], on: bool) -> None:
        """The master switch of all breakpoints."""
        self.on = on
        for entry in entries:
            self.apply(entry)

    def apply(self, entry: Entry) -> None:
        """Bring the host's debuggers to what is wanted."""
        lines, host = entry.lines, entry.host
        wanted = lines.points if self.on else ()
        for session in [one for one in lines.sessions.values() if not one.released]:
            session.set_points(wanted) if wanted else session.disconnect()
            self._flush(entry, session)
        if host is None or bool(wanted) == lines.attached:
            return
        if where := self._packages(lines) if wanted else "":
            lines.attached, lines.loaded, lines.serial = True, False, lines.serial + 1
            host.tell("lines", packages=where, serial=lines.serial)
        elif not wanted:
            lines.attached = lines.loaded = False
            host.tell("lines", packages="")

    def _packages(self, lines: Lines) -> str:
        found = packages()
        lines.error = "" if found else "Lines need debugpy, which is not installed beside Socketscope."
        return found

    # Sessions

    def _take(self, entry: Entry, host: HostProcess) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(host.door, 256, 1)
        except OSError:
            return
        if not data:
            self._loop.unwatch(host.door.fileno())
        if not descriptors:
            return
        try:
            sock = socket.socket(fileno=descriptors[0])
            pid = int(json.loads(data)["pid"])
        except (OSError, ValueError, TypeError, LookupError):
            os.close(descriptors[0])
            return
        if len(entry.lines.sessions) >= MOST_SESSIONS:
            sock.close()
            return
        self._open(entry, DapChannel(sock), pid)

    def _open(self, entry: Entry, channel: DapChannel, pid: int) -> None:
        session = Session(channel, pid, self._changed, lambda text: self._story.tell(entry.own.id, pid, text))
        entry.lines.sessions[channel.fileno()] = session
        # Who has no points by now is greeted, too: it waits for that, and is about to hear that it is not wanted.
        session.released = not (entry.lines.points and self.on)
        session.begin(() if session.released else entry.lines.points)
        self._flush(entry, session)

    def _hear(self, entry: Entry, session: Session) -> None:
        try:
            for event in session.channel.receive():
                session.hear(event)
        except (DamagedFrame, ValueError, TypeError, LookupError, AttributeError):
            session.channel.ended = True  # user code has written there: there is no talking to it any more
        if session.channel.ended:
            self._close(entry, session)
        else:
            self._flush(entry, session)

    def _flush(self, entry: Entry, session: Session) -> None:
        session.channel.flush()
        self._loop.watch(
            session.channel.fileno(), lambda: self._hear(entry, session), write=bool(session.channel.unsent)
        )

    def _close(self, entry: Entry, session: Session) -> None:
        descriptor = session.channel.fileno()
        self._loop.unwatch(descriptor)
        entry.lines.sessions.pop(descriptor, None)
        session.channel.close()
        self._changed()

    # What is stopped

    def find(self, entries: Iterable[Entry], pid: int, thread: int) -> tuple[Entry, Session, Stop]:
        """A stopped thread. Raises HostingError when it is not stopped."""
        for entry in entries:
            for session in entry.lines.sessions.values():
                if session.pid == pid and thread in session.stops and not session.stops[thread].running:
                    return entry, session, session.stops[thread]
        raise HostingError("not_found", GONE)

    def go(self, entry: Entry, session: Session, stop: Stop, how: str, cursor: LinePoint | None) -> None:
        """Let a thread go on."""
        session.go(stop, how, cursor)
        self._flush(entry, session)

    def stops(self, entry: Entry) -> Iterator[dict[str, Any]]:
        """The stopped threads of a server, for the tick."""
        sessions = [session for session in entry.lines.sessions.values() if session.stops]
        if entry.host is None or not (sessions or entry.lines.held):
            return
        lives = self._writer.live(entry.host.number)
        workers = {(one.pid, one.thread): one.request for one in lives}
        requests = {one.request for one in lives}
        held: dict[int, tuple[str, int]] = {}
        for session in sessions:
            for stop in list(session.stops.values()):
                now = workers.get((session.pid, stop.native), stop.request)
                over = stop.request is not None and (now != stop.request or now not in requests)
                if over and stop.on_foot:
                    session.let_be(stop)  # it has come to no further line of the handler
                    self._flush(entry, session)
                else:
                    stop.request = now
                    if stop.request is not None and not stop.running:
                        held[stop.request] = f"line {stop.frames[0]['line']}", stop.since
                    yield _line(entry, session, stop)
        self._tell_held(entry.lines, held)

    def _tell_held(self, lines: Lines, held: dict[int, tuple[str, int]]) -> None:
        """The time for which a thread is stopped is nobody's work."""
        for request, (place, since) in lines.held.items():
            if held.get(request) != (place, since):
                self._writer.held(request, place, since, time.monotonic_ns())
        for request, (place, since) in held.items():
            if lines.held.get(request) != (place, since):
                self._writer.hold(request, place, since)
        lines.held = held

    def states(self, entry: Entry) -> dict[str, Any] | None:
        """How a server's points stand, for the tick; None for a server that has none."""
        lines = entry.lines
        if not lines.points:
            return None
        found = {place: one for session in lines.sessions.values() for place, one in session.verdicts.items()}
        moved = [
            {"path": path, "line": line, "at": one.line, "message": one.message}
            for (path, line), one in found.items()
            if one.line != line or one.message
        ]
        ready = [session for session in lines.sessions.values() if session.ready and not session.released]
        attached = len(ready) if lines.loaded else 0
        return {"key": entry.key, "error": lines.error, "attached": attached, "moved": moved}


def _line(entry: Entry, session: Session, stop: Stop) -> dict[str, Any]:
    top = stop.frames[0]
    return {
        "key": entry.key,
        "pid": session.pid,
        "thread": stop.thread,
        "native": stop.native,
        "id": stop.request,
        "reason": stop.reason,
        "since": stop.since,
        "running": stop.running,
        "path": top["path"],
        "line": top["line"],
        "function": top["name"],
    }
