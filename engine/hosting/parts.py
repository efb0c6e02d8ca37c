"""One of the servers that run in a host, or in processes of it: what it is, and its counts."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from .queued import Queue

SECOND = 1_000_000_000


@dataclass
class Tally:
    """Counts of one server."""

    total: int = 0
    live: int = 0
    failed: int = 0
    children: int = 0
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=4096))
    """When the last requests were opened."""

    def rate(self, now: int) -> int:
        """Requests opened in the last second."""
        while self.recent and self.recent[0] < now - SECOND:
            self.recent.popleft()
        return len(self.recent)


@dataclass
class Part:
    """One server that runs in a host: the profile's own, or one that a program made."""

    number: int
    id: int
    name: str
    server_class: str
    transport: str
    address: str
    started: int
    tally: Tally
    concurrency: str = ""
    stopped: bool = False
    pid: int = 0
    """The process that made it; 0: the profile's own, which the host made."""
    key: str = ""
    """Of its line in the tick."""
    earlier: tuple[int, ...] = ()
    """The ids of those that stood in this line before."""
    gone: bool = False
    """Whether its process has ended, and the program has not."""
    queue: Queue = field(default_factory=Queue)

    @property
    def ids(self) -> tuple[int, ...]:
        """Of all whose requests its line shows."""
        return (*self.earlier, self.id)
