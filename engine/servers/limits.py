"""Limits: how many connections at a time, how many of one peer, how long each may take, and how slow it may be."""

from __future__ import annotations

import math
import threading
import time
import weakref
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from ..observe import live
from ..observe.facts import Outcome
from ..observe.logs import Log
from ..observe.observer import Observer
from ..observe.place import Place
from . import connections

if TYPE_CHECKING:
    from ..observe.request import Request
    from .base import BaseServer

_WINDOW = 5.0
"""Seconds over which a rate is measured."""
_OVERFLOW = ("wait", "drop")
_COUNTS = ("max_connections", "max_connections_per_peer")

log = Log("socketscope.servers")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server puts up with; None: anything. Give them to `server.limits`, at any time.

    The times hold for connections accepted from then on, in pre-forked workers for those of workers forked from then
    on, and are kept to within an eighth. Raises ValueError for a value out of its range.
    """

    max_connections: int | None = None
    """Connections at a time, from 1 on."""
    overflow: str = "wait"
    """What happens to the next: "wait" accepts nothing, so that it queues in the kernel; "drop" accepts and closes."""
    max_connections_per_peer: int | None = None
    """Connections at a time of one address, or of one user of a Unix socket, from 1 on; the next is closed."""
    idle_timeout: float | None = None
    """Seconds in which no byte passes in either direction, above 0."""
    first_byte_timeout: float | None = None
    """Seconds that a client may keep silent after it has connected, above 0."""
    total_timeout: float | None = None
    """Seconds that a connection may last in all, above 0."""
    minimum_rate: float | None = None
    """Bytes a second, above 0, in 5 seconds in which anything passes: those who keep silent are merely idle."""

    def __post_init__(self) -> None:
        if self.overflow not in _OVERFLOW:
            raise ValueError(f"overflow must be 'wait' or 'drop', not {self.overflow!r}")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "overflow" and value is not None:
                _check(field.name, value)

    @property
    def shortest(self) -> float:
        """The shortest of the times, in seconds; infinite if there is none."""
        times = (self.idle_timeout, self.first_byte_timeout, self.total_timeout, self.minimum_rate and _WINDOW)
        return min((one for one in times if one is not None), default=math.inf)


def _check(name: str, value: object) -> None:
    if name in _COUNTS:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be None or a whole number from 1 on, not {value!r}")
    elif not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < math.inf:
        unit = "bytes a second" if name == "minimum_rate" else "seconds"
        raise ValueError(f"{name} must be None or a number of {unit} above 0, not {value!r}")


class Limiter:
    """Keeps one server within its limits. It stands in front of two of the server's steps, on the instance."""

    def __init__(self, server: BaseServer, limits: Limits) -> None:
        self.limits = limits
        self._server = weakref.ref(server)
        self._counted: dict[int, tuple[weakref.ref[Any], object]] = {}
        """Open connections by id, each with its peer."""
        self._verify = server.verify_request
        self._close = server.close_request
        server.verify_request = self.verify_request  # type: ignore[method-assign]
        server.close_request = self.close_request  # type: ignore[method-assign]
        for sock in connections.connections_of(server):
            self._counted[id(sock)] = (weakref.ref(sock), None)
        self.deadlines = Deadlines(server, limits) if limits.shortest < math.inf else None

    def remove(self) -> None:
        """Let the server be as it was."""
        self.end()
        server = self._server()
        if server is not None:
            for name in ("verify_request", "close_request"):
                vars(server).pop(name, None)

    def enter_child(self, request: Request | None = None) -> None:
        """In a forked child, which serves what it accepts itself, or this `request` and nothing else."""
        if self.deadlines is not None:
            self.deadlines.enter_child(request)

    def end(self) -> None:
        """The server is being closed."""
        if self.deadlines is not None:
            self.deadlines.end()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """In front of the server's own: refuse what is too much."""
        if isinstance(request, tuple):
            return self._verify(request, client_address)
        peer = _peer_of(request, client_address)
        if self._is_too_much(peer):
            return False
        self._counted[id(request)] = (weakref.ref(request), peer)
        if self.is_full():
            self._nudge()
        if self.deadlines is not None:
            self.deadlines.wake()
        return self._verify(request, client_address)

    def close_request(self, request: Any) -> None:
        """In front of the server's own: there is room again."""
        full = self.is_full()
        self._counted.pop(id(request), None)
        self._close(request)
        if full:
            self._nudge()

    def is_full(self) -> bool:
        """Whether to accept nothing for the time being."""
        return self.limits.overflow == "wait" and self._has_reached()

    def _has_reached(self) -> bool:
        most = self.limits.max_connections
        if most is None or self._count() < most:
            return False
        self._sweep()
        return self._count() >= most

    def _count(self) -> int:
        return len(self._counted) + len(getattr(self._server(), "active_children", None) or ())

    def _is_too_much(self, peer: object) -> bool:
        if self.limits.overflow == "drop" and self._has_reached():
            return True
        most = self.limits.max_connections_per_peer
        if most is None:
            return False
        self._sweep()
        return sum(1 for _, one in list(self._counted.values()) if one == peer) >= most

    def _sweep(self) -> None:
        """Some are closed without `close_request`."""
        for key, (known, _) in list(self._counted.items()):
            if not connections.is_open(known()):
                self._counted.pop(key, None)

    def _nudge(self) -> None:
        server = self._server()
        if server is not None:
            server._ss_nudge()


def _peer_of(request: Any, address: Any) -> object:
    """Who is behind a connection: an address, or the user at the other end of a Unix socket."""
    if isinstance(address, tuple) and address:
        return address[0]
    return connections.user_of(request)


class _Seen:
    """What is known of one connection's progress; times in seconds."""

    __slots__ = ("begun", "moved", "moved_at", "of_window")

    def __init__(self, moved: int, at: float) -> None:
        self.moved = self.of_window = moved
        self.moved_at = self.begun = at


class Deadlines:
    """One thread that looks at a server's connections every now and then; it sleeps while there are none."""

    def __init__(self, server: BaseServer, limits: Limits) -> None:
        self._limits = limits
        self._server = weakref.ref(server, lambda _: self.end())
        self._looker = Observer()
        """Overrides nothing: it is there so that bytes are counted where nobody else watches."""
        self._seen: dict[int, _Seen] = {}
        self._only: Request | None = None
        self._asleep = True
        self._over = False
        server._ss_add_observer(self._looker)
        self._start()

    def _start(self) -> None:
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._run, name="socketscope deadlines", daemon=True)
        self._thread.start()

    def enter_child(self, request: Request | None) -> None:
        """In a forked child: the thread has stayed behind, and sees to the parent's connections there."""
        self._only, self._asleep = request, True
        self._start()

    def wake(self) -> None:
        """There is a connection."""
        if self._asleep:
            self._news.set()

    def end(self) -> None:
        """No more deadlines."""
        self._over = True
        self._news.set()
        server = self._server()
        if server is not None:
            server._ss_remove_observer(self._looker)

    def _run(self) -> None:
        tick = min(max(self._limits.shortest / 8, 0.01), 1.0)
        while not self._over:
            requests = self._requests()
            self._asleep = not requests
            self._news.wait(None if self._asleep and not self._requests() else tick)
            self._news.clear()
            for request in requests:
                self._look(request, time.monotonic())
            self._seen = {key: seen for key, seen in self._seen.items() if any(r.id == key for r in requests)}

    def _requests(self) -> list[Request]:
        if self._only is not None:  # others, if there are copies of any, are not this process's
            return [self._only]
        server = self._server()
        place = server._ss_place if server is not None else None
        if place is None:
            return []
        self._step_aside(place)
        known = list(live.requests.values())
        return [one for one in known if one.place is place and not isinstance(one.given, tuple)]

    def _step_aside(self, place: Place) -> None:
        """Where others watch, bytes are counted already, and faster without a second observer."""
        others = [one for one in place.hooks.observers if one is not self._looker]
        if bool(others) == (self._looker in place.hooks.observers) and not self._over:
            (place.hooks.remove if others else place.add)(self._looker)

    def _look(self, request: Request, now: float) -> None:
        moved = request.bytes_in + request.bytes_out
        seen = self._seen.get(request.id)
        if seen is None:
            seen = self._seen[request.id] = _Seen(moved, now)
        if moved != seen.moved:
            seen.moved, seen.moved_at = moved, now
        verdict = self._verdict(request, seen, now)
        if verdict and not request.closed and request.outcome is None:
            _time_out(request, verdict)

    def _verdict(self, request: Request, seen: _Seen, now: float) -> str:
        limits, age = self._limits, now - request.opened / 1e9
        if limits.total_timeout is not None and age >= limits.total_timeout:
            return f"it lasted longer than total_timeout, {limits.total_timeout:g} s"
        if limits.first_byte_timeout is not None and not request.bytes_in and age >= limits.first_byte_timeout:
            return f"no byte came within first_byte_timeout, {limits.first_byte_timeout:g} s"
        if limits.idle_timeout is not None and now - seen.moved_at >= limits.idle_timeout:
            return f"no byte passed for idle_timeout, {limits.idle_timeout:g} s"
        return self._verdict_on_rate(seen, now)

    def _verdict_on_rate(self, seen: _Seen, now: float) -> str:
        if self._limits.minimum_rate is None or now - seen.begun < _WINDOW:
            return ""
        moved, rate = seen.moved - seen.of_window, (seen.moved - seen.of_window) / (now - seen.begun)
        seen.of_window, seen.begun = seen.moved, now
        if not moved or rate >= self._limits.minimum_rate:
            return ""
        return f"{rate:.1f} bytes/s are less than minimum_rate, {self._limits.minimum_rate:g}"


def _time_out(request: Request, why: str) -> None:
    """Its worker reads and writes from now on as if the client had left."""
    given = request.given
    if given is None:
        return  # it is over
    request.outcome = Outcome.TIMED_OUT
    request.fail(request.stage, TimeoutError(f"Connection closed: {why}"))
    log.info("Connection of %s closed: %s", ascii(request.peer), why)
    connections.close(given)
