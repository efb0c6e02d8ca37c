"""Addresses and transports as text: `127.0.0.1:9009`, `[::1]:9009`, `/run/ctl.sock`, `@abstract`."""

from __future__ import annotations

import os
import socket
import struct
from typing import Any, NamedTuple

_UNIX = getattr(socket, "AF_UNIX", None)
_PEERCRED = getattr(socket, "SO_PEERCRED", None)
_CREDENTIALS = struct.Struct("iII")

_MAPPED = "::ffff:"
"""How IPv6 writes the IPv4 address of a client of a dual-stack server."""


def address_text(address: Any) -> str:
    """An address of any family as people write it; "" for none."""
    if type(address) is tuple and len(address) >= 2:
        host, port = address[0], address[1]
        if len(address) == 2:
            return f"{host}:{port}"
        return f"{host[len(_MAPPED) :]}:{port}" if host.startswith(_MAPPED) and "." in host else f"[{host}]:{port}"
    if isinstance(address, bytes):
        text = address.decode("utf-8", "backslashreplace")
        return "@" + text[1:] if text.startswith("\0") else text
    return "" if address is None else str(address)


def transport_of(family: int, kind: int) -> str:
    """One of tcp, udp, unix, unixgram."""
    stream = kind == socket.SOCK_STREAM
    if family == _UNIX:
        return "unix" if stream else "unixgram"
    return "tcp" if stream else "udp"


def peer_process(connection: socket.socket) -> str:
    """Who is at the other end of a Unix connection, which has no address: `pid 4711`, or "" where unknown.

    A user other than ours is told, too: `pid 4711, uid 33`.
    """
    if _PEERCRED is None:
        return ""
    try:
        pid, uid, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, _PEERCRED, 12))
    except OSError:
        return ""
    return f"pid {pid}" if uid == os.getuid() else f"pid {pid}, uid {uid}"


class PeerCredentials(NamedTuple):
    """The process at the other end of a Unix connection, as it was when it connected."""

    pid: int
    uid: int
    gid: int


def peer_credentials(connection: socket.socket) -> PeerCredentials | None:
    """As the kernel knows them; None where it does not tell."""
    if _PEERCRED is None:
        return None
    try:
        who = PeerCredentials(*_CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, _PEERCRED, 12)))
    except OSError:
        return None
    return who if who.pid > 0 else None  # no Unix connection has none


def is_wildcard(address: Any) -> bool:
    """Whether a server bound here cannot know a connection's local address without asking."""
    return isinstance(address, tuple) and bool(address) and address[0] in ("", "0.0.0.0", "::")
