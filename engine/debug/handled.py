"""What is kept about one request while somebody acts on it, and the bytes that its handler is to see next."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from typing import Any

from ..observe import live
from ..observe.request import Request
from .interposed import beneath

HEARD = 64 << 10
"""Bytes from a request's beginning that conditions are asked about."""
PEEKED = 64 << 10
_PEEK = int(socket.MSG_PEEK) | int(getattr(socket, "MSG_DONTWAIT", 0))


class Handled:
    """One request in the hands of the one who acts."""

    __slots__ = ("_heard", "_swallow", "ended", "halting", "passed", "pending", "set_up", "stepping", "unread")

    def __init__(self) -> None:
        self._heard = bytearray()
        self._swallow = 0
        """So many bytes of the kernel have been replaced by `pending`."""
        self.pending = b""
        """Bytes that the handler is to read before those of the kernel."""
        self.unread = b""
        """Bytes that were looked at before the handler reads them."""
        self.stepping = False
        """To be held at the next stage."""
        self.halting = False
        """To be held at the next point, whatever it is."""
        self.ended = False
        """Dropped, reset, rejected or answered: the handler is to see nothing more of it."""
        self.set_up = False
        self.passed = ""
        """The stage before which it waited without its thread, and need not wait again."""

    def hear(self, data: bytes) -> None:
        """Remember what has been received."""
        if len(self._heard) < HEARD:
            self._heard += data[: HEARD - len(self._heard)]

    @property
    def read(self) -> bytes:
        """The beginning of what has been received."""
        return bytes(self._heard)

    def heard(self, request: Request) -> bytes:
        """What is known to have arrived, read or not."""
        return bytes(self._heard) + (b"" if isinstance(request.given, tuple) else self._peek(request))

    def at_stake(self, request: Request) -> bytes:
        """What has arrived and the handler has not read yet."""
        return request.given[0] if isinstance(request.given, tuple) else self.pending + self._peek(request)

    def _peek(self, request: Request) -> bytes:
        """What is in the kernel. With TLS that is not what the handler reads: nothing then."""
        sock = request.given
        if self._swallow or not isinstance(sock, socket.socket) or hasattr(sock, "do_handshake"):
            return b""
        try:
            return bytes(beneath(sock).recv(sock, PEEKED, _PEEK))
        except (OSError, ValueError):
            return b""

    def replace(self, request: Request, handler: Any, old: bytes, new: bytes) -> None:
        """The handler is to read `new` where it would have read `old`."""
        if isinstance(request.given, tuple):
            _replace_datagram(request, handler, new)
            return
        self._swallow += max(0, len(old) - len(self.pending))
        self.pending = new

    def receive(self, size: int, receive: Callable[[int], bytes]) -> bytes:
        """The next bytes of the kernel that have not been replaced."""
        while self._swallow:
            data = receive(self._swallow)
            self.hear(data)
            self._swallow = self._swallow - len(data) if data else 0
        data = receive(size) if not self.pending else b""
        self.hear(data)
        return data

    def source(self, receive: Callable[[int], bytes]) -> Callable[[int], bytes]:
        """`receive`, after the bytes that were looked at already."""

        def read(size: int) -> bytes:
            data, self.unread = self.unread[:size], self.unread[size:]
            return data or receive(size)

        return read

    def take(self, size: int) -> bytes:
        """At most so many of the pending bytes."""
        data, self.pending = self.pending[:size], self.pending[size:]
        return data


def _replace_datagram(request: Request, handler: Any, data: bytes) -> None:
    """A datagram came with its bytes: change them wherever the pipeline, or a handler that is set up, has them."""
    live.requests.pop(request.key, None)
    request.given = given = (data, request.given[1])
    request.key = id(given)
    live.requests[request.key] = request
    if handler is not None:
        handler.request = given
        if isinstance(getattr(handler, "rfile", None), io.BytesIO):
            handler.packet, handler.rfile = data, io.BytesIO(data)
