"""An orderly end: refuse the new, let finish what has begun, close what is idle, and reset the rest when time is up."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..observe.logs import Log
from . import connections
from .life import Life, checked_timeout
from .limits import Limiter, Limits
from .reach import Reach

if TYPE_CHECKING:
    from .base import BaseServer

_LOOK = 0.02
"""Seconds between two looks at what is left."""
_QUIET = 5
"""Looks after which a connection without a byte is taken to be idle."""
_LAST_WORDS = 1.0
"""Seconds that workers get to notice that their connection has been reset."""

log = Log("socketscope.servers")


@dataclass(frozen=True, slots=True)
class DrainProgress:
    """How far a drain has come."""

    elapsed: float
    """Seconds since it began."""
    remaining: float
    """Seconds until the rest is reset."""
    open: int
    """Connections still open."""
    workers: int
    """Threads or children still at work."""
    idle: int
    """Connections that were idle and have been closed, so far."""


@dataclass(frozen=True, slots=True)
class DrainReport:
    """What has become of what was open when a drain began."""

    finished: int
    """Connections that came to their own end."""
    idle: int
    """Connections that were idle and have been closed."""
    aborted: int
    """Connections that were reset, and children that were killed, because time was up."""
    stuck: tuple[str, ...]
    """Names of threads that still run: nothing can end a thread that does not look up."""
    elapsed: float
    """Seconds that it took."""

    @property
    def clean(self) -> bool:
        """Whether nothing had to be cut short."""
        return not self.aborted and not self.stuck


class Draining(Life):
    """What BaseServer knows of its connections as a whole. Any thread may call any method here."""

    default_limits: Limits | None = None
    """What `limits` are when the server is made."""

    if TYPE_CHECKING:

        def server_close(self) -> None: ...

    def drain(self, timeout: float, progress: Callable[[DrainProgress], object] | None = None) -> DrainReport:
        """Close the server in an orderly way, within `timeout` seconds and a moment.

        Clients that are already queued are accepted, new ones refused. Connections that wait for their client's next
        byte are closed, requests being served are finished; what is left when time is up is reset. `progress` is called
        whenever the figures change. A handler that calls this is not waited for itself. Afterwards the server is
        closed. Raises ValueError for a bad `timeout`.
        """
        if checked_timeout(timeout) is None:
            raise ValueError("timeout must be a number of seconds from 0 on, not None")
        self._ss_draining = True
        try:
            return _Drain(self, timeout, progress).run()  # type: ignore[arg-type]  # a BaseServer
        finally:
            self._ss_draining = False

    def close_clients(self) -> int:
        """End all connections in an orderly way: their workers read and write as if the client had left.

        What has been sent still arrives. Returns how many there were.
        """
        found = connections.connections_of(self)  # type: ignore[arg-type]  # a BaseServer
        for sock in found:
            connections.close(sock)
        return len(found)

    def abort_clients(self) -> int:
        """Reset all connections (TCP RST), so that no client takes what it got for the whole.

        Returns how many there were.
        """
        found = connections.connections_of(self)  # type: ignore[arg-type]  # a BaseServer
        for sock in found:
            connections.abort(sock)
        return len(found)

    @property
    def limits(self) -> Limits:
        """What the server puts up with. May be set at any time; a server of datagrams raises ValueError."""
        own: Limits | None = vars(self).get("limits")
        if own is not None:
            return own
        return Limits() if self._ss_limiter is None else self._ss_limiter.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        vars(self).pop("limits", None)
        given: object = limits
        if isinstance(given, Limits):
            self._ss_limit(given)
        else:  # a program that knows only socketserver may call something of its own so
            vars(self)["limits"] = given
            log.warning("%s.limits is no Limits: it is kept, and limits nothing", type(self).__name__)

    def _ss_limit(self, limits: Limits) -> None:
        if getattr(self, "socket_type", None) == socket.SOCK_DGRAM:
            raise ValueError("limits are for connections, and this server takes datagrams")
        before, self._ss_limiter = self._ss_limiter, None
        if before is not None:
            before.remove()
        if limits != Limits():
            self._ss_limiter = Limiter(self, limits)  # type: ignore[arg-type]  # a BaseServer
        self._ss_nudge()

    def _ss_busy_threads(self) -> list[threading.Thread]:
        """For mix-ins: threads that serve a request, but for the calling one."""
        return []

    def _ss_stop_waiting_for_workers(self) -> None:
        """For mix-ins: `server_close` is about to be called, and must not wait."""


class _Seen:
    """One connection under a drain's eyes."""

    __slots__ = ("ended", "looks", "received", "sock")

    def __init__(self, sock: Any) -> None:
        self.sock = sock
        self.looks = 0
        self.received = -1
        self.ended = False
        """Whether it was idle, and its reading has been ended."""

    def look(self) -> None:
        """Whether it is idle: nothing has come for a while, and nothing waits to be read."""
        readable, received = connections.signs_of_life(self.sock)
        self.looks = 0 if readable or received != self.received else self.looks + 1
        self.received = received
        if self.looks == _QUIET and not self.ended:
            self.ended = True
            connections.end_reading(self.sock)


class _Drain:
    """One call of `drain`."""

    def __init__(self, server: BaseServer, timeout: float, progress: Callable[[DrainProgress], object] | None) -> None:
        self._server = server
        self._progress = progress
        self._began = time.monotonic()
        self._deadline = self._began + timeout
        self._seen: dict[int, _Seen] = {}
        self._gone = {"idle": 0, "finished": 0}
        self._said: tuple[int, ...] = ()
        own = server._ss_own_loop()
        self._inside = own is not None
        """Whether this is the serving thread itself: then what it serves cannot end before this call does."""
        self._own = _request_of(threading.current_thread())
        self._reach = Reach(server.server_address)

    def run(self) -> DrainReport:
        """All of it."""
        server = self._server
        Life.resume(server)
        server._ss_request_stop()
        listening = True
        while True:
            looping = any(not loop.is_own() for loop in server._ss_loops.copy())
            if listening and not looping:
                listening = False
                self._refuse()
            left = self._look()
            if not (looping or left) or time.monotonic() >= self._deadline:
                break
            self._wait()
        aborted = self._abort() if looping or left else 0
        stuck = tuple(thread.name for thread in server._ss_busy_threads())
        if stuck:
            server._ss_stop_waiting_for_workers()
        self._reach.close()
        server.server_close()
        return DrainReport(**self._gone, aborted=aborted, stuck=stuck, elapsed=time.monotonic() - self._began)

    def _refuse(self) -> None:
        """No more new ones. A datagram socket stays open, for the answers go through it."""
        sock = getattr(self._server, "socket", None)
        if isinstance(sock, socket.socket) and sock.fileno() >= 0 and sock.type == socket.SOCK_STREAM:
            sock.close()

    def _open(self) -> list[Any]:
        if self._inside and not self._server._ss_busy_threads():
            return []
        return [*self._here(), *chain.from_iterable(self._reach.sockets(self._children()).values())]

    def _here(self) -> list[Any]:
        return [sock for sock in connections.connections_of(self._server) if sock is not self._own]

    def _look(self) -> int:
        """Look at all that is left; returns how much there is."""
        found = {id(sock): sock for sock in self._open()}
        for key in self._seen.keys() - found.keys():
            gone = self._seen.pop(key)
            self._gone["idle" if gone.ended else "finished"] += 1
        for key, sock in found.items():
            self._seen.setdefault(key, _Seen(sock)).look()
        workers = len(self._server._ss_busy_threads()) + len(self._children())
        self._tell(len(found), workers)
        return len(found) + workers

    def _children(self) -> set[int]:
        collect = getattr(self._server, "collect_children", None)
        if collect is None or not hasattr(self._server, "active_children"):
            return set()
        collect()
        return set(self._server.active_children or ())

    def _tell(self, found: int, workers: int) -> None:
        figures = (found, workers, self._gone["idle"])
        if self._progress is None or figures == self._said:
            return
        self._said = figures
        elapsed = time.monotonic() - self._began
        remaining = max(0.0, self._deadline - time.monotonic())
        try:
            self._progress(DrainProgress(elapsed, remaining, *figures))
        except Exception:
            self._progress = None  # the drain must not suffer
            log.exception("drain: progress has raised and is not called again")

    def _wait(self) -> None:
        """Until the next look; less if a loop ends meanwhile."""
        loop = next((loop for loop in self._server._ss_loops.copy() if not loop.is_own()), None)
        if loop is not None:
            loop.wait(_LOOK)
        else:
            threading.Event().wait(_LOOK)

    def _abort(self) -> int:
        """Time is up."""
        self._refuse()
        found, children = self._open(), self._children()
        far = self._reach.sockets(children)
        for sock in found:
            self._seen.pop(id(sock), None)
        for sock in chain.from_iterable(far.values()):
            connections.reset_on_close(sock)
        for sock in self._here():
            connections.abort(sock)
        for pid in children:
            with suppress(ProcessLookupError):  # the loop has just collected it
                os.kill(pid, signal.SIGKILL)
        self._reach.close()
        self._deadline = time.monotonic() + _LAST_WORDS
        while time.monotonic() < self._deadline and (self._server._ss_busy_threads() or self._children()):
            self._wait()
        self._look()
        return len(found) + len(children) - len(far)


def _request_of(thread: threading.Thread) -> Any:
    """What a thread that serves one request was started with; None for any other."""
    arguments = getattr(thread, "_args", None) or (None,)
    return getattr(arguments[0], "given", arguments[0])
