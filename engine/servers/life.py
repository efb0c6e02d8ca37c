"""The life of a server: its loops, how they start and stop, and the state that follows from the facts."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any
from weakref import ref

from . import loops, public
from .loops import Loop, open_gates, wait_at
from .yielding import Yielding

if TYPE_CHECKING:
    from ..observe.place import Place
    from .limits import Limiter
    from .pace import Pace
    from .waker import Waker

_POLICIES = ("continue", "stop")


class ServerState(Enum):
    """Where a server is in its life. It is worked out from the facts whenever it is asked for."""

    NEW = "new"
    """Made, with a socket that has no address yet."""
    BOUND = "bound"
    """It has its address; connections are refused."""
    LISTENING = "listening"
    """Connections queue in the kernel, and nobody accepts them yet."""
    SERVING = "serving"
    """`serve_forever` runs."""
    DRAINING = "draining"
    """It has been told to stop, and finishes what it has begun."""
    STOPPED = "stopped"
    """It has served and still has its socket; it can serve again."""
    CLOSED = "closed"
    """It has given its socket back."""


def checked_timeout(timeout: float | None, name: str = "timeout") -> float | None:
    """`timeout` itself. Raises ValueError if it is neither None nor a number of seconds from 0 on."""
    number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if timeout is not None and not (number and 0 <= timeout <= threading.TIMEOUT_MAX):
        raise ValueError(f"{name} must be None or a number of seconds from 0 on, not {timeout!r}")
    return timeout


class Life:
    """What BaseServer knows of its loops. Any thread may call any method here, at any time, as often as it likes.

    A subclass may have methods and attributes of the same names, for it knows only socketserver's: so nothing here, or
    in any other file, calls these by way of the instance.
    """

    on_error: str = "continue"
    """What `serve_forever` does when an Exception of user code reaches it: "continue", or "stop", which raises it."""

    _ss_place: Place | None = None
    """What is told about this server; None when nobody watches."""
    _ss_serving: int | None = None
    """Ident of the thread in `serve_forever`."""
    _ss_waker: Waker | None = None
    _ss_stopping = False
    _ss_draining = False
    _ss_suspended = False
    _ss_served = False
    _ss_limiter: Limiter | None = None
    _ss_pace: Pace | None = None

    if TYPE_CHECKING:

        def fileno(self) -> int: ...
        def _ss_is_active(self) -> bool: ...
        def service_actions(self) -> None: ...
        def _handle_request_noblock(self) -> None: ...

    def __init__(self) -> None:
        self._ss_place = None  # of its own: what the class has takes longer to find
        self._ss_loops: list[Loop] = []
        self._ss_open: dict[int, ref[Any]] = {}
        """Connections that have been accepted, by id; see connections.py."""
        self._ss_waiting: list[Any] = []
        """Gates of those who wait for the server to start."""
        self._ss_errands: deque[Callable[[], object]] = deque()
        """What other threads want done in the loop's."""
        self._BaseServer__is_shut_down = threading.Event()

    # Code in the wild stops a server by writing the mangled name `_BaseServer__shutdown_request`: keep it, and let it
    # wake the loop.
    @property
    def _BaseServer__shutdown_request(self) -> bool:  # noqa: N802
        return self._ss_stopping

    @_BaseServer__shutdown_request.setter
    def _BaseServer__shutdown_request(self, stop: bool) -> None:  # noqa: N802
        self._ss_stopping = stop
        if stop:
            for loop in self._ss_loops.copy():
                loop.waker.wake()

    def _ss_state(self) -> ServerState:
        """Where the server is in its life."""
        if self._ss_draining:
            return ServerState.DRAINING
        if self._ss_loops:
            return ServerState.DRAINING if self._ss_stopping else ServerState.SERVING
        sock = getattr(self, "socket", None)
        if sock is not None and sock.fileno() < 0:
            return ServerState.CLOSED
        return ServerState.STOPPED if self._ss_served else _state_of(sock)

    def _ss_is_suspended(self) -> bool:
        """Whether it accepts nothing until `resume`."""
        return self._ss_suspended

    state = Yielding(_ss_state)
    suspended = Yielding(_ss_is_suspended)

    def wait_started(self, timeout: float | None = None) -> bool:
        """Wait until `serve_forever` is ready for clients, at most `timeout` seconds. Returns whether it is.

        False at once if the server has been closed. Raises ValueError for a bad `timeout`.
        """
        checked_timeout(timeout)

        def known() -> bool:
            return bool(self._ss_loops and self._ss_served) or self._ss_state() is ServerState.CLOSED

        return wait_at(self._ss_waiting, known, timeout) and self._ss_state() is not ServerState.CLOSED

    def request_stop(self) -> None:
        """As `shutdown`, without waiting."""
        self._ss_request_stop()

    def _ss_request_stop(self) -> None:
        if self._ss_loops or not self._ss_served:
            self._BaseServer__shutdown_request = True

    def shutdown(self, timeout: float | None = None) -> None:
        """Stop `serve_forever` (all of them, if several threads are in it) and wait until it has stopped.

        Raises TimeoutError if it has not after `timeout` seconds; it stops all the same as soon as it can. Called
        before the first `serve_forever`, that one returns at once. Called by the serving thread itself (a handler of a
        server without mix-in, a signal handler), it does not wait: the loop ends when the request is done. Once the
        server has stopped, it does nothing. Raises ValueError for a bad `timeout`.
        """
        checked_timeout(timeout)
        deadline = None if timeout is None else time.monotonic() + timeout
        self._ss_request_stop()
        for loop in self._ss_loops.copy():
            if not self._ss_wait_for(loop, deadline):
                raise TimeoutError(f"the server has not stopped within {timeout:g} s")

    def _ss_wait_for(self, loop: Loop, deadline: float | None) -> bool:
        return loop.is_own() or loop.wait(None if deadline is None else deadline - time.monotonic())

    def suspend(self) -> None:
        """Accept nothing until `resume`: clients queue in the kernel. What is being served goes on."""
        self._ss_suspended = True
        self._ss_nudge()

    def resume(self) -> None:
        """Accept again."""
        self._ss_suspended = False
        self._ss_nudge()

    def _ss_nudge(self) -> None:
        for loop in self._ss_loops.copy():
            loop.nudge()

    def _ss_do_in_loop(self, errand: Callable[[], object]) -> None:
        """Have the loop call `errand`, in its own thread, as soon as it can."""
        self._ss_errands.append(errand)
        self._ss_nudge()

    def _ss_may_accept(self) -> bool:
        """Whether the loop is to look at the listener now."""
        return not self._ss_suspended and (self._ss_limiter is None or not self._ss_limiter.is_full())

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Serve until `shutdown`. `service_actions` is called at least every `poll_interval` seconds.

        An Exception that user code lets through is logged, told to observers, and serving goes on; see `on_error`.
        """
        policy: object = self.on_error  # or something of the program's own
        if isinstance(policy, str) and policy not in _POLICIES:
            raise ValueError(f"on_error must be 'continue' or 'stop', not {policy!r}")
        loop = self._ss_enter()
        try:
            if not self._ss_stopping:  # else it has been stopped before it began, and maybe closed
                self._ss_run_loop(loop, poll_interval)
        finally:
            try:
                self._ss_loop_ended()
            finally:
                self._ss_leave(loop)

    def _ss_run_loop(self, loop: Loop, poll_interval: float) -> None:
        with public.module()._ServerSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            selector.register(loop.waker, selectors.EVENT_READ)
            self._ss_announce()
            self._ss_served = True
            open_gates(self._ss_waiting)
            self._ss_loop(selector, poll_interval)
            if self._ss_draining:
                self._ss_accept_queued(selector)

    def _ss_enter(self) -> Loop:
        self._BaseServer__is_shut_down.clear()
        loop = Loop()
        self._ss_loops.append(loop)
        self._ss_waker, self._ss_serving = loop.waker, loop.ident
        if len(self._ss_loops) > 1:
            self._ss_share_listener(blocking=False)
        return loop

    def _ss_leave(self, loop: Loop) -> None:
        self._ss_served = True
        self._ss_loops.remove(loop)
        rest = self._ss_loops[-1:]
        self._ss_waker, self._ss_serving = (rest[0].waker, rest[0].ident) if rest else (None, None)
        if len(rest) == 1 and len(self._ss_loops) == 1:
            self._ss_share_listener(blocking=True)
        if not rest:
            self._ss_stopping = False
            self._BaseServer__is_shut_down.set()
        loop.end()

    def _ss_share_listener(self, *, blocking: bool) -> None:
        """Several loops see the same client, and one gets it: the others must not wait for the next in `accept`."""
        sock = getattr(self, "socket", None)
        if sock is not None and sock.fileno() >= 0 and sock.gettimeout() == (0.0 if blocking else None):
            sock.setblocking(blocking)

    def _ss_loop_ended(self) -> None:
        """For mix-ins: `serve_forever` is about to return."""

    def _ss_announce(self) -> None:
        if self._ss_place is not None:
            self._ss_place.started()

    def _ss_own_loop(self) -> Loop | None:
        """The loop that runs in the calling thread."""
        ident = threading.get_ident()
        return next((loop for loop in self._ss_loops.copy() if loop.ident == ident), None)

    def _ss_loop(self, selector: selectors.BaseSelector, poll_interval: float) -> None:
        loop = self._ss_loops[-1] if len(self._ss_loops) == 1 else self._ss_own_loop()
        assert loop is not None  # it is what calls this
        if not self._ss_may_accept():
            loop.nudge()
        self._ss_pace = self._ss_make_pace() if len(self._ss_loops) == 1 else None  # it is what one loop knows
        try:
            while not self._ss_stopping:
                try:
                    loops.turn(self, loop, selector, poll_interval)
                except loops.BlindError as blind:
                    raise blind.error from None
                except Exception as error:
                    loops.survive(self, loop, error)
        finally:
            self._ss_pace = None

    def _ss_make_pace(self) -> Pace | None:
        """For mix-ins: how the loop keeps in step with what it starts for each request."""
        return None

    def _ss_accept_queued(self, selector: selectors.BaseSelector) -> None:
        """Those who came before the listener closes are served: to close it would reset them."""
        for _ in range(getattr(self, "request_queue_size", 0) + 1):
            if self._ss_state() is not ServerState.DRAINING or self.fileno() < 0 or not self._ss_may_accept():
                return
            if not any(key.fileobj is self for key, _ in selector.select(0)):
                return
            try:
                self._handle_request_noblock()
            except Exception as error:
                loops.survive(self, self._ss_loops[-1], error)


def _state_of(sock: Any) -> ServerState:
    """A server that has not served yet, by its socket."""
    if not isinstance(sock, socket.socket):
        return ServerState.NEW
    if sock.type != socket.SOCK_STREAM:
        return ServerState.LISTENING if _has_address(sock) else ServerState.NEW
    if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return ServerState.LISTENING
    return ServerState.BOUND if _has_address(sock) else ServerState.NEW


def _has_address(sock: socket.socket) -> bool:
    address = sock.getsockname()
    return bool(address[1] if isinstance(address, tuple) else address)
