"""A descriptor that a serving loop listens to, so that a stop takes microseconds instead of a poll interval."""

from __future__ import annotations

import os
import select
import socket
import threading


class Waker:
    """Wakes the loop of the process that made it; from any thread, or from a signal handler."""

    __slots__ = ("_lock", "_pid", "_reader", "_writer")

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()  # re-entrant: a signal handler may come while its own thread holds it
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        """What to select on; -1 when closed."""
        return self._reader.fileno()

    def wake(self) -> None:
        """Make the descriptor readable. In a forked child this does nothing: the loop is its parent's."""
        with self._lock:
            if self._pid != os.getpid() or self._writer.fileno() < 0:
                return
            try:
                self._writer.send(b"\0")
            except BlockingIOError:  # full of wake-ups already
                return

    def hush(self) -> None:
        """Take back all wake-ups so far."""
        try:
            while self._reader.recv(1024):
                pass
        except OSError:
            return

    def wait(self, seconds: float) -> None:
        """Rest for `seconds`, or until woken."""
        select.select([self._reader], [], [], seconds)

    def close(self) -> None:
        """Give the descriptors back."""
        with self._lock:
            self._reader.close()
            self._writer.close()
