"""Connections that forked children hold, as their parent gets at them: by a copy of the descriptor, for a drain.

Linux lets a process copy a descriptor of its own child (pidfd_getfd). Where it does not, there is nothing to reach.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from .children import pidfd

_PIDFD_GETFD = 438
_SOCKET = "socket:["

Key = tuple[int, str]
"""Process, and what its system calls the socket."""


class Reach:
    """Copies of the children's sockets, kept only as long as the children have theirs."""

    def __init__(self, address: Any) -> None:
        """`address` is the server's: who has it as the local one is a client's connection."""
        self._address = address
        self._copies: dict[Key, socket.socket | None] = {}
        """None: no connection of a client."""

    def sockets(self, pids: Iterable[int]) -> dict[int, list[socket.socket]]:
        """The connections that these children hold now, by process."""
        there = {(pid, name): number for pid in pids for name, number in _sockets_of(pid)}
        for key in self._copies.keys() - there.keys():
            self._forget(key)
        for key in there.keys() - self._copies.keys():
            self._copies[key] = self._connection(key[0], there[key])
        found: dict[int, list[socket.socket]] = {}
        for (pid, _), copy in self._copies.items():
            if copy is not None and copy.fileno() >= 0:
                found.setdefault(pid, []).append(copy)
        return found

    def close(self) -> None:
        """Give the copies back."""
        for key in list(self._copies):
            self._forget(key)

    def _forget(self, key: Key) -> None:
        copy = self._copies.pop(key)
        if copy is not None:
            copy.close()

    def _connection(self, pid: int, number: int) -> socket.socket | None:
        descriptor = _copy(pid, number)
        if descriptor < 0:
            return None
        copy = socket.socket(fileno=descriptor)
        with suppress(OSError):
            copy.getpeername()
            if copy.type == socket.SOCK_STREAM and _same_place(copy.getsockname(), self._address):
                return copy
        copy.close()
        return None


def _sockets_of(pid: int) -> Iterator[tuple[str, int]]:
    folder = f"/proc/{pid}/fd"
    try:
        numbers = os.listdir(folder)
    except OSError:
        return
    for number in numbers:
        with suppress(OSError):
            name = os.readlink(f"{folder}/{number}")
            if name.startswith(_SOCKET):
                yield name, int(number)


def _copy(pid: int, number: int) -> int:
    """A descriptor for the same as the child's; -1 if there is none to be had."""
    child = pidfd(pid) if sys.platform == "linux" else None
    if child is None:
        return -1
    import ctypes  # dear to load, and few servers are ever drained

    try:
        return int(ctypes.CDLL(None).syscall(_PIDFD_GETFD, child, number, 0))
    except (OSError, AttributeError):
        return -1
    finally:
        os.close(child)


def _same_place(one: Any, other: Any) -> bool:
    """Whether these are the same path, or the same port: a listener's host may be any."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return bool(one[1] == other[1])
    return bool(one == other)
