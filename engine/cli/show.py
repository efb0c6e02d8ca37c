"""`socketscope show`: the requests of a capture, as a table or as JSON."""

from __future__ import annotations

import argparse
import base64
import os
import sys
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ..capture.filters import Filter, FilterError, parse
from ..capture.reader import BadCapture, CaptureReader
from ..capture.records import ChunkRecord, ConnectionRecord, OutputRecord, RequestRecord, State, WorkerRecord
from ..observe.facts import Means
from ..observe.stages import Stage
from .summary import show_summary
from .terminal import BAD_INPUT, complain, safe, safe_bytes, say, say_json

WINDOW = 500
BYTES_LIMIT = 1 << 30
TEXT_LIMIT = 100
HEADER = f"{'#':>6}  {'time':12}  {'server':16}  {'peer':21}  {'worker':14}  {'in':>8}  {'out':>8}  {'ms':>9}  state"


def show(options: argparse.Namespace) -> int:
    """Print every request that the filter lets through."""
    if options.summary and (options.where or options.bytes):
        return complain("--summary is about whole runs: it takes neither --where nor --bytes.", BAD_INPUT)
    try:
        where = parse(options.where)
        with CaptureReader(options.capture) as reader:
            return _show(reader, where, options)
    except FilterError as error:
        return complain(f"The filter cannot be understood: {error.message}", BAD_INPUT)
    except BadCapture as error:
        return complain(str(error), BAD_INPUT)
    except BrokenPipeError:
        # Whoever read the table has seen enough; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _show(reader: CaptureReader, where: Filter, options: argparse.Namespace) -> int:
    if options.summary:
        return show_summary(reader, as_json=options.json)
    if options.json:
        for request in _requests(reader, where):
            say_json(request_json(reader, request, with_bytes=options.bytes))
        return 0
    say(HEADER)
    offset, names = reader.wall_offset, {server.id: server.name for server in reader.servers()}
    # Who looks for certain requests does not want the servers' story between them.
    log = deque(() if options.where else _log(reader))
    for request in _requests(reader, where):
        while log and log[0].at <= request.opened:
            say(_log_line(log.popleft(), names, offset))
        say(_row(request, offset))
        for chunk in reader.chunks(request.id, BYTES_LIMIT) if options.bytes else ():
            say(_chunk_line(chunk))
    for line in log:
        say(_log_line(line, names, offset))
    return 0


def _log(reader: CaptureReader) -> Iterator[OutputRecord]:
    """What Socketscope itself noted about the servers."""
    last = 0
    while lines := reader.output(None, last, WINDOW):
        last = lines[-1].id
        yield from (line for line in lines if line.stream == 0)


def _requests(reader: CaptureReader, where: Filter) -> Iterator[RequestRecord]:
    numbers = reader.ids(where)
    for start in range(0, len(numbers), WINDOW):
        yield from reader.requests_by_id(numbers[start : start + WINDOW])


def request_json(reader: CaptureReader, request: RequestRecord, *, with_bytes: bool) -> dict[str, Any]:
    """One request as a JSON object."""
    item: dict[str, Any] = {
        "id": request.id,
        "server": request.server_name,
        "transport": request.transport,
        "peer": request.peer,
        "local": request.local,
        "worker": _worker(request.worker),
        "state": request.state.word,
        "connection": _connection(request.connection),
        "opened": request.opened,
        "closed": request.closed,
        "bytes_in": request.bytes_in,
        "bytes_out": request.bytes_out,
        "stages": [
            {"stage": part.stage.method, "started": part.started, "ended": part.ended, "cpu": part.cpu}
            for part in request.stages
        ],
        "handle": _handle(reader, request),
        "slow": [
            {"stage": one.stage.method, "started": one.started, "noticed": one.at, "allowed": one.allowed, **one.detail}
            for one in (reader.slow_stages(request.id) if request.slow else ())
        ],
        "version": reader.version_of(request),
        "error": _error(reader, request),
        "done_to": [
            {"by": one.means.word, "at": one.at, "amount": one.amount, "detail": one.detail}
            for one in (reader.interferences(request.id) if request.touched else ())
        ],
    }
    if with_bytes:
        item["chunks"] = [_chunk(chunk) for chunk in reader.chunks(request.id, BYTES_LIMIT)]
    return item


def _connection(connection: ConnectionRecord | None) -> dict[str, Any] | None:
    """Where the connection of a live request stands, and since when."""
    return {"state": connection.state.value, "since": connection.since} if connection is not None else None


def _worker(worker: WorkerRecord | None) -> dict[str, Any] | None:
    """Who served it; of a child process also how that ended and what it used in all, as far as it is known."""
    if worker is None:
        return None
    told = {"pid": worker.pid, "thread": worker.thread, "name": worker.name}
    used = {"status": worker.status, "cpu": worker.cpu, "memory": worker.memory}
    return told | used if worker.child else told


def _handle(reader: CaptureReader, request: RequestRecord) -> dict[str, int] | None:
    """Where the time of `handle` went, in ns."""
    waits = reader.waits(request)
    if waits is None:
        return None
    calls = {"receiving": waits.receiving, "sending": waits.sending}
    return {"lasted": waits.lasted, "cpu": waits.cpu, **calls, "otherwise": waits.otherwise}


def _error(reader: CaptureReader, request: RequestRecord) -> dict[str, Any] | None:
    if request.error is None:
        return None
    failure = reader.failure(request.id)
    stage = failure.stage if failure is not None else request.stage
    cause = failure.cause.word if failure is not None else None
    return {"type": request.error, "message": request.message or "", "stage": Stage(stage).method, "cause": cause}


def _chunk(chunk: ChunkRecord) -> dict[str, Any]:
    return {
        "direction": "in" if chunk.received else "out",
        "at": chunk.at,
        "size": chunk.size,
        "data": base64.b64encode(chunk.data).decode("ascii"),
    }


def _clock(at: int, wall_offset: int) -> str:
    return datetime.fromtimestamp((at + wall_offset) / 1e9).strftime("%H:%M:%S.%f")[:12]


def _log_line(line: OutputRecord, names: dict[int, str], wall_offset: int) -> str:
    return f"{'-':>6}  {_clock(line.at, wall_offset)}  {_cell(names.get(line.server, ''), 16):16}  {safe(line.line)}"


def _row(request: RequestRecord, wall_offset: int) -> str:
    opened = _clock(request.opened, wall_offset)
    held = request.paused(request.closed or 0)
    took = f"{(request.closed - request.opened - held) / 1e6:.3f}" if request.closed is not None else "…"
    worker = request.worker
    who = "" if worker is None else f"pid {worker.pid}" if worker.child else worker.name
    state = _state(request) + (f" {request.held}" if request.held else "")
    state += (f": {request.error}" if request.error else "") + _touches(request)
    cells = (
        f"{request.id:>6}", opened, f"{_cell(request.server_name, 16):16}", f"{_cell(request.peer, 40):21}",
        f"{_cell(who, 14):14}", f"{request.bytes_in:>8}", f"{request.bytes_out:>8}", f"{took:>9}", _cell(state, 80),
    )  # fmt: skip
    return "  ".join(cells)


def _state(request: RequestRecord) -> str:
    """As the window says it: of a live one that nobody holds, where its connection stands."""
    if request.connection is not None and request.state is not State.PAUSED:
        return request.connection.state.value
    return request.state.word.replace("_", " ")


def _touches(request: RequestRecord) -> str:
    words = ", ".join(means.word.replace("_", " ") for means in Means.among(request.touched))
    return f" ({words})" if words else ""


def _cell(text: str, limit: int) -> str:
    shown = safe(text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _chunk_line(chunk: ChunkRecord) -> str:
    text = safe_bytes(chunk.data[:TEXT_LIMIT])
    more = "…" if len(chunk.data) > TEXT_LIMIT else ""
    arrow = "←" if chunk.received else "→"
    return f"        {arrow} {chunk.size:>6} B  {text}{more}"
