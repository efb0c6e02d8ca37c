"""TCPServer: a listening socket."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..observe import live
from ..observe.stages import Stage
from . import pipeline
from .base import BaseServer

if TYPE_CHECKING:
    from typing import Self

SHUTDOWN_REQUEST = Stage.SHUTDOWN_REQUEST
_INTERNET = (socket.AF_INET, socket.AF_INET6)


class TCPServer(BaseServer):
    """Serves the connections of a stream socket, one after the other.

    Class attributes are read when the server is made, but for `timeout`. Raises OSError, OverflowError, TypeError or
    socket.gaierror for an address that cannot be bound; then nothing is left open.
    """

    address_family: int = socket.AF_INET
    socket_type: int = socket.SOCK_STREAM
    request_queue_size: int = 5
    allow_reuse_address: bool = False
    allow_reuse_port: bool = False

    socket: socket.socket

    def __init__(
        self,
        server_address: Any,
        RequestHandlerClass: Callable[[Any, Any, Self], Any],
        bind_and_activate: bool = True,
    ) -> None:
        super().__init__(server_address, RequestHandlerClass)
        self.socket = socket.socket(self.address_family, self.socket_type)
        if not bind_and_activate:
            return
        try:
            self.server_bind()
            self.server_activate()
        except BaseException:
            self.server_close()
            raise
        self._announce()

    def server_bind(self) -> None:
        """Bind, and learn the address that it came to be."""
        if self.allow_reuse_address and hasattr(socket, "SO_REUSEADDR"):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Unix sockets never knew the option, and Linux has come to say so.
        if self.allow_reuse_port and hasattr(socket, "SO_REUSEPORT") and self.address_family in _INTERNET:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def server_activate(self) -> None:
        """Listen."""
        self.socket.listen(self.request_queue_size)

    def server_close(self) -> None:
        """Close the listener. A loop that still serves ends."""
        self._stop_serving()
        self.socket.close()
        if self._place is not None:
            self._place.stopped()

    def fileno(self) -> int:
        """The listener's descriptor, for selectors."""
        return self.socket.fileno()

    def get_request(self) -> tuple[Any, Any]:
        """Accept: the connected socket, and the client's address."""
        return self.socket.accept()

    def shutdown_request(self, request: Any) -> None:
        """Say goodbye to the client and close its socket."""
        watched = live.requests.get(request) if self._place is not None else None
        if watched is not None and watched.stage is not SHUTDOWN_REQUEST:
            return pipeline.shut_for_user(watched, self.shutdown_request, request)
        try:  # noqa: SIM105  # `suppress` costs as much as the call
            request.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has gone already
        return self.close_request(request)

    def close_request(self, request: Any) -> None:
        """Close the client's socket."""
        request.close()
