"""Who we are: this process's id, and the numbers that make requests and servers unique across forks."""

from __future__ import annotations

import os
from itertools import count

SPAN = 1 << 26
"""So many numbers has each program that runs in a process, one after the other; at most 64."""


def before_first(pid: int, generation: int = 0) -> int:
    """The number before the first that a program gives; but for servers of a host, whose own begin at 1."""
    return (pid << 32) + generation * SPAN


class Identity:
    """Numbers of this process. A forked child starts its own: its pid is in the upper 32 bits."""

    __slots__ = ("pid", "requests", "servers")

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.requests = count(before_first(self.pid) + 1)
        self.servers = count(1)

    def forked(self, generation: int = 0) -> None:
        """Start anew in another process than the first; `generation` tells programs apart that it has run in turn."""
        self.pid = os.getpid()
        first = before_first(self.pid, generation) + 1
        self.requests, self.servers = count(first), count(first)


identity = Identity()
