"""Sockets whose bytes pass through somebody's hands: the tapped class of a socket, with a stop before each call.

What is read goes first through `read` of the one who acts, what is written through `write`. A socket becomes one by a
change of its class, and stays the same object; nothing of this exists on servers where nobody acts.
"""

from __future__ import annotations

import socket
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from ..observe import live

if TYPE_CHECKING:
    from ..observe.request import Request


class Hands(Protocol):
    """Whose hands the bytes pass through. The callables do the socket's own call, which its tap reports."""

    def read(self, request: Request, size: int, receive: Callable[[int], bytes]) -> bytes:
        """At most `size` bytes for the handler."""

    def write(self, request: Request, data: bytes, send: Callable[[bytes], Any]) -> None:
        """The handler has written `data`, all of which counts as sent afterwards."""

    def takes(self, request: Request, size: int) -> int:
        """How many of so many bytes one `send` takes."""


hands: weakref.WeakKeyDictionary[Request, Hands] = weakref.WeakKeyDictionary()
"""Through whose hands the bytes of a request pass, as long as it lives: also when nobody acts on others any more."""

_classes: dict[type[socket.socket], type[socket.socket]] = {}
_BENEATH = "_socketscope_beneath"
_PEEK = int(socket.MSG_PEEK)


def interpose(request: Request, by: Hands) -> None:
    """Let the bytes of a request, whose socket is tapped, pass through `by`."""
    sock = request.given[1] if isinstance(request.given, tuple) else request.given
    if not isinstance(sock, socket.socket):
        return
    hands[request] = by
    cls = type(sock)
    if not hasattr(cls, _BENEATH):
        if cls not in _classes:
            _classes[cls] = _make(cls)
        sock.__class__ = _classes[cls]


def beneath(sock: Any) -> Any:
    """The class whose calls pass through nobody's hands, and are still reported."""
    return getattr(type(sock), _BENEATH, type(sock))


def send_all(sock: Any, data: bytes, flags: int = 0) -> None:
    """Send past whoever acts: the tap reports it. TLS sockets send all by their own `send`, which would be ours."""
    cls = beneath(sock)
    if not hasattr(cls, "do_handshake"):
        cls.sendall(sock, data, flags)
        return
    sent = 0
    while sent < len(data):
        sent += cls.send(sock, data[sent:], flags)


def _acting(sock: Any) -> tuple[Request, Hands] | None:
    request = live.owner(sock)
    by = hands.get(request) if request is not None else None
    return None if request is None or by is None else (request, by)


def _make(cls: type[socket.socket]) -> type[socket.socket]:
    members = {"__slots__": (), _BENEATH: cls, "__module__": cls.__module__, "__qualname__": cls.__qualname__}
    return type(cls.__name__, (cls,), members | _reading(cls) | _writing(cls))


def _reading(cls: type[socket.socket]) -> dict[str, Callable[..., Any]]:
    def recv(self: socket.socket, bufsize: int, flags: int = 0, /) -> bytes:
        acting = None if flags & _PEEK else _acting(self)
        if acting is None or isinstance(acting[0].given, tuple):
            return cls.recv(self, bufsize, flags)
        request, by = acting
        return by.read(request, bufsize, lambda size: cls.recv(self, size, flags))

    def recv_into(self: socket.socket, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        acting = None if flags & _PEEK else _acting(self)
        if acting is None or isinstance(acting[0].given, tuple):
            return cls.recv_into(self, buffer, nbytes, flags)
        request, by = acting
        with memoryview(buffer) as view, view.cast("B") as target:
            data = by.read(request, nbytes or target.nbytes, lambda size: cls.recv(self, size, flags))
            target[: len(data)] = data
        return len(data)

    return {"recv": recv, "recv_into": recv_into}


def _writing(cls: type[socket.socket]) -> dict[str, Callable[..., Any]]:
    def send(self: socket.socket, data: Any, flags: int = 0, /) -> int:
        acting = _acting(self)
        if acting is None:
            return cls.send(self, data, flags)
        request, by = acting
        plain = bytes(data)
        plain = plain[: by.takes(request, len(plain))]
        by.write(request, plain, lambda changed: send_all(self, changed, flags))
        return len(plain)

    def sendall(self: socket.socket, data: Any, flags: int = 0, /) -> None:
        acting = _acting(self)
        if acting is None:
            return cls.sendall(self, data, flags)
        return acting[1].write(acting[0], bytes(data), lambda changed: send_all(self, changed, flags))

    def sendto(self: socket.socket, data: Any, *where: Any) -> int:
        acting = _acting(self)
        if acting is None:
            return cls.sendto(self, data, *where)
        plain = bytes(data)
        acting[1].write(acting[0], plain, lambda changed: cls.sendto(self, changed, *where))
        return len(plain)

    return {"send": send, "sendall": sendall, "sendto": sendto}
