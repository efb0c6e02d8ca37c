"""From the file's rows to records. Files may come from strangers: odd numbers and texts are no reason to fail."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from ..observe.causes import Cause
from ..observe.connections import ConnectionState
from ..observe.facts import Means, Piece
from ..observe.stages import Stage
from .conditions import NEWEST
from .records import (
    GOES_ON,
    ChunkRecord,
    ConnectionRecord,
    CountersRecord,
    CpuRecord,
    FailureGroup,
    FailureRecord,
    InterferenceRecord,
    LoadRecord,
    OutputRecord,
    PauseRecord,
    RequestRecord,
    ServerRecord,
    SlowRecord,
    SpanRecord,
    StageRecord,
    State,
    WorkerRecord,
)

Values = tuple[Any, ...]

SERVER_COLUMNS = "id, name, class, transport, address, handler, pid, started, stopped, profile"
WORKER_COLUMNS = "id, server, pid, thread, name, child, started, ended, status, cpu, memory"
REQUEST_COLUMNS = (
    "request.id, request.server, server.name, server.transport, peer, local, state, stage, opened, closed, bytes_in,"
    " bytes_out, error, message, touched, slow, worker.id, worker.server, worker.pid, worker.thread, worker.name,"
    " worker.child, worker.started, worker.ended, worker.status, worker.cpu, worker.memory"
)
CLOSED, TOUCHED = 9, 14
"""The places in a request's row of when it was over, and of what was done to it."""
CONNECTION_COLUMNS = f"request.id, request.opened, request.worker IS NULL, {NEWEST}"
REQUEST_TABLES = "request LEFT JOIN server ON server.id = request.server LEFT JOIN worker ON worker.id = request.worker"
SPAN_COLUMNS = "id, server, worker, state, opened, closed"
INTERFERENCE_COLUMNS = "means, at, amount, detail"
SLOW_COLUMNS = "stage, started, at, allowed, detail"
FAILURE_COLUMNS = "id, server, request, stage, at, type, message, detail, cause"
FLAGS = int(Piece.CONTINUES | Piece.CUT | Piece.UNSEEN | Piece.TRUNCATED)

INTEGERS = {int, type(None)}

_STATES = {int(state): state for state in State}
_CAUSES = {int(cause): cause for cause in Cause}
_STAGES = {int(stage): stage for stage in Stage}


def integers(*values: Any) -> Values:
    """The values, which have to be numbers or nothing. Raises TypeError if they are not."""
    if not {type(value) for value in values} <= INTEGERS:
        raise TypeError("Not a number.")
    return values


def server_record(row: Values) -> ServerRecord:
    """Of SERVER_COLUMNS."""
    identity, name, kind, transport, address, handler, pid, started, stopped, profile = row
    integers(pid, started, stopped)
    return ServerRecord(identity, name, kind, transport, address, handler, pid, started, stopped, _json(profile))


def worker_record(row: Values) -> WorkerRecord:
    """Of WORKER_COLUMNS."""
    identity, server, pid, thread, name, child, started, ended, status, cpu, memory = row
    integers(server, pid, thread, child, started, ended, status, cpu, memory)
    return WorkerRecord(identity, server, pid, thread, name, bool(child), started, ended, status, cpu, memory)


def request_record(
    row: Values,
    stages: tuple[StageRecord, ...],
    pauses: tuple[PauseRecord, ...] = (),
    connection: ConnectionRecord | None = None,
) -> RequestRecord:
    """Of REQUEST_COLUMNS."""
    identity, server, name, transport, peer, local, state, stage, opened, closed, received, sent, error, message = row[
        :14
    ]
    touched, slow = row[TOUCHED], row[TOUCHED + 1]
    integers(server, state, stage, opened, closed, received, sent, touched, slow)
    return RequestRecord(
        identity,
        server,
        name or "",
        transport or "",
        peer,
        local,
        worker_record(row[16:27]) if row[16] is not None else None,
        _STATES.get(state, State.DONE),
        _STAGES.get(stage, Stage.GET_REQUEST),
        opened,
        closed,
        received,
        sent,
        error,
        message,
        stages,
        touched or 0,
        pauses,
        _STAGES.get(slow),
        connection,
    )


def connection_record(row: Values) -> ConnectionRecord:
    """Of CONNECTION_COLUMNS."""
    request, opened, unserved, newest = integers(*row)
    if unserved:
        return ConnectionRecord(request, ConnectionState.NEW, opened)
    if newest is None:
        return ConnectionRecord(request, ConnectionState.ACTIVE, opened)
    return ConnectionRecord(request, ConnectionState.IDLE if newest & 1 else ConnectionState.ACTIVE, newest >> 1)


def span_record(row: Values, stages: tuple[StageRecord, ...]) -> SpanRecord:
    """Of SPAN_COLUMNS."""
    identity, server, worker, state, opened, closed = integers(*row)
    return SpanRecord(identity, server, worker, _STATES.get(state, State.DONE), opened, closed, stages)


def stages_by_request(rows: list[Values]) -> dict[int, tuple[StageRecord, ...]]:
    """Of request, stage, started, ended, cpu, ordered by request and start."""
    if not set(map(type, chain.from_iterable(rows))) <= INTEGERS:
        raise TypeError("Not a number.")
    known = _STAGES.get
    return {
        request: tuple(
            [
                StageRecord(stage, started, ended, cpu)
                for _, number, started, ended, cpu in group
                if (stage := known(number)) is not None
            ]
        )
        for request, group in groupby(rows, itemgetter(0))
    }


def failure_record(row: Values) -> FailureRecord:
    """Of FAILURE_COLUMNS."""
    identity, server, request, stage, at, kind, message, detail, cause = row
    integers(server, request, stage, at, cause)
    known = _STAGES.get(stage, Stage.HANDLE)
    return FailureRecord(
        identity, server, request, known, at, kind, message, _json(detail), _CAUSES.get(cause, Cause.BUG)
    )


def failure_group(row: Values) -> FailureGroup:
    """Of signature, count, first, last, and then server, stage, at, type, message, place and cause of the last."""
    signature, count, first, last, server, stage, at, kind, message, place, cause = row
    integers(count, first, last, server, stage, at, cause)
    known = _STAGES.get(stage, Stage.HANDLE), at, _CAUSES.get(cause, Cause.BUG), server
    return FailureGroup(str(signature), count, first, last, str(kind), str(message), str(place), *known)


def pauses_by_request(rows: Iterable[Values]) -> dict[int, tuple[PauseRecord, ...]]:
    """Of request, at, amount, detail, ordered by time. `at` is the end of a pause; of one that goes on, its start."""
    found: dict[int, list[PauseRecord]] = {}
    for request, at, amount, place in rows:
        integers(request, at, amount)
        span = (at, None) if amount == GOES_ON else (at - amount, at)
        found.setdefault(request, []).append(PauseRecord(str(place), *span))
    return {request: tuple(pauses) for request, pauses in found.items()}


def interference_record(row: Values) -> InterferenceRecord:
    """Of INTERFERENCE_COLUMNS, with means that are known."""
    means, at, amount, detail = row
    integers(means, at, amount)
    return InterferenceRecord(Means(means), at, amount, str(detail))


def slow_record(row: Values) -> SlowRecord:
    """Of SLOW_COLUMNS."""
    stage, started, at, allowed, detail = row
    integers(stage, started, at, allowed)
    return SlowRecord(_STAGES.get(stage, Stage.HANDLE), started, at, allowed, _json(detail))


def chunk_records(rows: Iterable[Values]) -> list[ChunkRecord]:
    """Of id, direction, at, size, flags, data: pieces are put together to what one recv or send delivered."""
    chunks: list[ChunkRecord] = []
    open_pieces: dict[int, list[Values]] = {}
    for row in rows:
        integers(*row[:5])
        pieces = open_pieces.setdefault(row[1], [])
        pieces.append(row)
        if not row[4] & Piece.CONTINUES:
            chunks.append(_chunk(open_pieces.pop(row[1])))
    chunks += [_chunk(pieces) for pieces in open_pieces.values()]
    # A forked child may tell what it answered before its parent has told what was asked.
    return sorted(chunks, key=lambda chunk: (chunk.at, chunk.id))


def _chunk(pieces: list[Values]) -> ChunkRecord:
    identity, direction, at, size = pieces[0][:4]
    data = b"".join(bytes(piece[5]) for piece in pieces)
    flags = 0
    for piece in pieces:
        flags |= piece[4]
    if len(data) < size and not flags & Piece.UNSEEN and not flags & Piece.TRUNCATED:
        flags |= Piece.CUT
    return ChunkRecord(identity, not direction, at, size, Piece(flags & FLAGS & ~Piece.CONTINUES), data)


def load_record(row: Values) -> LoadRecord:
    """Of second, opened, closed, failed, in_flight, bytes_in, bytes_out, p50, p95, p99, queued."""
    return LoadRecord(*integers(*row))


def counters_record(row: Values) -> CountersRecord:
    """Of counters.COLUMNS."""
    return CountersRecord(*integers(*row))


def cpu_record(row: Values) -> CpuRecord:
    """Of the table's columns."""
    server, at, pid, thread, share, rss = row
    integers(server, at, pid, thread, rss)
    return CpuRecord(server, at, pid, thread, float(share), rss)


def output_record(row: Values) -> OutputRecord:
    """Of the table's columns."""
    integers(*row[:5])
    return OutputRecord(*row)


def _json(text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
