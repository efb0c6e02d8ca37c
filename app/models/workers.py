"""Worker lanes: who served what in the last seconds, with short-lived threads packed into few lanes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from time import monotonic_ns
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from app.models.damage import Damage
from app.models.workernames import short_name
from engine.capture.reader import CaptureReader, Servers
from engine.capture.records import CpuRecord, SpanRecord, StageRecord, State, WorkerRecord
from engine.observe.stages import Stage

WINDOW = 10_000_000_000
"""Ten seconds, in ns."""
BIN = WINDOW // 120
"""Two or three pixels: of requests that begin and end in the same ones, a lane keeps the longest."""
FIRST_BLOCKS, NEXT_BLOCKS = 400, 80
"""Requests read for the first picture, and for each one after it."""
DETAIL = WINDOW // 100
"""Shorter requests are a few pixels wide: their stages would not be seen."""
OVERLAP = 1_500_000_000
"""What closed so lately is read again: a child's exit status comes later than its last byte."""
LEAST_REST = 140_000_000
SPENT = 1_500_000
"""A tick that others have worked at for so long, in ns, is left to them, but not for ever: see PATIENCE."""
PATIENCE = 3
"""After so many rests any tick will do."""
RESTS = 10
"""A refresh rests so many times as long as it took: lanes never take more than a small share of the window's time."""
CPU_FRESH = 3_000_000_000
"""A sample older than this says nothing about now."""

_FAILED = frozenset({State.ERROR, State.KILLED})


class Block(NamedTuple):
    """One request in a lane."""

    request: int
    worker: str
    started: int
    ended: int | None
    """None: it is still served."""
    stages: tuple[StageRecord, ...]
    failed: bool
    status: int | None = None
    """Exit code of the child process that served it, or minus the signal's number."""
    cpu: int | None = None
    """What that process used in all, ns."""
    memory: int | None = None
    """The most that it had at a time, bytes."""


class End(NamedTuple):
    """Where a process that served many requests ended."""

    at: int
    worker: str
    status: int
    """As in Block, and so are these."""
    cpu: int | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """One row: a place that workers take one after the other, or one worker that stays. Oldest block first."""

    label: str
    """The latest worker: T-3, pid 4711, Main."""
    blocks: tuple[Block, ...]
    cpu: float | None = None
    """Share of one core, None unknown."""
    ends: tuple[End, ...] = ()


Seen = tuple[Block, WorkerRecord]

ONE_REQUEST = "(process_request_thread)"
"""In the name of a thread that serves one request and ends."""
MANY_REQUESTS = "worker "  # the name of a process that serves many begins so


@dataclass(slots=True)
class _Place:
    """A lane as it is filled: who sat there last, and until when."""

    child: bool
    busy_until: int = 0
    worker: WorkerRecord | None = None
    blocks: dict[int, Block] = field(default_factory=dict)
    last: Block | None = None
    ends: list[End] = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Take a block, or what has become of it; of two in one pixel the longer stays, and a failure always."""
        last = self.last
        if block.request not in self.blocks and last is not None and _same_pixel(last, block):
            if last.failed or not (block.failed or _length(block) > _length(last)):
                return
            self.blocks.pop(last.request, None)
        self.blocks[block.request] = self.last = block

    def forget(self, before: int) -> None:
        """Drop what ended before the picture's start: the oldest, for one block follows the other."""
        gone = takewhile(lambda block: block.ended is not None and block.ended <= before, self.blocks.values())
        for block in list(gone):
            del self.blocks[block.request]
        self.ends = [end for end in self.ends if end.at > before]
        if self.empty:
            self.worker = self.last = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.blocks and not self.ends

    @property
    def label(self) -> str:
        """The latest worker's name."""
        return short_name(self.worker) if self.worker else ""

    def learn(self, worker: WorkerRecord) -> None:
        """Take what has become of who sits here: it may have ended after its last request."""
        self.worker = worker
        if worker.ended is None or worker.status is None or not (worker.child and _serves_many(worker)):
            return
        end = End(worker.ended, short_name(worker), worker.status, worker.cpu, worker.memory)
        if end not in self.ends:
            self.ends.append(end)
            self.busy_until = max(self.busy_until, worker.ended)


def _length(block: Block) -> int:
    return (block.ended or block.started) - block.started


def _same_pixel(one: Block, other: Block) -> bool:
    if one.ended is None or other.ended is None:
        return False
    return one.started // BIN == other.started // BIN and one.ended // BIN == other.ended // BIN


class Packer:
    """Gives each worker the lowest lane that is free when it starts, and remembers it from picture to picture."""

    def __init__(self) -> None:
        self.places: list[_Place] = []
        self._seats: dict[int, tuple[int, int]] = {}
        """Lane of each worker, and until when it needs it."""

    @property
    def staying(self) -> list[int]:
        """Workers that keep their lanes while they do nothing."""
        return [place.worker.id for place in self.places if place.worker is not None and _stays(place.worker)]

    def pack(self, fresh: Iterable[Seen], now: int, workers: Mapping[int, WorkerRecord]) -> None:
        """Put requests that have come or changed into lanes; take away lanes at the end that nobody needs any more.

        `workers`: how those that stay are by now.
        """
        for block, worker in sorted(fresh, key=_began):
            self._sit(block, worker, now)
        for place in self.places:
            if place.worker is not None and place.worker.id in workers:
                place.learn(workers[place.worker.id])
        for place in self.places:
            place.forget(now - WINDOW)
        while self.places and self.places[-1].empty:
            self.places.pop()
        self._forget_seats(now - WINDOW)

    def _forget_seats(self, before: int) -> None:
        """Those that were used longest ago stand first."""
        while self._seats and self._seats[first := next(iter(self._seats))][1] <= before:
            del self._seats[first]

    def _sit(self, block: Block, worker: WorkerRecord, now: int) -> None:
        known = self._seats.pop(worker.id, None)
        usable = known is not None and known[0] < len(self.places)
        seat = known[0] if known is not None and usable else self._free(worker, block.started)
        until = now if block.ended is None else block.ended
        self._seats[worker.id] = (seat, until)
        place = self.places[seat]
        place.busy_until = max(place.busy_until, until)
        place.learn(worker)
        place.add(block)

    def _free(self, worker: WorkerRecord, began: int) -> int:
        for seat, place in enumerate(self.places):
            if place.child == worker.child and place.busy_until <= began and not _stays(place.worker):
                return seat
        self.places.append(_Place(worker.child))
        return len(self.places) - 1


def _began(seen: Seen) -> int:
    return seen[0].started


def _stays(worker: WorkerRecord | None) -> bool:
    """Who has not ended and may serve more keeps its lane: a pool's thread, a pre-forked process, the main thread."""
    return worker is not None and worker.ended is None and _serves_many(worker)


def _serves_many(worker: WorkerRecord) -> bool:
    return worker.name.startswith(MANY_REQUESTS) if worker.child else ONE_REQUEST not in worker.name


def _block(span: SpanRecord, worker: WorkerRecord) -> Block:
    """Lanes leave out the accept, which happened elsewhere."""
    own = tuple(stage for stage in span.stages if stage.stage >= Stage.QUEUE)
    began = min(stage.started for stage in own) if own else span.opened
    ended = span.closed if span.closed is not None else worker.ended
    # Of a process that served many requests, only the one that it died in has to do with its status.
    its_own = worker.child and (span.state is State.KILLED or not _serves_many(worker))
    status, cpu, memory = (worker.status, worker.cpu, worker.memory) if its_own else (None, None, None)
    failed = span.state in _FAILED or bool(status)
    return Block(span.request, short_name(worker), began, ended, own, failed, status, cpu, memory)


class LanesModel(QObject):
    """The lanes of one server, or of all, as of the last refresh.

    A refresh reads what has come since the last one; of requests too short for a pixel only one is kept, so that its
    cost depends on the picture and not on the traffic.
    """

    changed = Signal()

    def __init__(self, reader: CaptureReader | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lanes: tuple[Lane, ...] = ()
        self.now = 0
        self.damage = Damage(self)
        self._reader = reader
        self._servers: Servers = None
        self._packer = Packer()
        self._rest = 0

    def set_reader(self, reader: CaptureReader | None) -> None:
        """Show another capture."""
        self.damage.forget()
        self._reader = reader
        self._start_over()

    def set_server(self, servers: Servers) -> None:
        """Show these runs (capture ids, such as ServerStatus.ids); None: all."""
        if servers != self._servers:
            self._servers = servers
            self._start_over()

    def refresh(self, now: int, spent: int = 0) -> None:
        """Read on, and forget what is older than ten seconds before `now`. Dear ones are followed by a rest.

        `spent`: how long others have worked at this tick, in ns.
        """
        rest = PATIENCE * self._rest if spent > SPENT else self._rest
        if self._reader is None or 0 <= now - self.now < rest:
            return
        started = monotonic_ns()
        shares: dict[tuple[int, int], float] = {}
        with self.damage.noticed():
            seen, workers = self._read(self._reader, now)
            self._packer.pack(seen, now, workers)
            shares = _shares(self._reader.cpu(self._servers, now - CPU_FRESH))
        self.now = now
        self.lanes = tuple(
            Lane(place.label, tuple(place.blocks.values()), _share(place, shares), tuple(place.ends))
            for place in self._packer.places
        )
        self._rest = max(LEAST_REST, RESTS * (monotonic_ns() - started))
        self.changed.emit()

    def _read(self, reader: CaptureReader, now: int) -> tuple[list[Seen], dict[int, WorkerRecord]]:
        first = not self._packer.places
        since = now - WINDOW if first else max(now - WINDOW, self.now - OVERLAP)
        spans = reader.spans(self._servers, since, now, FIRST_BLOCKS if first else NEXT_BLOCKS, DETAIL)
        wanted = {span.worker for span in spans if span.worker is not None}.union(self._packer.staying)
        workers = {worker.id: worker for worker in reader.workers_by_id(sorted(wanted))}
        seen = ((span, workers.get(span.worker or 0)) for span in spans)
        return [(_block(span, worker), worker) for span, worker in seen if worker is not None], workers

    def _start_over(self) -> None:
        self._packer = Packer()
        self.lanes = ()
        self._rest = 0
        self.changed.emit()


def _shares(samples: Sequence[CpuRecord]) -> dict[tuple[int, int], float]:
    """The newest share of each thread, and with thread 0 of each process."""
    return {(sample.pid, sample.thread): sample.share for sample in sorted(samples, key=lambda s: s.at)}


def _share(place: _Place, shares: dict[tuple[int, int], float]) -> float | None:
    worker = place.worker
    if worker is None or worker.ended is not None:
        return None
    return shares.get((worker.pid, 0 if worker.child else worker.thread))
