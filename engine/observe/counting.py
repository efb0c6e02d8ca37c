"""Observers that keep count: what became of a server's requests, and how long each stage takes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from .buffers import Partial
from .facts import Outcome, Piece
from .histogram import Histogram
from .observer import Observer
from .stages import Stage

if TYPE_CHECKING:
    from .request import Request, Worker

FOLD = 512
"""So many times are kept as they are before they go into their histogram together."""
NAMES = {
    Outcome.DONE: "handled",
    Outcome.REJECTED: "rejected",
    Outcome.ERROR: "failed",
    Outcome.RESET: "reset",
    Outcome.TIMED_OUT: "timed_out",
    Outcome.KILLED: "failed",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """What a server has done until now. Accepted is not handled: only a handler that returned has handled."""

    accepted: int = 0
    """Connections and datagrams; those that are over, as counted below, and those that are being served."""
    handled: int = 0
    rejected: int = 0
    """By `verify_request`, or because there was no room."""
    failed: int = 0
    """By an exception that is the program's own."""
    reset: int = 0
    """The peer had gone."""
    timed_out: int = 0
    truncated: int = 0
    """Datagrams that were longer than the server's buffer."""
    bytes_in: int = 0
    bytes_out: int = 0

    @property
    def live(self) -> int:
        """Those that are being served."""
        return self.accepted - self.handled - self.rejected - self.failed - self.reset - self.timed_out


class _Locked(Observer):
    """Has a lock that no thread left behind can hold in a forked child."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def entered_child(self, request: Request) -> None:
        self._lock = threading.Lock()

    def entered_worker(self, worker: Worker) -> None:
        self._lock = threading.Lock()


class Counters(_Locked):
    """Counts from when it is added, and first those that are being observed by then.

    One may observe several servers; then it counts them together.

    What a forked child does it tells its own observers: for a server that forks, its parent's counters know of the
    accepting only.
    """

    def __init__(self) -> None:
        super().__init__()
        self._counts = {field.name: 0 for field in fields(Counts)}

    def snapshot(self) -> Counts:
        """The counts as of now, all of one moment."""
        with self._lock:
            return Counts(**self._counts)

    def request_opened(self, request: Request) -> None:
        self._add("accepted", 1)

    def request_closed(self, request: Request) -> None:
        self._add(NAMES[request.outcome or Outcome.DONE], 1)

    def received(self, request: Request, data: bytes, at: int) -> None:
        self._add("bytes_in", data.size if isinstance(data, Partial) else len(data))
        if isinstance(data, Partial) and data.piece & Piece.TRUNCATED:
            self._add("truncated", 1)

    def sent(self, request: Request, data: bytes, at: int) -> None:
        self._add("bytes_out", data.size if isinstance(data, Partial) else len(data))

    def _add(self, name: str, count: int) -> None:
        with self._lock:
            self._counts[name] += count


class Latencies(_Locked):
    """A histogram for each stage, in ns, from when it is added."""

    def __init__(self) -> None:
        super().__init__()
        self._histograms: dict[Stage, Histogram] = {stage: Histogram() for stage in Stage}
        self._fresh: dict[Stage, list[int]] = {stage: [] for stage in Stage}

    def snapshot(self) -> dict[Stage, Histogram]:
        """Of the stages that have ended at least once; in the order of the pipeline."""
        for stage in Stage:
            self._fold(stage)
        with self._lock:
            found = {stage: one.copy() for stage, one in self._histograms.items() if one.count}
        return dict(sorted(found.items(), key=lambda item: item[0].place))

    def stage_finished(
        self, request: Request, stage: Stage, started: int, ended: int, error: BaseException | None
    ) -> None:
        fresh = self._fresh[stage]
        fresh.append(ended - started)
        if len(fresh) >= FOLD:
            self._fold(stage)

    def _fold(self, stage: Stage) -> None:
        with self._lock:
            fresh = self._fresh[stage]
            some = fresh[:]
            del fresh[: len(some)]  # what is appended meanwhile stays
            self._histograms[stage].add_all(some)
