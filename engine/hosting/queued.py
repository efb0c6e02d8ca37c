"""The accept queue of one server as of the last look, and what a person has to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    """Connections that were turned away since the run began, by this queue or any other of the machine. None: nobody
    counts them, for it is that of a Unix socket."""

    def begin(self, run: int, *, counted: bool) -> None:
        """Another run: forget the last one."""
        self.run, self.most, self.full, self.full_at = run, 0, False, 0
        self.overflows = 0 if counted else None

    def note(self, depth: int, limit: int, overflows: int, now: int) -> None:
        """What was seen, and how many connections the machine has turned away since the last look."""
        self.depth, self.limit = depth, limit
        if self.overflows is not None:
            self.overflows += overflows
        if depth > limit:
            self.full_at, self.most = now, max(self.most, depth)
        self.full = bool(self.full_at) and now - self.full_at < REMEMBERED

    @property
    def warning(self) -> dict[str, Any] | None:
        """What a person has to know, if anything."""
        if not self.full or not self.limit:
            return None
        late = "waits a second or more"
        if self.overflows is None:
            late = "waits until there is room, or is refused if it will not wait"
        sentence = (
            f"The accept queue was full: {self.most} clients waited, {self.limit} fit. A client that finds it full"
            f" {late}; set request_queue_size higher than {self.limit}, or accept faster."
        )
        return {"code": "backlog", "sentence": sentence}

    def to_json(self) -> dict[str, int | None] | None:
        """For the tick."""
        return {"depth": self.depth, "limit": self.limit, "overflows": self.overflows} if self.limit else None
