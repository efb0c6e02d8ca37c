"""Worker lanes: who served what in the last seconds, with short-lived threads packed into few lanes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from engine.capture.reader import CaptureReader, Servers
from engine.capture.records import CpuRecord, SpanRecord, StageRecord, State, WorkerRecord
from engine.observe.stages import Stage

WINDOW = 10_000_000_000
"""Ten seconds, in ns."""
BIN = WINDOW // 300
"""About a pixel: of requests that begin and end in the same one, a lane keeps the longest."""
FIRST_BLOCKS, NEXT_BLOCKS = 1000, 300
"""Requests read for the first picture, and for each one after it."""
MOST_BLOCKS = 3000
OVERLAP = 250_000_000
"""So late may a fact be written; what was read then is read again."""
CPU_FRESH = 3_000_000_000
"""A sample older than this says nothing about now."""

_FAILED = frozenset({State.ERROR, State.KILLED})


@dataclass(frozen=True, slots=True)
class Block:
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


@dataclass(frozen=True, slots=True)
class Lane:
    """One row: a place that workers take one after the other, or one worker that stays. Oldest block first."""

    label: str
    """T-3, pid 4711, MainThread."""
    blocks: tuple[Block, ...]
    cpu: float | None = None
    """Share of one core, None unknown."""


@dataclass(slots=True)
class _Place:
    """A lane as it is filled: who sat there last, and until when."""

    child: bool
    busy_until: int = 0
    worker: WorkerRecord | None = None
    blocks: list[Block] = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Append a block; of two in one pixel the longer stays, and a failure always."""
        if not self.blocks or not _same_pixel(self.blocks[-1], block):
            self.blocks.append(block)
        elif not self.blocks[-1].failed and (block.failed or _length(block) > _length(self.blocks[-1])):
            self.blocks[-1] = block


def _length(block: Block) -> int:
    return (block.ended or block.started) - block.started


def _same_pixel(one: Block, other: Block) -> bool:
    if one.ended is None or other.ended is None:
        return False
    return one.started // BIN == other.started // BIN and one.ended // BIN == other.ended // BIN


class Packer:
    """Gives each worker the lowest lane that is free when it starts, and remembers it from picture to picture."""

    def __init__(self) -> None:
        self._places: list[_Place] = []
        self._seats: dict[int, int] = {}

    def pack(self, spans: Iterable[SpanRecord], workers: Mapping[int, WorkerRecord], now: int) -> list[_Place]:
        """Fill the lanes with these requests; lanes at the end that nobody needs any more are taken away."""
        for place in self._places:
            place.blocks.clear()
        for span in sorted(spans, key=_began):
            worker = None if span.worker is None else workers.get(span.worker)
            if worker is not None:
                self._sit(span, worker, now)
        while self._places and not self._places[-1].blocks:
            self._places.pop()
        self._seats = {worker: seat for worker, seat in self._seats.items() if seat < len(self._places)}
        self._forget_idle()
        return self._places

    def _sit(self, span: SpanRecord, worker: WorkerRecord, now: int) -> None:
        began = _began(span)
        seat = self._seats.get(worker.id)
        if seat is None or seat >= len(self._places):
            seat = self._seats[worker.id] = self._free(worker, began)
        place = self._places[seat]
        ended = span.closed if span.closed is not None else worker.ended
        place.busy_until = max(place.busy_until, now if ended is None else ended)
        place.worker = worker
        place.add(_block(span, worker, began, ended))

    def _free(self, worker: WorkerRecord, began: int) -> int:
        for seat, place in enumerate(self._places):
            if place.child == worker.child and place.busy_until <= began and not _stays(place.worker):
                return seat
        self._places.append(_Place(worker.child))
        return len(self._places) - 1

    def _forget_idle(self) -> None:
        """Workers that have ended and show no block any more do not come back."""
        shown = {seat for seat, place in enumerate(self._places) if place.blocks}
        gone = [w for w, seat in self._seats.items() if seat not in shown]
        for worker in gone:
            del self._seats[worker]
        for place in self._places:
            if not place.blocks:
                place.worker = None


def _stays(worker: WorkerRecord | None) -> bool:
    """A thread that has not ended keeps its lane: it may be of a pool, or the main one."""
    return worker is not None and worker.ended is None and not worker.child


def _began(span: SpanRecord) -> int:
    """When it was given to the worker: lanes leave out the accept, which happened elsewhere."""
    return min((stage.started for stage in _own(span)), default=span.opened)


def _own(span: SpanRecord) -> tuple[StageRecord, ...]:
    return tuple(stage for stage in span.stages if stage.stage >= Stage.QUEUE)


def _block(span: SpanRecord, worker: WorkerRecord, began: int, ended: int | None) -> Block:
    name = f"pid {worker.pid}" if worker.child else worker.name
    failed = span.state in _FAILED or bool(worker.child and worker.status)
    status = worker.status if worker.child else None
    return Block(span.request, name, began, ended, _own(span), failed, status)


def _label(seat: int, place: _Place) -> str:
    worker = place.worker
    if worker is None:
        return ""
    if worker.child:
        return f"pid {worker.pid}"
    return worker.name if worker.name == "MainThread" else f"T-{seat + 1}"


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
        self._reader = reader
        self._servers: Servers = None
        self._spans: dict[int, SpanRecord] = {}
        self._workers: dict[int, WorkerRecord] = {}
        self._packer = Packer()

    def set_reader(self, reader: CaptureReader | None) -> None:
        """Show another capture."""
        self._reader = reader
        self._start_over()

    def set_server(self, servers: Servers) -> None:
        """Show these runs (capture ids, such as ServerStatus.ids); None: all."""
        if servers != self._servers:
            self._servers = servers
            self._start_over()

    def refresh(self, now: int) -> None:
        """Read on, and forget what is older than ten seconds before `now`."""
        if self._reader is None:
            return
        self._read(self._reader, now)
        self._spans = {r: s for r, s in self._spans.items() if s.closed is None or s.closed > now - WINDOW}
        places = self._packer.pack(self._spans.values(), self._workers, now)
        shares = _shares(self._reader.cpu(self._servers, now - CPU_FRESH))
        self.now = now
        self.lanes = tuple(
            Lane(_label(seat, place), tuple(place.blocks), _share(place, shares)) for seat, place in enumerate(places)
        )
        self._forget_unseen()
        self.changed.emit()

    def _read(self, reader: CaptureReader, now: int) -> None:
        since = max(now - WINDOW, self.now - OVERLAP) if self._spans else now - WINDOW
        fresh = reader.spans(self._servers, since, now, FIRST_BLOCKS if since == now - WINDOW else NEXT_BLOCKS)
        self._spans.update((span.request, span) for span in fresh)
        wanted = {span.worker for span in fresh if span.worker is not None}
        self._workers.update((worker.id, worker) for worker in reader.workers_by_id(sorted(wanted)))

    def _forget_unseen(self) -> None:
        """Keep what is in the picture, a block for each pixel."""
        shown = {block.request for lane in self.lanes for block in lane.blocks}
        kept = [(request, span) for request, span in self._spans.items() if request in shown]
        self._spans = dict(kept[-MOST_BLOCKS:])
        used = {span.worker for span in self._spans.values()}
        self._workers = {number: worker for number, worker in self._workers.items() if number in used}

    def _start_over(self) -> None:
        self._packer = Packer()
        self._spans, self._workers = {}, {}
        self.lanes = ()
        self.changed.emit()


def _shares(samples: Sequence[CpuRecord]) -> dict[tuple[int, int], float]:
    """The newest share of each thread, and with thread 0 of each process."""
    return {(sample.pid, sample.thread): sample.share for sample in sorted(samples, key=lambda s: s.at)}


def _share(place: _Place, shares: dict[tuple[int, int], float]) -> float | None:
    worker = place.worker
    if worker is None or worker.ended is not None:
        return None
    return shares.get((worker.pid, 0 if worker.child else worker.thread))
