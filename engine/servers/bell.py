"""Calls a serving loop to look up; heard once, it is silent again."""

from __future__ import annotations

import socket
from contextlib import suppress


class Bell:
    """May be rung by any thread while it is open; else nothing happens."""

    __slots__ = ("_ends",)

    def __init__(self) -> None:
        self._ends: tuple[socket.socket, socket.socket] | None = None

    def open(self) -> None:
        """Take descriptors. Raises OSError if there are none."""
        self._ends = socket.socketpair()
        for end in self._ends:
            end.setblocking(False)

    def fileno(self) -> int:
        """What to select on; -1 when closed."""
        return self._ends[0].fileno() if self._ends is not None else -1

    def ring(self) -> None:
        """Make the descriptor readable."""
        ends = self._ends
        if ends is not None:
            with suppress(OSError):  # it rings already, or has just been closed
                ends[1].send(b"\0")

    def clear(self) -> None:
        """Heard."""
        if self._ends is not None:
            with suppress(BlockingIOError):
                self._ends[0].recv(4096)

    def close(self) -> None:
        """Give the descriptors back."""
        ends, self._ends = self._ends, None
        for end in ends or ():
            end.close()
