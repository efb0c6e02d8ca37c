"""The accept queue of one server as of the last look, and what a person has to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..servers.backlog import AcceptQueue

SECOND = 1_000_000_000
REMEMBERED = 5 * SECOND
"""So long a queue that was full is told as one: people look less often than queues change."""


@dataclass
class Queue:
    """Of the server's present run."""

    run: int = 0
    depth: int = 0
    limit: int = 0
    """0: there is none, or nobody can tell."""
    most: int = 0
    """The most clients that have waited while it was full."""
    full: bool = False
    """It was, a moment ago."""
    full_at: int = 0
    overflows: int | None = None
    """How often since the run began a client came and found it full. None: nobody counts that."""
    dropped: int | None = None
    """What the system has counted at the last look."""
    unix: bool = False

    def begin(self, run: int, *, unix: bool) -> None:
        """Another run: forget the last one."""
        self.run, self.most, self.full, self.full_at, self.unix = run, 0, False, 0, unix
        self.overflows = self.dropped = None

    def note(self, seen: AcceptQueue, overflows: int | None, now: int) -> None:
        """What was seen, and how many connections the machine has turned away since the last look."""
        self.depth, self.limit = seen.depth, seen.limit
        if seen.dropped is not None and overflows is not None:
            # What was dropped here counts as far as the machine as a whole says that it was for want of room.
            dropped = 0 if self.dropped is None else max(0, seen.dropped - self.dropped)
            self.overflows = (self.overflows or 0) + min(dropped, overflows)
            self.dropped = seen.dropped
        if seen.full:
            self.full_at, self.most = now, max(self.most, seen.depth)
        self.full = bool(self.full_at) and now - self.full_at < REMEMBERED

    @property
    def warning(self) -> dict[str, Any] | None:
        """What a person has to know, if anything."""
        if not self.full or not self.limit:
            return None
        late = "waits a second or more"
        if self.unix:
            late = "waits until there is room, or is refused if it will not wait"
        sentence = (
            f"The accept queue was full: {self.most} clients waited, {self.limit} fit. A client that finds it full"
            f" {late}; set request_queue_size higher than {self.limit}, or accept faster."
        )
        return {"code": "backlog", "sentence": sentence}

    def to_json(self) -> dict[str, int | None] | None:
        """For the tick."""
        return {"depth": self.depth, "limit": self.limit, "overflows": self.overflows} if self.limit else None
