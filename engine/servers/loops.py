"""The serving loops: one turn after the other, whatever user code raises, until told to stop."""

from __future__ import annotations

import errno
import math
import os
import selectors
import socket
import threading
import time
from _thread import allocate_lock
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..observe.logs import Log
from ..observe.stages import Stage
from . import pipeline
from .waker import Waker

if TYPE_CHECKING:
    from .life import Life

_RECHECK = 0.5
"""Seconds between two looks whether a loop that may not accept now may again, should nobody tell it."""
_UNEVENTFUL = 1.0
"""Seconds without a failure after which the next one is news."""
_PAUSE = 0.01, 1.0
"""How long a loop pauses that can do nothing but fail: first, and at most; seconds."""
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

log = Log("socketscope.servers")


class Loop:
    """One call of `serve_forever`. Whoever waits for its end holds no lock: a signal handler may come at any time."""

    __slots__ = ("_gates", "failed", "ident", "listening", "nudged", "over", "pause", "pid", "waker")

    def __init__(self) -> None:
        self.ident = threading.get_ident()
        self.pid = os.getpid()
        self.waker = Waker()
        self.over = False
        self.listening = True
        """Whether its selector has the listener."""
        self.nudged = False
        """Whether somebody wants it to look again whether it may accept."""
        self.pause = 0.0
        """How long it paused last, seconds, and when that ended."""
        self.failed = 0.0
        self._gates: list[Any] = []

    def nudge(self) -> None:
        """Make it look again whether it may accept."""
        self.nudged = True
        self.waker.wake()

    def is_own(self) -> bool:
        """Whether to wait for its end would be to wait for ever: it runs in this very thread, or in another process."""
        return self.ident == threading.get_ident() or self.pid != os.getpid()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended, at most `timeout` seconds. Returns whether it has."""
        return wait_at(self._gates, lambda: self.over, timeout)

    def end(self) -> None:
        """It is over: let go whoever waits."""
        self.over = True
        open_gates(self._gates)
        self.waker.close()

    def rest(self) -> bool:
        """Pause, longer each time. Returns whether this is the first time after it had been well."""
        news = time.monotonic() - self.failed > _UNEVENTFUL
        self.pause = _PAUSE[0] if news else min(2 * self.pause, _PAUSE[1])
        self.waker.wait(self.pause)
        self.failed = time.monotonic()
        return news


def wait_at(gates: list[Any], over: Callable[[], bool], timeout: float | None) -> bool:
    """Wait until `open_gates` is called for the same list; not at all if `over()`. Safe in signal handlers."""
    gate = allocate_lock()
    gate.acquire()
    gates.append(gate)
    passed = over() or gate.acquire(True, -1 if timeout is None else max(timeout, 0))
    with suppress(ValueError):
        gates.remove(gate)
    return passed


def open_gates(gates: list[Any]) -> None:
    """Let go all who wait."""
    while gates:
        gates.pop().release()


class BlindError(Exception):
    """The selector itself has failed: there is nothing to go on with. `error` is what it raised."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def turn(server: Life, loop: Loop, selector: selectors.BaseSelector, poll_interval: float) -> None:
    """Serve until the server is told to stop. Raises BlindError, and whatever user code lets through."""
    active, select = server._ss_is_active(), _selecting(selector)
    patience = poll_interval if active or os.name != "posix" else None
    pace = server._ss_pace
    while not server._ss_stopping:
        try:
            ready: object = pace is not None and pace.look(select)
            if not ready:
                ready = select(patience if loop.listening else _sooner(patience))
        except Exception as error:
            raise BlindError(error) from error
        if server._ss_stopping:  # the waker is only ever heard then, or if it is a nudge
            break  # type: ignore[unreachable]  # another thread writes it
        if loop.nudged or not loop.listening:
            heed(server, loop, selector)
        elif ready:
            server._handle_request_noblock()
            if pace is not None:
                pace.wait()
        if not active or server._ss_place is None:
            server.service_actions()
        else:
            pipeline.beside(server._ss_place, Stage.SERVICE_ACTIONS, server.service_actions)
    run_errands(server)


def _selecting(selector: selectors.BaseSelector) -> Callable[[float | None], object]:
    """What tells whether anything is ready: `select`, or if we know what that does, a fifth of it."""
    poll = getattr(getattr(selector, "_selector", None), "poll", None)
    if type(selector) is not getattr(selectors, "PollSelector", None) or poll is None:
        return selector.select
    return lambda timeout: poll(None if timeout is None else max(0, math.ceil(1000 * timeout)))


def _sooner(patience: float | None) -> float:
    return _RECHECK if patience is None else min(patience, _RECHECK)


def heed(server: Life, loop: Loop, selector: selectors.BaseSelector) -> None:
    """Do what others want done in this thread; then listen, or do not: whatever is right now."""
    loop.nudged = False
    loop.waker.hush()
    run_errands(server)
    accepting = server._ss_may_accept()
    if accepting and not loop.listening:
        selector.register(server, selectors.EVENT_READ)
    elif not accepting and loop.listening:
        selector.unregister(server)
    loop.listening = accepting


def run_errands(server: Life) -> None:
    """What others want done in the loop's thread."""
    while server._ss_errands:
        server._ss_errands.popleft()()


def survive(server: Life, loop: Loop, error: Exception) -> None:
    """User code has let `error` through: log it, and go on or raise it, as the server's policy says.

    Where the client still waits to be accepted, the loop pauses: it would neither spin nor fill the log.
    """
    stage = _stage_of(error)
    log.error("An exception has left %s: %s", stage or "a stage", type(error).__name__, exc_info=error)
    if server.on_error == "stop":
        raise error
    if stage in ("", "get_request"):
        loop.rest()


def _stage_of(error: Exception) -> str:
    """The stage that raised, by the innermost function that has a stage's name; empty if there is none."""
    names, found = {stage.method for stage in Stage}, ""
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code.co_name in names and frame.f_globals is not vars(pipeline):
            found = frame.f_code.co_name
        trace = trace.tb_next
    return found


def accept_failed(server: Life, error: OSError) -> None:
    """Failing to accept is the client's affair, unless descriptors have run out, or the listener has gone."""
    loop = server._ss_own_loop() or next(iter(server._ss_loops), None)  # a worker may accept in the loop's stead
    if loop is None:
        return
    if error.errno in _EXHAUSTED:
        news = loop.rest()
    elif _has_gone(server):
        news = not server._ss_stopping
        server._ss_request_stop()
    else:
        return
    if news:
        log.warning("Cannot accept: %s", error.strerror)
        if server._ss_place is not None:
            server._ss_place.itself().fail(Stage.GET_REQUEST, error)


def _has_gone(server: Life) -> bool:
    """Whether the listener has been closed or shut down: it would be ready for ever, and never give anything."""
    sock = getattr(server, "socket", None)
    if not isinstance(sock, socket.socket):
        return False
    try:
        if sock.type != socket.SOCK_STREAM or sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return sock.fileno() < 0
        return _was_listener(sock)
    except OSError:
        return True


def _was_listener(sock: socket.socket) -> bool:
    """Not one that is connected to a client, as some servers have it."""
    try:
        sock.getpeername()
    except OSError:
        return True
    return False
