"""What a host that died or hangs was serving: takes over from its black box what its facts have not told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..observe.blackbox import BlackBoxEntry
from ..observe.facts import Piece
from ..observe.stages import Stage
from .intake import Intake
from .live import SALVAGED, Live


def salvage(intake: Intake, key: int, servers: Mapping[int, int], entries: Iterable[BlackBoxEntry]) -> list[int]:
    """Complete the live requests of a host; returns their numbers. Again, and facts after it, do no harm."""
    host = intake.host(key)
    host.servers = servers
    numbers: list[int] = []
    for entry in entries:
        if host.over(entry.request):
            continue
        live = host.find(entry.request) or _open(intake, key, entry)
        if live is not None and live.closed is None:
            _complete(intake, live, entry)
            numbers.append(live.id)
    return numbers


def _open(intake: Intake, key: int, entry: BlackBoxEntry) -> Live | None:
    host = intake.host(key)
    server = host.servers.get(entry.server)
    if server is None:
        return None
    live = intake.open(host, entry.request, server, entry.opened)
    live.peer, live.acceptor = entry.peer, (entry.pid, entry.thread)
    intake.replay(host, entry.request)
    return live


def _complete(intake: Intake, live: Live, entry: BlackBoxEntry) -> None:
    handed_over = (entry.pid, entry.thread) != live.acceptor or entry.stage > Stage.QUEUE
    if live.worker is None and handed_over:
        live.worker = intake.workers.seen(live.host, live.server, entry.pid, entry.thread, entry.since)
    if entry.since > live.stage_at:
        live.stage, live.stage_at = int(entry.stage), entry.since
        intake.runs(live, int(entry.stage), entry.since)
    missing = entry.received - live.bytes_in
    if missing > 0:
        _add_bytes(intake, live, entry, missing)
    intake.touch(live)


def _add_bytes(intake: Intake, live: Live, entry: BlackBoxEntry, missing: int) -> None:
    data = entry.data[live.bytes_in :]
    flags = SALVAGED | (Piece.CUT if len(data) < missing else Piece.WHOLE)
    at = max(entry.since, live.heard)  # the box has no time of them, but they came after what was told
    intake.pending.chunks += (live.id, 0, at, missing, int(flags), data)
    intake.count_bytes(live, False, at, missing)
    live.salvaged += missing
