"""Who we are: this process's id, and the numbers that make requests and servers unique across forks."""

from __future__ import annotations

import os
from itertools import count


class Identity:
    """Numbers of this process. A forked child starts its own: its pid is in the upper 32 bits."""

    __slots__ = ("pid", "requests", "servers")

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.requests = count((self.pid << 32) + 1)
        self.servers = count(1)

    def forked(self) -> None:
        """Start anew in a forked child."""
        self.pid = os.getpid()
        self.requests = count((self.pid << 32) + 1)
        self.servers = count((self.pid << 32) + 1)


identity = Identity()
