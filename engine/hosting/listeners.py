"""What the kernel tells of sockets that listen, whoever's they are: where, and how full their accept queues are. Linux.

It is asked over netlink (sock_diag), which needs no rights, and nothing of the process that has the socket.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from ..observe.addresses import address_text
from ..servers.backlog import AcceptQueue, drops_in

_NETLINK = getattr(socket, "AF_NETLINK", None)
_SOCK_DIAG, _BY_FAMILY = 4, 20
_ERROR, _DONE = 2, 3
_ASK, _DUMP = 0x001, 0x301
_LISTEN = 10
_STATES = 1 << _LISTEN
_ANY_COOKIE = b"\xff" * 8
_NAME, _LENGTHS = 0, 4
"""Attributes of a Unix socket, and the bits by which they are asked for."""
_SHOW = 1 << _NAME | 1 << _LENGTHS
_HEAD = Struct("=IHHII")
_UNIX_QUESTION, _UNIX_ANSWER = Struct("=BBHIII8s"), Struct("=BBBBI8s")
_INET_QUESTION, _INET_ANSWER = Struct("=BBBxIH46x"), Struct("=BBxxH2x16s16x12x4xIIII")
_MEMORY = 7
"""An attribute of a TCP socket."""
_ATTRIBUTE, _PAIR = Struct("=HH"), Struct("=II")
_BUFFER = 1 << 16
_PATIENCE = 0.2
"""s. The kernel answers at once."""


class Listener(NamedTuple):
    """A stream socket that listens. `address` as address_text writes it."""

    inode: int
    address: str
    queue: AcceptQueue


class Listeners:
    """Asks the kernel. What it does not tell, or not this process, is not there."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        if _NETLINK is not None:
            with contextlib.suppress(OSError):
                self._socket = socket.socket(_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG)
                self._socket.settimeout(_PATIENCE)

    def close(self) -> None:
        """Ask no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def at(self, transport: str, address: str) -> list[Listener]:
        """Those that listen there: more than one if they share a port, or are relative paths of different folders."""
        found = self._unix() if transport == "unix" else self._tcp(address) if transport == "tcp" else ()
        return [one for one in found if one.address == address]

    def unix_queue(self, inode: int) -> AcceptQueue | None:
        """That of a Unix socket; None if it does not listen or is gone."""
        question = _UNIX_QUESTION.pack(socket.AF_UNIX, 0, 0, 0, inode & 0xFFFFFFFF, _SHOW, _ANY_COOKIE)
        return next((one.queue for one in map(_unix_listener, self._ask(question, _ASK)) if one is not None), None)

    def _unix(self) -> Iterator[Listener]:
        question = _UNIX_QUESTION.pack(socket.AF_UNIX, 0, 0, _STATES, 0, _SHOW, _ANY_COOKIE)
        return (one for one in map(_unix_listener, self._ask(question, _DUMP)) if one is not None)

    def _tcp(self, address: str) -> Iterator[Listener]:
        port = address.rpartition(":")[2]
        if not port.isascii() or not port.isdigit() or int(port) > 0xFFFF:
            return
        for family in (socket.AF_INET6,) if address.startswith("[") else (socket.AF_INET, socket.AF_INET6):
            extra = 1 << _MEMORY - 1
            question = _INET_QUESTION.pack(family, socket.IPPROTO_TCP, extra, _STATES, socket.htons(int(port)))
            yield from map(_tcp_listener, self._ask(question, _DUMP))

    def _ask(self, question: bytes, flags: int) -> list[bytes]:
        """The answers; none if the kernel has none, or does not know the question."""
        if self._socket is None:
            return []
        found: list[bytes] = []
        try:
            self._socket.send(_HEAD.pack(_HEAD.size + len(question), _BY_FAMILY, flags, 0, 0) + question)
            while not _take(self._socket.recv(_BUFFER), found) and flags == _DUMP:
                pass
        except (OSError, struct.error):
            return []
        return found


def _take(data: bytes, found: list[bytes]) -> bool:
    """Take the messages of one packet; whether there is nothing more to come."""
    at = 0
    while at < len(data):
        size, kind, *_ = _HEAD.unpack_from(data, at)
        if kind in (_DONE, _ERROR) or size < _HEAD.size:
            return True
        found.append(data[at + _HEAD.size : at + size])
        at += (size + 3) & ~3
    return False


def _tcp_listener(message: bytes) -> Listener:
    family, _, port, source, depth, limit, _, inode = _INET_ANSWER.unpack_from(message)
    host = socket.inet_ntop(family, source[:4] if family == socket.AF_INET else source)
    more = () if family == socket.AF_INET else (0, 0)
    told = dict(_attributes(message[_INET_ANSWER.size :]))
    queue = AcceptQueue(depth, limit, drops_in(told.get(_MEMORY, b"")))
    return Listener(inode, address_text((host, socket.ntohs(port), *more)), queue)


def _unix_listener(message: bytes) -> Listener | None:
    _, kind, state, _, inode, _ = _UNIX_ANSWER.unpack_from(message)
    told = dict(_attributes(message[_UNIX_ANSWER.size :]))
    if kind != socket.SOCK_STREAM or state != _LISTEN or _LENGTHS not in told:
        return None
    name = told.get(_NAME, b"")
    address = address_text(name) if name.startswith(b"\0") else os.fsdecode(name.rstrip(b"\0"))
    return Listener(inode, address, AcceptQueue(*_PAIR.unpack_from(told[_LENGTHS])))


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        size, kind = _ATTRIBUTE.unpack_from(data, at)
        if size < _ATTRIBUTE.size:
            return
        yield kind, data[at + _ATTRIBUTE.size : at + size]
        at += (size + 3) & ~3


def shares_network(pid: int) -> bool:
    """Whether a process is in our network namespace: what listens in another one is not among what is told here."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net") == os.readlink("/proc/self/ns/net")
    except OSError:
        return False


def inodes_of(pid: int) -> set[int]:
    """The sockets that a process has open; none if it is not ours to look at."""
    found = set()
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError, ValueError):
                kind, _, inode = os.readlink(f"/proc/{pid}/fd/{name}").partition(":")
                if kind == "socket":
                    found.add(int(inode.strip("[]")))
    return found
