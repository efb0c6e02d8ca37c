"""Waits that can all be ended at once: in this process, and in those that it has forked since."""

from __future__ import annotations

import math
import os
import select
import weakref
from typing import Any

_READABLE = select.POLLIN | select.POLLHUP | select.POLLERR if hasattr(select, "poll") else 0


class Delays:
    """A pipe that nobody reads: once there is a byte in it, every wait is over, whichever process waits."""

    def __init__(self) -> None:
        self._told, self._tell = os.pipe()
        self._ended = False
        weakref.finalize(self, _close, self._told, self._tell).atexit = False

    @property
    def over(self) -> bool:
        """Whether waits have been ended."""
        return self._ended or bool(self._poll(0))

    def wait(self, seconds: float) -> bool:
        """Wait that long. False: it was ended before."""
        return seconds <= 0 or not self._poll(seconds)

    def readable(self, sock: Any, seconds: float) -> bool:
        """Whether there is something to read from a socket within that time."""
        pending = getattr(sock, "pending", None)  # of TLS
        if pending is not None and pending():
            return True
        return sock.fileno() in self._poll(seconds, sock.fileno())

    def end(self) -> None:
        """Every wait is over, and none begins any more."""
        if not self._ended:
            self._ended = True
            os.write(self._tell, b"\0")

    def _poll(self, seconds: float, *others: int) -> list[int]:
        poll = select.poll()
        for descriptor in (self._told, *others):
            poll.register(descriptor, _READABLE)
        return [descriptor for descriptor, _ in poll.poll(math.ceil(seconds * 1000))]


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
