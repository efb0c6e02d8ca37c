"""BaseServer: the loop, and the steps from a ready listener to a served request."""

from __future__ import annotations

import errno
import logging
import os
import selectors
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..observe import live
from ..observe.place import Place, newcomers
from ..observe.stages import Stage
from . import pipeline, public, recorded
from .waker import Waker

if TYPE_CHECKING:
    import socket
    from typing import Self

    from ..observe.observer import Observer

_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_PAUSE = 0.01, 1.0
"""How long the loop pauses when the system is out of descriptors: first, and at most; seconds."""

log = logging.getLogger("socketscope.servers")


class BaseServer:
    """Accepts requests and serves them; subclasses know the kind of socket, mix-ins know the kind of worker."""

    timeout: float | None = None

    server_address: Any
    RequestHandlerClass: Callable[[Any, Any, Self], Any]

    _place: Place | None = None
    """What is told about this server; None when nobody watches."""
    _serving: int | None = None
    """Ident of the thread in `serve_forever`."""
    _waker: Waker | None = None
    _stopping = False
    _pause = 0.0

    if TYPE_CHECKING:
        # Subclasses have these; the attributes do not exist here, as in socketserver.
        socket: socket.socket

        def fileno(self) -> int: ...
        def get_request(self) -> tuple[Any, Any]: ...

    def __init__(self, server_address: Any, RequestHandlerClass: Callable[[Any, Any, Self], Any]) -> None:
        self.server_address = server_address
        self.RequestHandlerClass = RequestHandlerClass
        self.__is_shut_down = threading.Event()
        for observer in newcomers:
            self.add_observer(observer)

    # Code in the wild stops a server by writing the mangled name `_BaseServer__shutdown_request`: keep it, and let it
    # wake the loop.
    @property
    def __shutdown_request(self) -> bool:
        return self._stopping

    @__shutdown_request.setter
    def __shutdown_request(self, stop: bool) -> None:
        self._stopping = stop
        waker = self._waker
        if stop and waker is not None:
            waker.wake()

    def add_observer(self, observer: Observer) -> None:
        """Tell `observer` what happens from now on, first of what is already there."""
        if self._place is None:
            place = Place(self)
            place.started()
            self._place = place
        self._place.add(observer)

    def remove_observer(self, observer: Observer) -> None:
        """Tell `observer` no more. One that was never added is no error."""
        place = self._place
        if place is not None:
            place.hooks.remove(observer)

    def server_activate(self) -> None:
        """Start to listen; for subclasses."""

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Serve until `shutdown`. `service_actions` is called at least every `poll_interval` seconds."""
        self.__is_shut_down.clear()
        waker = Waker()
        self._waker, self._serving = waker, threading.get_ident()
        try:
            with public.module()._ServerSelector() as selector:
                selector.register(self, selectors.EVENT_READ)
                selector.register(waker, selectors.EVENT_READ)
                self._announce()
                self._loop(selector, poll_interval)
        finally:
            self._loop_ended()
            self._waker = self._serving = None
            self._stopping = False
            waker.close()
            self.__is_shut_down.set()

    def _loop_ended(self) -> None:
        """For mix-ins: `serve_forever` is about to return."""

    def _announce(self) -> None:
        if self._place is not None:
            self._place.started()

    def _stop_serving(self) -> None:
        """The listener goes: a loop that went on would spin on a dead descriptor, or on somebody else's."""
        if self._serving is not None:
            self.__shutdown_request = True

    def _loop(self, selector: selectors.BaseSelector, poll_interval: float) -> None:
        active = self._is_active()
        patience = poll_interval if active or os.name != "posix" else None
        while not self._stopping:
            ready = selector.select(patience)
            if self.__shutdown_request:  # the waker is only ever heard then
                break
            if ready:
                self._handle_request_noblock()
            if not active or self._place is None:
                self.service_actions()
            else:
                pipeline.beside(self._place, Stage.SERVICE_ACTIONS, self.service_actions)

    def _is_active(self) -> bool:
        """Whether somebody has given `service_actions` something to do; else the loop need not wake up for it."""
        return type(self).service_actions is not BaseServer.service_actions or "service_actions" in vars(self)

    def shutdown(self) -> None:
        """Stop `serve_forever` and wait until it has stopped.

        Called before `serve_forever`, it waits for one and stops it. Called by the serving thread itself (a handler of
        a server without mix-in, a signal handler), it does not wait: the loop ends when the request is done.
        """
        if self.__is_shut_down.is_set():
            return
        self.__shutdown_request = True
        if self._serving != threading.get_ident():
            self.__is_shut_down.wait()

    def service_actions(self) -> None:
        """Called by the loop after each request and each poll; for subclasses."""

    def handle_request(self) -> None:
        """Serve one request, at most; after `timeout` seconds without one, call `handle_timeout`."""
        self._announce()
        timeout = self._shortest_timeout()
        deadline = None if timeout is None else time.monotonic() + timeout
        with public.module()._ServerSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            while not selector.select(timeout):
                if deadline is not None:
                    timeout = deadline - time.monotonic()
                    if timeout < 0:
                        return self._time_out()
        return self._handle_request_noblock()

    def _shortest_timeout(self) -> float | None:
        own: float | None = self.socket.gettimeout()
        if own is None or self.timeout is None:
            return self.timeout if own is None else own
        return min(own, self.timeout)

    def _time_out(self) -> None:
        if self._place is None:
            return self.handle_timeout()
        return pipeline.beside(self._place, Stage.HANDLE_TIMEOUT, self.handle_timeout)

    def _handle_request_noblock(self) -> None:
        """Serve one request; `get_request` is expected not to block."""
        place = self._place
        if place is not None and place.hooks.observers:
            recorder = place.hooks.recorder
            return pipeline.handle(self, place) if recorder is None else recorded.handle(self, place, recorder)
        try:
            request, client_address = self.get_request()
        except OSError as error:
            return self._accept_failed(error)
        self._pause = 0.0
        try:
            verified = self.verify_request(request, client_address)
        except BaseException:
            self.shutdown_request(request)
            raise
        if not verified:
            return self.shutdown_request(request)
        return self._process(request, client_address)

    def _process(self, request: Any, client_address: Any) -> None:
        try:
            self.process_request(request, client_address)
        except Exception:
            try:
                self.handle_error(request, client_address)
            finally:
                self.shutdown_request(request)
        except BaseException:
            self.shutdown_request(request)
            raise

    def _accept_failed(self, error: OSError) -> None:
        """Failing to accept is the client's affair, unless the system is exhausted: then pause instead of spinning."""
        waker = self._waker
        if error.errno not in _EXHAUSTED or waker is None:
            return
        if not self._pause:
            log.warning("Cannot accept: %s", error.strerror)
        if self._place is not None:
            self._place.itself().fail(Stage.GET_REQUEST, error)
        self._pause = min(max(2 * self._pause, _PAUSE[0]), _PAUSE[1])
        waker.wait(self._pause)

    def handle_timeout(self) -> None:
        """Called by `handle_request` when no request came in time; for subclasses."""

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether to serve this request; for subclasses."""
        return True

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a request here and now; mix-ins hand it to a worker instead."""
        watched = live.find(request) if self._place is not None else None
        if watched is not None:
            return pipeline.serve(self, watched)
        self.finish_request(request, client_address)
        return self.shutdown_request(request)

    def server_close(self) -> None:
        """Give back what the server holds; for subclasses."""

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Make the handler, whose constructor does the work."""
        watched = live.find(request) if self._place is not None else None
        if watched is not None and watched.stage < pipeline.FINISH_REQUEST:  # called by user code
            return pipeline.finish_for_user(watched, self.RequestHandlerClass, request, client_address, self)
        self.RequestHandlerClass(request, client_address, self)  # type: ignore[arg-type]  # mypy forgets who Self is
        return None

    def shutdown_request(self, request: Any) -> None:
        """End a request that has been served."""
        if self._place is None or not self._shut_for_user(request):
            self.close_request(request)

    def _shut_for_user(self, request: Any) -> bool:
        """Time a `shutdown_request` that user code called. False if a call site of ours does it already."""
        watched = live.find(request)
        if watched is None or watched.stage is pipeline.SHUTDOWN_REQUEST:
            return False
        pipeline.shut_for_user(watched, self.shutdown_request, request)
        return True

    def close_request(self, request: Any) -> None:
        """Give back what a request holds; for subclasses."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print the exception that is being handled; the server goes on."""
        line = "-" * 40
        print(line, file=sys.stderr)  # noqa: T201  # as socketserver does
        print("Exception occurred during processing of request from", client_address, file=sys.stderr)  # noqa: T201
        traceback.print_exc()
        print(line, file=sys.stderr)  # noqa: T201

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.server_close()
