"""The handlers' base classes: setup, handle, finish."""

from __future__ import annotations

import socket
import sys
from io import BufferedIOBase, BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from ..observe.live import current, get_ident
from ..observe.request import now
from . import handling, pipeline
from .base import BaseServer
from .pipeline import FINISH_REQUEST

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from ..observe.request import Request


class BaseRequestHandler:
    """Made for one request; the constructor does all the work."""

    request: Any
    client_address: Any
    server: BaseServer

    def __init__(self, request: Any, client_address: Any, server: BaseServer) -> None:
        self.request = request
        self.client_address = client_address
        self.server = server
        watched = current.get(get_ident()) if current else None
        if watched is not None and watched.stage is FINISH_REQUEST and watched.hooks.server is server:
            return _run_handler(watched, self)
        self.setup()
        try:
            self.handle()
        finally:
            self.finish()
        return None

    def setup(self) -> None:
        """Before `handle`; if it raises, neither `handle` nor `finish` is called."""

    def handle(self) -> None:
        """Serve the request."""

    def finish(self) -> None:
        """After `handle`, however that ended."""


def _run_handler(watched: Request, handler: BaseRequestHandler) -> None:
    if watched.steps:
        handling.run_handler(watched, handler, watched.spot, now())
    else:
        pipeline.run_handler(watched, handler)


def is_bare(handler: Any) -> bool:
    """Whether making this handler does what BaseRequestHandler does, and nothing else."""
    return (
        type(handler) is type
        and issubclass(handler, BaseRequestHandler)
        and handler.__init__ is BaseRequestHandler.__init__
        and handler.__new__ is object.__new__
    )


class StreamRequestHandler(BaseRequestHandler):
    """Reads and writes a connection as files.

    `rbufsize` and `wbufsize` are buffer sizes in bytes (-1: the default; `wbufsize` 0: each write is sent at once),
    `timeout` is the connection's, in seconds.
    """

    rbufsize: int = -1
    wbufsize: int = 0
    timeout: float | None = None
    disable_nagle_algorithm: bool = False

    connection: socket.socket
    rfile: BinaryIO
    wfile: BinaryIO

    def setup(self) -> None:
        """Open `rfile` and `wfile`."""
        self.connection = self.request
        if self.timeout is not None:
            self.connection.settimeout(self.timeout)
        if self.disable_nagle_algorithm:
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self.rfile = self.connection.makefile("rb", self.rbufsize)  # type: ignore[assignment]  # of an unknown size
        if self.wbufsize == 0:
            self.wfile = _SocketWriter(self.connection)  # type: ignore[assignment]  # as far as it goes
        else:
            self.wfile = self.connection.makefile("wb", self.wbufsize)  # type: ignore[assignment]

    def finish(self) -> None:
        """Send what is buffered, and close both files."""
        if not self.wfile.closed:
            try:  # noqa: SIM105  # `suppress` costs a forked child more: each page of memory that it touches first
                self.wfile.flush()
            except OSError:
                pass  # that the client has gone is no news at this point
        self.wfile.close()
        self.rfile.close()


class _SocketWriter(BufferedIOBase):
    """A writable file without buffer: each write is sent whole before it returns."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def writable(self) -> bool:
        """True."""
        return True

    def write(self, b: ReadableBuffer) -> int:
        """Send all of `b`; returns its size in bytes."""
        self._sock.sendall(b)
        with memoryview(b) as view:
            return view.nbytes

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._sock.fileno()


class DatagramRequestHandler(BaseRequestHandler):
    """Reads a datagram as a file; what is written is sent back as one datagram, even if it is nothing.

    Unless the server's `reply_when_empty` is False: then nothing is sent where nothing was written, or where the client
    has no address to send to (a Unix socket that was not bound). And unless its `reply_when_failed` is False: then
    nothing is sent where `handle` has raised.
    """

    packet: bytes
    socket: socket.socket
    rfile: BytesIO
    wfile: BytesIO
    _ss_beside: BaseException | None = None
    """What was being handled already when this request came."""

    def setup(self) -> None:
        """Open `rfile` on the datagram, and `wfile` on the answer."""
        self._ss_beside = sys.exception()
        self.packet, self.socket = self.request
        self.rfile = BytesIO(self.packet)
        self.wfile = BytesIO()

    def finish(self) -> None:
        """Send the answer."""
        answer = self.wfile.getvalue()
        if sys.exception() is not self._ss_beside and not getattr(self.server, "reply_when_failed", True):
            return
        if (answer and self.client_address) or getattr(self.server, "reply_when_empty", True):
            self.socket.sendto(answer, self.client_address)
