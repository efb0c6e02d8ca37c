"""What a reader hands out: small frozen records with meaning only, no colours and no sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from ..observe.causes import Cause
from ..observe.connections import ConnectionState
from ..observe.facts import Means, Piece
from ..observe.stages import Stage

FAULTS = sum(means.bit for means in Means if means.fault)


GOES_ON = -1
"""In the place of how long a pause took: it has not ended."""


class State(IntEnum):
    """Where a request stands. The numbers are stored in captures."""

    QUEUED = 1
    RUNNING = 2
    WAITING = 3
    PAUSED = 4
    DONE = 5
    REJECTED = 6
    ERROR = 7
    RESET = 8
    TIMED_OUT = 9
    KILLED = 10

    @property
    def word(self) -> str:
        """As filters and JSON spell it: "timed out" is `timed_out`."""
        return self.name.lower()

    @property
    def live(self) -> bool:
        """Whether the request is still being served."""
        return self <= State.PAUSED


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """One run of one server."""

    id: int
    name: str
    server_class: str
    transport: str
    address: str
    handler: str
    pid: int
    started: int
    stopped: int | None
    profile: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """A thread, or a forked child, that served requests. `status` is an exit code, or minus a signal's number.

    `cpu` (ns) and `memory` (bytes, at most) are known of children that have ended.
    """

    id: int
    server: int
    pid: int
    thread: int
    name: str
    child: bool
    started: int
    ended: int | None
    status: int | None
    cpu: int | None = None
    memory: int | None = None


class StageRecord(NamedTuple):
    """One timed stage of a request. `ended` None: it runs. `cpu` None: not measured.

    A tuple, because lanes read thousands of them ten times a second and a frozen dataclass takes four times as long.
    """

    stage: Stage
    started: int
    ended: int | None
    cpu: int | None


class PauseRecord(NamedTuple):
    """A time in which a request was held at a gate, at `place`: "before handle", "received". `ended` None: it is."""

    place: str
    started: int
    ended: int | None


class ConnectionRecord(NamedTuple):
    """Where the connection of a live request stands: new, active or idle, as observe/connections.py says."""

    request: int
    state: ConnectionState
    since: int
    """When it was accepted, its last bytes came or its handler began, or its last bytes were sent."""


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One row of the requests table, with what its cells need."""

    id: int
    server: int
    server_name: str
    transport: str
    peer: str
    local: str
    worker: WorkerRecord | None
    state: State
    stage: Stage
    opened: int
    closed: int | None
    bytes_in: int
    bytes_out: int
    error: str | None
    message: str | None
    stages: tuple[StageRecord, ...]
    touched: int = 0
    """A bit for each facts.Means that acted on it."""
    pauses: tuple[PauseRecord, ...] = ()
    slow: Stage | None = None
    """The first stage that lasted longer than it was allowed to."""
    connection: ConnectionRecord | None = None
    """Of one that lives."""

    @property
    def held(self) -> str:
        """Where it is held now, "" if it is not."""
        last = self.pauses[-1] if self.state is State.PAUSED and self.pauses else None
        return last.place if last is not None and last.ended is None else ""

    def paused(self, now: int) -> int:
        """For how long it has been held altogether, ns; `now` ends a pause that goes on."""
        until = now if self.closed is None else self.closed
        return sum(max(0, (until if one.ended is None else one.ended) - one.started) for one in self.pauses)

    @property
    def injected(self) -> bool:
        """Whether a fault acted on it."""
        return bool(self.touched & FAULTS)


@dataclass(frozen=True, slots=True)
class ChunkRecord:
    """The bytes of one recv or send, or one datagram. `data` may be shorter than `size` (see `flags`)."""

    id: int
    received: bool
    at: int
    size: int
    flags: Piece
    data: bytes


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """An exception, with the stage that raised it. `detail` is described in debug/failures.py."""

    id: int
    server: int
    request: int | None
    stage: Stage
    at: int
    type: str
    message: str
    detail: dict[str, Any]
    cause: Cause = Cause.BUG


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures that are equal: one type, from one line, in one stage. `first` and `last` are requests."""

    signature: str
    count: int
    first: int | None
    last: int | None
    type: str
    message: str
    """Of the last one."""
    place: str
    """`/x/length.py:31`, "" unknown."""
    stage: Stage
    at: int
    """When the last one was."""
    cause: Cause
    server: int


@dataclass(frozen=True, slots=True)
class Alike:
    """One failed request among those that failed alike. `place` counts from 1."""

    signature: str
    place: int
    count: int
    first: int
    previous: int | None
    next: int | None
    last: int


@dataclass(frozen=True, slots=True)
class InterferenceRecord:
    """What a gate or a fault did to a request. `amount` is ns or bytes, as facts.Means says."""

    means: Means
    at: int
    amount: int
    detail: str


@dataclass(frozen=True, slots=True)
class SlowRecord:
    """A stage that lasted too long, as it was at `at`; `allowed` in ns. `detail`: see debug/whereabouts.py."""

    stage: Stage
    started: int
    at: int
    allowed: int
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoadRecord:
    """One second of one server, or of all. Latencies are ns, None when nothing closed in that second."""

    second: int
    opened: int
    closed: int
    failed: int
    in_flight: int
    bytes_in: int
    bytes_out: int
    p50: int | None
    p95: int | None
    p99: int | None
    queued: int = 0
    """The most clients seen waiting to be accepted."""


@dataclass(frozen=True, slots=True)
class CountersRecord:
    """What became of requests since their servers were started, or the capture was cleared."""

    accepted: int
    """All: those counted below to `killed`, and those that are being served."""
    handled: int
    """The handler returned."""
    rejected: int
    failed: int
    """By an exception that nobody else is to blame for."""
    reset: int
    """The peer had gone."""
    timed_out: int
    killed: int
    truncated: int
    """Datagrams that were longer than the server's buffer."""
    bytes_in: int
    bytes_out: int

    @property
    def live(self) -> int:
        """Accepted, and not over."""
        over = self.handled + self.rejected + self.failed + self.reset + self.timed_out + self.killed
        return max(0, self.accepted - over)


@dataclass(frozen=True, slots=True)
class CpuRecord:
    """How much of one core a thread, or with `thread` 0 a process, used up to `at`.

    A thread whose number is its process's is that process's main thread; other threads that serve have a WorkerRecord
    with their name. `server` is the one that the thread or child works for, else the program as a whole.
    """

    server: int
    at: int
    pid: int
    thread: int
    share: float
    rss: int | None


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """One line that a server printed (stream 1, 2), or that Socketscope says about it (stream 0)."""

    id: int
    server: int
    at: int
    pid: int
    stream: int
    line: str


@dataclass(frozen=True, slots=True)
class Totals:
    """The counters of the status bar. `emitted == recorded + dropped` whenever nothing is on its way."""

    requests: int
    emitted: int
    recorded: int
    dropped: int
    evicted: int
    size: int
    """Bytes of the file and of SQLite's log beside it."""


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """When a request occupied a worker, for lanes. `worker` is a WorkerRecord's id."""

    request: int
    server: int
    worker: int | None
    state: State
    opened: int
    closed: int | None
    stages: tuple[StageRecord, ...]
