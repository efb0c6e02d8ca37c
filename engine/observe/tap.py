"""Sockets that report their bytes: a socket's class is changed in place, so it stays the same object.

Reported: recv, recv_into, recvfrom, recvfrom_into, recvmsg, send, sendall, sendto, sendmsg, everything read and written
through `makefile`, and the size of what `sendfile` lets the kernel copy. Not seen: `os.read` and `os.write` on the
descriptor, and C code that uses it.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from typing import Any

from . import live
from .buffers import Partial, front, taken, view
from .facts import Outcome, Piece
from .request import Request, now, outcome_of
from .rows import PIECE

# Plain ints: arithmetic with members of an enumeration is slow.
_PEEK = int(socket.MSG_PEEK)
_TRUNC = int(getattr(socket, "MSG_TRUNC", 0))
_KERNEL_TELLS_SIZE = sys.platform == "linux"
_MARK = "_socketscope_original"

requests, current, get_ident = live.requests, live.current, live.get_ident

_classes: dict[type[socket.socket], type[socket.socket]] = {}
_loose_classes: dict[type[socket.socket], type[socket.socket]] = {}


def attach(sock: Any) -> bool:
    """Make a socket report; False if it is of a kind that cannot. Attached twice is attached once."""
    cls = type(sock)
    if hasattr(cls, _MARK):
        return True
    if not isinstance(sock, socket.socket):
        return False
    try:
        sock.__class__ = _tapped(cls)
    except TypeError:  # a class with a layout of its own
        return False
    return True


def detach(sock: Any) -> None:
    """Make a socket what it was before `attach`."""
    original = getattr(type(sock), _MARK, None)
    if original is not None:
        sock.__class__ = original


def loosen(sock: Any) -> None:
    """From now on the end of this socket is the end of its request, if nobody says otherwise."""
    original = getattr(type(sock), _MARK, None)
    if original is not None:
        sock.__class__ = _loosened(original)
        if sock.fileno() < 0:
            _over(sock)


def whole_or_cut(data: bytes, size: int) -> bytes:
    """A datagram of which the kernel says that it had `size` bytes (-1: it does not say)."""
    return Partial.of(data, size, Piece.TRUNCATED) if size > len(data) else data


def receive_datagram(sock: socket.socket, limit: int, flags: int = 0) -> tuple[bytes, Any, int]:
    """What `recvfrom` returns, and the datagram's true size where the kernel tells it, else -1."""
    if not _KERNEL_TELLS_SIZE or limit <= 0:
        return *socket.socket.recvfrom(sock, limit, flags), -1
    buffer = bytearray(limit)
    size, address = socket.socket.recvfrom_into(sock, buffer, limit, flags | _TRUNC)
    return bytes(buffer[:size]) if size < limit else bytes(buffer), address, size


def _received(sock: Any, data: bytes, began: int) -> None:
    """`data` came by a call that began then."""
    request = requests.get(sock) or live.owner(sock)
    if request is None:
        return
    if request.noted:
        request.heard(began, data)
    elif data or type(request.given) is tuple:
        at = now()
        request.took = at - began
        request.bytes_in += len(data)
        if request.hooks.received is not None:
            request.hooks.received(request, data, at)


def _waited_in_vain(sock: Any, began: int, error: OSError | None = None) -> None:
    """A call that began then has brought nothing. To ask whether there is something is no wait."""
    request = requests.get(sock)
    if request is not None and request.noted and not (isinstance(error, BlockingIOError) or sock.gettimeout() == 0):
        request.heard(began, b"")


def _sent(request: Request | None, data: Any, began: int) -> None:
    """`data` went by a call that began then."""
    if request is None:
        return
    if type(data) is not bytes and not isinstance(data, Partial):
        data = bytes(data)
    if type(data) is bytes and request.noted:
        request.said(began, data)
    else:
        request.speak_up()
        if isinstance(data, Partial):
            request.bytes_out += data.size
            request.unseen += data.size - len(data)
        else:
            request.bytes_out += len(data)
        at = now()
        request.took = at - began
        if request.hooks.sent is not None:
            request.hooks.sent(request, data, at)


def _troubled(sock: Any, error: OSError, data: Any = None) -> None:
    """`data` is what was to be sent whole: a part of it may have gone."""
    outcome: Outcome | None = outcome_of(error)
    request = live.owner(sock)
    if request is not None and data is not None and (part := taken(sock, data, request.bytes_out)):
        _sent(request, part, now())
    if request is not None and outcome is not None:
        request.speak_up()
        request.trouble = (outcome, request.bytes_in + request.bytes_out)


def _over(sock: Any) -> None:
    request = requests.get(sock)
    if request is not None and not request.held:
        request.close()


def _loosened(cls: type[socket.socket]) -> type[socket.socket]:
    """The class that reports, and closes its request when it is closed."""
    if cls not in _loose_classes:
        _loose_classes[cls] = _make_loosened(cls, _tapped(cls))
    return _loose_classes[cls]


def _make_loosened(cls: type[socket.socket], tapped: type[socket.socket]) -> type[socket.socket]:
    plain_close: Callable[..., None] = cls._real_close  # type: ignore[attr-defined]  # what `close` calls at the end

    def _real_close(self: socket.socket, *arguments: Any) -> None:
        plain_close(self, *arguments)
        _over(self)

    members = {"__slots__": (), "_real_close": _real_close, "__module__": cls.__module__}
    return type(cls.__name__, (tapped,), members)


def _tapped(cls: type[socket.socket]) -> type[socket.socket]:
    """The class that reports for sockets of class `cls`."""
    if cls not in _classes:
        _classes[cls] = _make_tapped(cls)
    return _classes[cls]


def _make_tapped(cls: type[socket.socket]) -> type[socket.socket]:
    members = {"__slots__": (), _MARK: cls, "__module__": cls.__module__, "__qualname__": cls.__qualname__}
    members |= _receiving(cls) | _receiving_more(cls) | _sending(cls) | _lifetime(cls)
    if hasattr(cls, "do_handshake"):
        del members["sendall"]  # TLS sockets send all through their own `send`, which reports
    return type(cls.__name__, (cls,), members)


def _receiving(cls: type[socket.socket]) -> dict[str, Callable[..., Any]]:
    plain_recv, plain_recv_into = cls.recv, cls.recv_into

    def recv(self: socket.socket, bufsize: int, flags: int = 0, /) -> bytes:
        began = now()
        try:
            data = plain_recv(self, bufsize, flags)
        except OSError as error:
            _waited_in_vain(self, began, error)
            _troubled(self, error)
            raise
        request = requests.get(self)
        if request is not None and request.noted and not flags and (data or bufsize):
            request.heard(began, data)
        elif data and not flags & _PEEK:
            _received(self, data, began)
        return data

    def recv_into(self: socket.socket, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        began = now()
        try:
            size = plain_recv_into(self, buffer, nbytes, flags)
        except OSError as error:
            _waited_in_vain(self, began, error)
            _troubled(self, error)
            raise
        if size and not flags & _PEEK:
            _received(self, view(buffer, size), began)
        elif not size and memoryview(buffer).nbytes:
            _waited_in_vain(self, began)
        return size

    return {"recv": recv, "recv_into": recv_into}


def _receiving_more(cls: type[socket.socket]) -> dict[str, Callable[..., Any]]:
    plain_recvfrom, plain_recvfrom_into = cls.recvfrom, cls.recvfrom_into

    def recvfrom(self: socket.socket, bufsize: int, flags: int = 0, /) -> tuple[bytes, Any]:
        began = now()
        data, address = plain_recvfrom(self, bufsize, flags)
        if not flags & _PEEK:
            _received(self, data, began)
        return data, address

    def recvfrom_into(self: socket.socket, buffer: Any, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
        began = now()
        size, address = plain_recvfrom_into(self, buffer, nbytes, flags)
        if not flags & _PEEK:
            _received(self, view(buffer, size), began)
        return size, address

    def recvmsg(self: socket.socket, bufsize: int, ancbufsize: int = 0, flags: int = 0, /) -> Any:
        began = now()
        answer = socket.socket.recvmsg(self, bufsize, ancbufsize, flags)
        if answer[0] and not flags & _PEEK:
            _received(self, answer[0], began)
        return answer

    def recvmsg_into(self: socket.socket, buffers: Any, ancbufsize: int = 0, flags: int = 0, /) -> Any:
        buffers = list(buffers)
        began = now()
        answer = socket.socket.recvmsg_into(self, buffers, ancbufsize, flags)
        if answer[0] and not flags & _PEEK:
            _received(self, front(buffers, answer[0]), began)
        return answer

    members: dict[str, Callable[..., Any]] = {"recvfrom": recvfrom, "recvfrom_into": recvfrom_into}
    if hasattr(socket.socket, "recvmsg") and cls.recvmsg is socket.socket.recvmsg:
        members |= {"recvmsg": recvmsg, "recvmsg_into": recvmsg_into}
    return members


def _sending(cls: type[socket.socket]) -> dict[str, Callable[..., Any]]:
    plain_send, plain_sendall, plain_sendto = cls.send, cls.sendall, cls.sendto

    def send(self: socket.socket, data: Any, flags: int = 0, /) -> int:
        began = now()
        try:
            size = plain_send(self, data, flags)
        except OSError as error:
            _troubled(self, error)
            raise
        _sent(live.owner(self), data if type(data) is bytes and len(data) == size else view(data, size), began)
        return size

    def sendall(self: socket.socket, data: Any, flags: int = 0, /) -> None:
        began = now()
        try:
            plain_sendall(self, data, flags)
        except OSError as error:
            _troubled(self, error, data)
            raise
        request = requests.get(self)
        if request is not None and request.noted and type(data) is bytes:
            request.said(began, data)
        else:
            _sent(request or live.owner(self), data, began)

    def sendto(self: socket.socket, data: Any, *where: Any) -> int:
        began = now()
        size = plain_sendto(self, data, *where)
        request = current.get(get_ident())
        if request is None or not request.quiet or request.via is not self or request.answers or size > PIECE:
            _sent(live.owner(self) or live.addressee(self, where[-1]), view(data, size), began)
            return size
        request.answers = [(now(), data if type(data) is bytes else view(data, size))]
        request.bytes_out = size
        return size

    def sendmsg(self: socket.socket, buffers: Any, ancdata: Any = (), flags: int = 0, address: Any = None, /) -> int:
        buffers = list(buffers)
        began = now()
        size = socket.socket.sendmsg(self, buffers, ancdata, flags, address)
        _sent(live.owner(self) or live.addressee(self, address), front(buffers, size), began)
        return size

    members: dict[str, Callable[..., Any]] = {"send": send, "sendall": sendall, "sendto": sendto}
    if hasattr(socket.socket, "sendmsg") and cls.sendmsg is socket.socket.sendmsg:
        members["sendmsg"] = sendmsg
    return members


def _lifetime(cls: type[socket.socket]) -> dict[str, Callable[..., Any]]:
    plain_sendfile = getattr(cls, "_sendfile_use_sendfile", None)

    def _sendfile_use_sendfile(self: socket.socket, file: Any, offset: int = 0, count: int | None = None) -> int:
        began = now()
        size: int = plain_sendfile(self, file, offset, count)  # type: ignore[misc]  # only installed if it is there
        if size:
            _sent(live.owner(self), Partial.of(b"", size, Piece.UNSEEN), began)
        return size

    def dup(self: socket.socket) -> socket.socket:
        twin = cls.dup(self)
        detach(twin)  # it may outlive the request
        return twin

    def __reduce_ex__(self: socket.socket, protocol: Any) -> Any:  # noqa: N807  # a member to be
        """As multiprocessing sends a socket of the original class to another process."""
        reduction = sys.modules.get("multiprocessing.reduction")
        reducers = getattr(getattr(reduction, "ForkingPickler", None), "_extra_reducers", {})
        reduce = reducers.get(cls)
        return reduce(self) if reduce is not None else cls.__reduce_ex__(self, protocol)

    members: dict[str, Callable[..., Any]] = {"dup": dup, "__reduce_ex__": __reduce_ex__}
    if plain_sendfile is not None:
        members["_sendfile_use_sendfile"] = _sendfile_use_sendfile
    return members


PlainSocket = socket.socket
TappedSocket = _tapped(PlainSocket)
