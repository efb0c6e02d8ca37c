"""Requests that were run again: finds each one's row in the capture and ties it to that of the request it repeats."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..capture.writer import CaptureWriter
from .parts import Part

PATIENCE = 5.0
"""So long a row is waited for; facts may have been dropped."""
TIED = ("played", "checked")
"""Events of clients that have made a request."""
MOST_TIED = 500
"""Of one order: who repeats a request a thousand times looks at those that differ."""


@dataclass
class Run:
    """One order to run a request again."""

    request: int
    part: Part
    """The server that it is played against; its run changes when it is restarted."""
    last: int
    """The capture's last request before it began."""
    tied: int = 0


@dataclass(frozen=True)
class Wanted:
    """A playback whose row is looked for. `event` is told when it is found, or is not to be found."""

    run: Run
    event: dict[str, Any]
    until: float

    @property
    def is_played(self) -> bool:
        """The end of an order is told after all that it has played, too."""
        return self.event.get("what") in TIED


class Reruns:
    """What has been played, and which rows that made."""

    def __init__(self, writer: CaptureWriter, tell: Callable[[dict[str, Any]], object]) -> None:
        self._writer = writer
        self._tell = tell
        self._runs: dict[int, Run] = {}
        self._wanted: list[Wanted] = []

    @property
    def waiting(self) -> bool:
        """Whether `look` has something to look for."""
        return bool(self._wanted)

    def begin(self, number: int, request: int, part: Part) -> None:
        """The clients of this number run `request` again, or something else if it is 0, against this server."""
        self._runs[number] = Run(request, part, self._writer.last_request)

    def hear(self, event: dict[str, Any]) -> bool:
        """Take an event of clients; False if it is none of ours, and to be told as it is."""
        run = self._runs.get(int(event["clients"]))
        if run is None:
            return False
        event = {**event, "of": run.request, "request": None}
        if event.get("what") == "ended":
            del self._runs[int(event["clients"])]
        if event.get("what") in TIED and (run.tied < MOST_TIED or not event.get("equal")):
            run.tied += 1
            self._wanted.append(Wanted(run, event, time.monotonic() + PATIENCE))
        elif self._wanted and event.get("what") == "ended":
            self._wanted.append(Wanted(run, event, 0.0))  # not before the others
        else:
            self._tell(event)
        return True

    def look(self) -> None:
        """Look for the rows that are waited for; to be called after each commit."""
        now, still = time.monotonic(), list[Wanted]()
        for wanted in self._wanted:
            row = self._row(wanted)
            waits = now < wanted.until if wanted.is_played else any(other.run is wanted.run for other in still)
            if row is None and waits:
                still.append(wanted)
            else:
                self._tell({**wanted.event, "request": row})
        self._wanted = still

    def _row(self, wanted: Wanted) -> int | None:
        if not wanted.is_played:
            return None
        run = wanted.run
        return self._writer.tie(run.part.id, str(wanted.event.get("local")), run.last, run.request)
