"""Live connections: which there are, whether they are at rest, and how to end one from outside while it is served."""

from __future__ import annotations

import os
import select
import socket
import struct
import sys
from typing import TYPE_CHECKING, Any

from ..observe import live

if TYPE_CHECKING:
    from .base import BaseServer

_TCP_INFO = getattr(socket, "TCP_INFO", None) if sys.platform == "linux" else None
_BYTES_RECEIVED = 128
"""Offset of `tcpi_bytes_received` in Linux's struct tcp_info."""
_READ, _WRITE = 0, 1
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

# What to call on sockets of any class: a TLS socket's own `shutdown` would end its encryption, and go on in the clear.
_shutdown = socket.socket.shutdown


def connections_of(server: BaseServer) -> list[Any]:
    """The sockets of all connections that the server has accepted and that are still open."""
    place = server._ss_place
    known = [known() for known in list(server._ss_open.values())]
    if place is not None:
        known += [request.given for request in list(live.requests.values()) if request.place is place]
    listener = getattr(server, "socket", None)
    found = {id(one): one for one in known if one is not listener and is_open(one)}
    return list(found.values())


def forget_dead(server: BaseServer) -> None:
    """Drop what was closed without `close_request`, should it have been very much."""
    for key, known in list(server._ss_open.items()):
        if not is_open(known()):
            server._ss_open.pop(key, None)


def is_open(sock: Any) -> bool:
    """Whether it is a socket that nobody has closed."""
    return isinstance(sock, socket.socket) and sock.fileno() >= 0


def discard(request: Any) -> None:
    """Close a connection that `shutdown_request` has failed to close. Datagrams have none."""
    if not isinstance(request, tuple) and hasattr(request, "close"):
        request.close()


def signs_of_life(sock: socket.socket) -> tuple[bool, int]:
    """Whether something waits to be read, and how many bytes have ever come (0 where the system does not say)."""
    return _is_ready(sock, _READ), _received(sock)


def _received(sock: socket.socket) -> int:
    if _TCP_INFO is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return 0
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _BYTES_RECEIVED + 8)
    except OSError:
        return 0
    return int.from_bytes(info[_BYTES_RECEIVED:], sys.byteorder)


def user_of(sock: Any) -> object:
    """The id of the user at the other end of a Unix socket, None where the system does not say."""
    if not hasattr(socket, "SO_PEERCRED") or not isinstance(sock, socket.socket):
        return None
    try:
        return struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
    except OSError:
        return None


def end_reading(sock: Any) -> None:
    """From now on its worker reads as if the client had left; what it has to say, it still can."""
    _shut(sock, socket.SHUT_RD)


def close(sock: Any) -> None:
    """End the connection in both directions. Its worker notices at its next call, and closes the socket."""
    _shut(sock, socket.SHUT_RDWR)


def _shut(sock: Any, how: int) -> None:
    try:
        _shutdown(sock, how)
    except OSError:
        return  # it has gone already


def abort(sock: Any) -> None:
    """Reset the connection, so that the client cannot take what it got for the whole.

    The socket's descriptor stays open for its worker, who may be about to use it, but leads to a connection that has
    ended. What waits in a call on the old one is woken.
    """
    try:
        descriptor = sock.fileno()
        twin = socket.socket(fileno=os.dup(descriptor))
    except OSError:
        return
    with twin:
        ended, other = socket.socketpair()
        other.close()
        with ended:
            reset_on_close(twin)
            if sock.fileno() == descriptor:  # else its worker has closed it just now
                os.dup2(ended.fileno(), descriptor, inheritable=False)
        _shut(twin, socket.SHUT_RDWR if _unsent(twin) else socket.SHUT_RD)


def reset_on_close(sock: socket.socket) -> None:
    """Once all who have it have closed it, its client hears that the connection was cut, not that it ended."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    except OSError:
        return


def _unsent(sock: socket.socket) -> bool:
    """Whether somebody may be waiting in `send`: only then may the goodbye be said, for it cannot get through."""
    return not _is_ready(sock, _WRITE)


def _is_ready(sock: socket.socket, direction: int) -> bool:
    """At this moment. Not asked of the socket itself: one with a time limit would wait."""
    try:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(sock, (select.POLLIN, select.POLLOUT)[direction])
            return bool(poll.poll(0))
        return any(select.select([sock][direction:], [sock][:direction], [], 0))
    except (OSError, ValueError):
        return True  # it has been closed
