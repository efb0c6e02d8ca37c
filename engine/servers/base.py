"""BaseServer: the steps from a ready listener to a served request."""

from __future__ import annotations

import selectors
import sys
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import ref

from ..observe.live import current, find, get_ident
from ..observe.place import Place, newcomers
from ..observe.stages import Stage
from ..observe.stream import Stream
from . import loops, pipeline, public, recorded
from .connections import discard
from .drain import Draining
from .life import Life
from .limits import Limits
from .loops import open_gates
from .pipeline import FINISH_REQUEST

if TYPE_CHECKING:
    import socket
    from typing import Self

    from ..observe.observer import Observer


class BaseServer(Draining):
    """Accepts requests and serves them; subclasses know the kind of socket, mix-ins know the kind of worker.

    People derive from the servers, mix-ins and handlers, and call their own attributes as they like. So what is private
    to ours begins with `_ss_`, but for the names that socketserver has and people use (`_handle_request_noblock`,
    `_threads`, `_BaseServer__shutdown_request`, `_BaseServer__is_shut_down`).
    """

    timeout: float | None = None
    _ss_noted = True
    """Whether requests may keep notes of what happens to them: they are served in this process."""

    server_address: Any
    RequestHandlerClass: Callable[[Any, Any, Self], Any]

    if TYPE_CHECKING:
        # Subclasses have these; the attributes do not exist here, as in socketserver.
        socket: socket.socket

        def fileno(self) -> int: ...
        def get_request(self) -> tuple[Any, Any]: ...

    def __init__(self, server_address: Any, RequestHandlerClass: Callable[[Any, Any, Self], Any]) -> None:
        Life.__init__(self)  # by name: what else a subclass derives from is not called from here, and never was
        self.server_address = server_address
        self.RequestHandlerClass = RequestHandlerClass
        for observer in newcomers:
            self._ss_add_observer(observer)
        if isinstance(self.default_limits, Limits):
            self._ss_limit(self.default_limits)

    def add_observer(self, observer: Observer) -> None:
        """Tell `observer` what happens from now on, first of what is already there."""
        self._ss_add_observer(observer)

    def remove_observer(self, observer: Observer) -> None:
        """Tell `observer` no more. One that was never added is no error."""
        self._ss_remove_observer(observer)

    def _ss_add_observer(self, observer: Observer) -> None:
        if self._ss_place is None:
            place = Place(self)
            place.started()
            self._ss_place = place
        self._ss_place.add(observer)

    def _ss_remove_observer(self, observer: Observer) -> None:
        place = self._ss_place
        if place is not None:
            place.hooks.remove(observer)

    def server_activate(self) -> None:
        """Start to listen; for subclasses."""

    def _ss_is_active(self) -> bool:
        """Whether somebody has given `service_actions` something to do; else the loop need not wake up for it."""
        return type(self).service_actions is not BaseServer.service_actions or "service_actions" in vars(self)

    def service_actions(self) -> None:
        """Called by the loop after each request and each poll; for subclasses."""

    def handle_request(self) -> None:
        """Serve one request, at most; after `timeout` seconds without one, call `handle_timeout`."""
        self._ss_announce()
        timeout = self._ss_shortest_timeout()
        deadline = None if timeout is None else time.monotonic() + timeout
        with public.module()._ServerSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            while not selector.select(timeout):
                if deadline is not None:
                    timeout = deadline - time.monotonic()
                    if timeout < 0:
                        return self._ss_time_out()
        return self._handle_request_noblock()

    def _ss_shortest_timeout(self) -> float | None:
        own: float | None = self.socket.gettimeout()
        if own is None or self.timeout is None:
            return self.timeout if own is None else own
        return min(own, self.timeout)

    def _ss_time_out(self) -> None:
        if self._ss_place is None:
            return self.handle_timeout()
        return pipeline.beside(self._ss_place, Stage.HANDLE_TIMEOUT, self.handle_timeout)

    def _handle_request_noblock(self) -> None:
        """Serve one request; `get_request` is expected not to block."""
        place = self._ss_place
        if place is not None and place.hooks.observers:
            if self._ss_noted and place.hooks.recorder is not None:
                return recorded.handle(self, place)
            return pipeline.handle(self, place)
        try:
            request, client_address = self.get_request()
        except OSError as error:
            return self._ss_accept_failed(error)
        if type(request) is not tuple:  # datagrams have no connection
            try:  # noqa: SIM105  # `suppress` costs more than all the rest
                self._ss_open[id(request)] = ref(request)
            except TypeError:
                pass  # not a socket but something of the user's own
        try:
            verified = self.verify_request(request, client_address)
        except BaseException:
            self._ss_dispose(request)
            raise
        if not verified:
            return self._ss_dispose(request)
        try:  # as in `_ss_process`: to call that costs a tenth of all this
            self.process_request(request, client_address)
        except BaseException as error:
            self._ss_failed(request, client_address, error)
        return None

    def _ss_bare_handler(self) -> Any:
        """The class of handlers, if to make one and to shut the request is all that our own methods would do: then a
        recorder does it, and spares them. Else None."""
        return None

    def _ss_process(self, request: Any, client_address: Any) -> None:
        try:
            self.process_request(request, client_address)
        except BaseException as error:
            self._ss_failed(request, client_address, error)

    def _ss_failed(self, request: Any, client_address: Any, error: BaseException) -> None:
        """`process_request` has raised `error`, which is being handled."""
        try:
            if self._ss_ends_loop(error):
                raise error
            self.handle_error(request, client_address)
        finally:
            self._ss_dispose(request)

    def _ss_ends_loop(self, error: BaseException) -> bool:
        """Whether what a handler raises in the loop's own thread is more than an error of this request."""
        return not isinstance(error, Exception)

    def _ss_dispose(self, request: Any) -> None:
        """`shutdown_request`; should that fail, the connection is closed nevertheless."""
        try:
            self.shutdown_request(request)
        except BaseException:
            discard(request)
            raise

    def _ss_accept_failed(self, error: OSError) -> None:
        loops.accept_failed(self, error)

    def handle_timeout(self) -> None:
        """Called by `handle_request` when no request came in time; for subclasses."""

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether to serve this request; for subclasses."""
        return True

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a request here and now; mix-ins hand it to a worker instead."""
        if self._ss_place is not None and (watched := find(request)) is not None:
            if type(watched) is Stream and watched.noted:
                return recorded.serve_here(self, watched)
            return pipeline.serve(self, watched)
        self.finish_request(request, client_address)
        return self.shutdown_request(request)

    def server_close(self) -> None:
        """Give back what the server holds; for subclasses."""

    def _ss_stop_serving(self) -> None:
        """The listener goes: a loop that went on would spin on a dead descriptor, or on somebody else's."""
        if self._ss_loops:
            self._BaseServer__shutdown_request = True
        open_gates(self._ss_waiting)
        if self._ss_limiter is not None:
            self._ss_limiter.end()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Make the handler, whose constructor does the work."""
        if self._ss_place is not None:
            watched = current.get(get_ident())
            if watched is None or watched.given is not request:
                watched = find(request)
                if watched is not None and watched.stage < FINISH_REQUEST:  # called by user code
                    return pipeline.finish_for_user(watched, self.RequestHandlerClass, request, client_address, self)
        self.RequestHandlerClass(request, client_address, self)  # type: ignore[arg-type]  # mypy forgets who Self is
        return None

    def shutdown_request(self, request: Any) -> None:
        """End a request that has been served."""
        if self._ss_place is None or not self._ss_shut_for_user(request):
            self.close_request(request)

    def _ss_shut_for_user(self, request: Any) -> bool:
        """Time a `shutdown_request` that user code called. False if a call site of ours does it already."""
        watched = find(request)
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
