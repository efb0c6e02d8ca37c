"""The hardened profile: the defaults that socketserver would have, had it been made for strangers and for crowds."""

from __future__ import annotations

import os
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, TypeVar

from ..observe import live
from ..observe.stages import Stage
from . import pipeline
from .base import BaseServer
from .datagrams import DONTWAIT
from .listening import check_seconds

if TYPE_CHECKING:
    from .tcp import TCPServer as _Server
else:
    _Server = object  # a mix-in: its `super()` is the server that it is mixed into

SHUTDOWN_REQUEST = Stage.SHUTDOWN_REQUEST
_PIECE = 1 << 16
_INTERNET = (socket.AF_INET, socket.AF_INET6)
_INHERITS = sys.platform != "linux"
"""Whether a connection does not block either if its listener does not."""

Server = TypeVar("Server", bound=BaseServer)


class HardenedMixIn(_Server):
    """Mix in first: what a server should do that nobody relied on before.

    A queue for bursts of clients; small answers sent at once (TCP_NODELAY); a listener that never blocks, on an address
    that is free again as soon as its server has closed; a goodbye that waits until the client has read its answer
    (bounded, and in a worker); no datagram for an answer where nothing was written, or the handler has failed; a Unix
    socket's file that goes when the server closes, and one that a server left behind that was killed is replaced. A
    handler's SystemExit ends its request, not the server, whatever thread it runs in.
    """

    request_queue_size: int = 1024
    unlink_on_close: bool = True
    replace_stale: bool = True
    reply_when_empty: bool = False
    reply_when_failed: bool = False
    linger_timeout: float = 1.0
    """Seconds, at most, that a served connection is kept for its client to finish; 0: not at all."""
    linger_bytes: int = 1 << 20
    """Bytes, at most, that are read meanwhile and thrown away."""
    _ss_accepting_pid = 0
    _ss_receive_flags = DONTWAIT

    def _ss_set_options(self) -> None:
        # Elsewhere, and for datagrams, the option lets others have the address as well.
        if os.name == "posix" and self.socket_type == socket.SOCK_STREAM and self.address_family in _INTERNET:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        super()._ss_set_options()

    def server_activate(self) -> None:
        """Listen, without ever blocking in `accept`, and with TCP_NODELAY, which connections inherit."""
        if self.linger_timeout:
            check_seconds("linger_timeout", self.linger_timeout)
        if type(self.linger_bytes) is not int or self.linger_bytes < 0:
            raise ValueError(f"linger_bytes must be a number of bytes from 0 on, not {self.linger_bytes!r}")
        self._ss_accepting_pid = os.getpid()
        if self.socket_type == socket.SOCK_STREAM:
            if self.address_family in _INTERNET:
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # Of the descriptor only: a timeout of the socket's would be that of `handle_request`.
            os.set_blocking(self.socket.fileno(), False)
        super().server_activate()

    if _INHERITS:  # else left alone: pools have faster ways where nobody overrides it

        def get_request(self) -> tuple[Any, Any]:
            """Accept, or receive."""
            request, client_address = super().get_request()
            if isinstance(request, socket.socket):
                os.set_blocking(request.fileno(), True)
            return request, client_address

    def shutdown_request(self, request: Any) -> None:
        """Say goodbye, let the client finish, close: what it still sends would else destroy the answer on its way."""
        if self.socket_type != socket.SOCK_STREAM or not self.linger_timeout or self._ss_is_accepting():
            return super().shutdown_request(request)
        watched = live.requests.get(request) if self._ss_place is not None else None
        if watched is not None and watched.stage is not SHUTDOWN_REQUEST:
            return pipeline.shut_for_user(watched, self.shutdown_request, request)
        linger(request, self.linger_timeout, self.linger_bytes)
        return super().shutdown_request(request)

    def _ss_ends_loop(self, error: BaseException) -> bool:
        return not isinstance(error, Exception | SystemExit)

    def _ss_is_accepting(self) -> bool:
        """Whether this is the accepting thread of a server that has workers: others must not wait for one client."""
        return (
            self._ss_serving == live.get_ident()
            and self._ss_accepting_pid == os.getpid()
            and type(self).process_request is not BaseServer.process_request
        )


def linger(request: socket.socket, timeout: float, limit: int) -> None:
    """Half-close, and read what the client still sends until it closes, too; `timeout` seconds or `limit` bytes."""
    deadline = time.monotonic() + timeout
    try:
        request.shutdown(socket.SHUT_WR)
        while limit > 0 and timeout > 0:
            request.settimeout(timeout)
            # Past the tap and TLS: nobody reads this.
            size = len(socket.socket.recv(request, min(limit, _PIECE)))
            if not size:
                return
            limit -= size
            timeout = deadline - time.monotonic()
    except OSError:
        return  # it has gone, or takes too long


_hardened: dict[type, type] = {}


def harden(server_class: type[Server]) -> type[Server]:
    """`server_class` with the hardened profile; its own settings give way to it, those of its subclasses count."""
    given: Any = server_class
    if not (isinstance(given, type) and issubclass(given, BaseServer)):
        raise TypeError(f"server_class must be a server class of this package, not {server_class!r}")
    if issubclass(server_class, HardenedMixIn):
        return server_class
    if server_class not in _hardened:
        members = {"__module__": server_class.__module__, "__doc__": server_class.__doc__}
        _hardened[server_class] = type(f"Hardened{server_class.__name__}", (HardenedMixIn, server_class), members)
    return _hardened[server_class]
