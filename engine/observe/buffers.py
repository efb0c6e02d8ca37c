"""Bytes out of whatever a program hands to a socket, and how many of them a socket took before it failed."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from typing import Any

from .facts import Piece

_ACKED = struct.Struct("=Q")
_ACKED_AT = 120
"""Where Linux's `struct tcp_info` has the number of bytes that the other side has confirmed."""
_INFO_SIZE = _ACKED_AT + _ACKED.size
_QUEUED = struct.Struct("=i")


class Partial(bytes):
    """Bytes that stand for more than they are: `size` is the true number, `piece` says why."""

    size: int
    piece: Piece

    @classmethod
    def of(cls, data: bytes, size: int, piece: Piece) -> Partial:
        """`data`, as what is known of `size` bytes."""
        partial = cls(data)
        partial.size = size
        partial.piece = piece
        return partial


def view(buffer: Any, size: int) -> bytes:
    """The first `size` bytes of any buffer."""
    if type(buffer) is memoryview and buffer.format == "B" and buffer.ndim == 1:  # as files read
        return bytes(buffer[:size])
    with memoryview(buffer) as whole:
        return bytes(whole[:size]) if whole.format == "B" and whole.ndim == 1 else bytes(whole.cast("B")[:size])


def front(buffers: Iterable[Any], size: int) -> bytes:
    """The first `size` bytes of several buffers."""
    return b"".join(bytes(buffer) for buffer in buffers)[:size]


def taken(sock: socket.socket, data: Any, before: int) -> bytes:
    """What the system took of `data` when sending all of it failed, after `before` bytes of this connection.

    Nothing where it cannot be known: only Linux tells it, and of TCP.
    """
    count = _taken_in_all(sock)
    with memoryview(data) as whole:
        known = count is not None and 0 < count - before <= whole.nbytes
    return view(data, count - before) if known and count is not None else b""


def _taken_in_all(sock: socket.socket) -> int | None:
    """Bytes that this connection has confirmed, and those that still wait to be."""
    try:
        import fcntl
        import termios

        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_SIZE)
        queued: int = _QUEUED.unpack(fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(_QUEUED.size)))[0]
        acked: int = _ACKED.unpack_from(info, _ACKED_AT)[0]
    except (ImportError, AttributeError, OSError, struct.error):  # another system, another kind of socket, or closed
        return None
    return acked + queued
