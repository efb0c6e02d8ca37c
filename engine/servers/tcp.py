"""TCPServer: a listening socket."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..observe.live import requests
from ..observe.stages import Stage
from . import listening, pipeline
from .accepting import accept
from .base import BaseServer
from .handlers import BaseRequestHandler, StreamRequestHandler, is_bare

if TYPE_CHECKING:
    import ssl
    from socket import socket as Socket  # noqa: N812  # the class has a member of that name
    from typing import Self

    from .certificates import Certificate
    from .tls import Security

SHUTDOWN_REQUEST = Stage.SHUTDOWN_REQUEST
_INTERNET = (socket.AF_INET, socket.AF_INET6)


class TCPServer(BaseServer):
    """Serves the connections of a stream socket, one after the other.

    Class attributes are read when the server is made, but for `timeout`. Raises OSError, OverflowError, TypeError or
    socket.gaierror for an address that cannot be bound; then nothing is left open. An `address_family` of AF_UNSPEC is
    chosen by the address.

    With an `ssl_context`, an `ssl.SSLContext` or a `Certificate`, it speaks TLS. The handshake is made by the worker;
    a server without mix-in is its own worker, and waits for it. `dual_stack` serves IPv4 and IPv6 through one socket.
    """

    address_family: int = socket.AF_INET
    socket_type: int = socket.SOCK_STREAM
    request_queue_size: int = 5
    allow_reuse_address: bool = False
    allow_reuse_port: bool = False

    ssl_context: ssl.SSLContext | Certificate | None = None
    handshake_timeout: float | None = 10.0
    """Seconds that a client has for the TLS handshake; None: as long as it likes."""
    dual_stack: bool = False

    socket: socket.socket
    _ss_security: Security | None = None
    _ss_adopted = False
    """Whether the socket was made, and bound, by somebody else."""

    def __init__(
        self,
        server_address: Any,
        RequestHandlerClass: Callable[[Any, Any, Self], Any],
        bind_and_activate: bool = True,
        *,
        ssl_context: ssl.SSLContext | Certificate | None = None,
        dual_stack: bool | None = None,
    ) -> None:
        if ssl_context is not None:
            self.ssl_context = ssl_context
        if dual_stack is not None:
            self.dual_stack = dual_stack
        if self.ssl_context is not None:
            self._ss_secure(self.ssl_context)
        super().__init__(server_address, RequestHandlerClass)
        if self.dual_stack or self.address_family == socket.AF_UNSPEC:
            self.address_family, self.server_address = listening.family_of(self)
        self.socket = socket.socket(self.address_family, self.socket_type)
        if not bind_and_activate:
            return
        try:
            self.server_bind()
            self.server_activate()
        except BaseException:
            self.server_close()
            raise
        self._ss_announce()

    def _ss_secure(self, given: ssl.SSLContext | Certificate) -> None:
        from . import tls  # which loads OpenSSL: not for those who serve without it

        if self.socket_type != socket.SOCK_STREAM:
            raise ValueError(f"ssl_context: {type(self).__name__} serves datagrams, and TLS needs a stream.")
        listening.check_seconds("handshake_timeout", self.handshake_timeout)
        self._ss_security = tls.Security(given)
        tls.secure(self, self._ss_security)

    @classmethod
    def from_socket(cls, sock: Socket, RequestHandlerClass: Callable[[Any, Any, Self], Any], **keywords: Any) -> Self:
        """A server on a socket that is bound already; it listens, unless it does already, and owns the socket now.

        `keywords` are for the constructor. Raises TypeError or ValueError for a socket that does not fit; then it is
        still the caller's.
        """
        listening.check_socket(cls, sock)
        handler: Any = RequestHandlerClass
        server = cls(sock.getsockname(), handler, bind_and_activate=False, **keywords)
        listening.adopt(server, sock)
        return server

    @classmethod
    def from_fd(cls, fd: int, RequestHandlerClass: Callable[[Any, Any, Self], Any], **keywords: Any) -> Self:
        """As `from_socket`, of a descriptor that was inherited. Raises ValueError if there is no socket behind it."""
        return listening.from_fd(cls, fd, RequestHandlerClass, keywords)

    @classmethod
    def from_systemd(
        cls, RequestHandlerClass: Callable[[Any, Any, Self], Any], name: str | None = None, **keywords: Any
    ) -> Self:
        """As `from_socket`, of the socket that systemd has passed, by its FileDescriptorName if there are several.

        Raises ValueError with a sentence if there is none, or more than one, of that name that fits this class.
        """
        return listening.from_fd(cls, listening.systemd_fd(cls, name), RequestHandlerClass, keywords)

    def reload_certificate(self) -> None:
        """Read the files of the `Certificate` again, for connections to come; changed files are noticed anyway.

        Raises ValueError if they cannot be used (then the old ones stay), or if the server has no `Certificate`.
        """
        if self._ss_security is None:
            raise ValueError("This server speaks no TLS; make it with an ssl_context.")
        self._ss_security.reload()

    def server_bind(self) -> None:
        """Bind, and learn the address that it came to be."""
        if not self._ss_adopted:
            self._ss_set_options()
            self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        if self.allow_reuse_port and self.address_family in _INTERNET:
            listening.warn_of_sharing(self.socket)

    def _ss_set_options(self) -> None:
        if self.allow_reuse_address and hasattr(socket, "SO_REUSEADDR"):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Unix sockets never knew the option, and Linux has come to say so.
        if self.allow_reuse_port and hasattr(socket, "SO_REUSEPORT") and self.address_family in _INTERNET:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if self.dual_stack and self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)

    def server_activate(self) -> None:
        """Listen."""
        if not (self._ss_adopted and listening.listens(self.socket)):
            self.socket.listen(self.request_queue_size)

    def server_close(self) -> None:
        """Close the listener. A loop that still serves ends."""
        self._ss_stop_serving()
        self.socket.close()
        if self._ss_place is not None:
            self._ss_place.stopped()

    def fileno(self) -> int:
        """The listener's descriptor, for selectors."""
        return self.socket.fileno()

    def _ss_bare_handler(self) -> Any:
        cls, own = type(self), self.__dict__
        make: Any = self.RequestHandlerClass
        plain = all(getattr(cls, step) is usual and step not in own for step, usual in _PLAIN.items())
        return make if plain and is_bare(make) and make.setup in _SETUPS else None

    def get_request(self) -> tuple[Any, Any]:
        """Accept: the connected socket, and the client's address."""
        return accept(self.socket)

    def shutdown_request(self, request: Any) -> None:
        """Say goodbye to the client and close its socket."""
        if self._ss_place is not None:
            watched = requests.get(request)
            if watched is not None and watched.stage is not SHUTDOWN_REQUEST:
                return pipeline.shut_for_user(watched, self.shutdown_request, request)
        try:  # noqa: SIM105  # `suppress` costs as much as the call
            request.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has gone already
        return self.close_request(request)

    def close_request(self, request: Any) -> None:
        """Close the client's socket."""
        self._ss_open.pop(id(request), None)
        request.close()


_SETUPS = (BaseRequestHandler.setup, StreamRequestHandler.setup)
"""Which neither crash nor hang: who has come to one of them has come to `handle`."""
_PLAIN = {step: getattr(TCPServer, step) for step in ("finish_request", "shutdown_request", "close_request")}
