"""Closes what a dead host was serving: the one request that brought it down with the place, the others with a hint."""

from __future__ import annotations

import json
from typing import Any

from ..capture.failing import DIED
from ..capture.writer import CaptureWriter
from ..channel.codec import Batch
from ..debug.deaths import CRASHES, Death, death_of, described_frames, fatal_dumps, in_words
from ..observe.facts import Kind
from .hosts import OURS, HostProcess

_FAILED = int(Kind.FAILED)
_CRASHED = [f"killed by {number.name}" for number in CRASHES]
"""How a host tells that a forked child crashed, see observe/orphans.py."""


def close_requests(writer: CaptureWriter, host: HostProcess, code: int, ordered: str | None, at: int) -> Death:
    """Returns how the host died. `ordered`: why we ended it, if we did, which then is the cause for all."""
    death = death_of(code, host.fault_text(), OURS)
    if ordered is not None:
        writer.host_gone(host.number, ordered, at)
        return death
    frames = described_frames(death.frames, OURS)
    culprit = host.box.handled_by(host.pid, death.thread) if death.thread is not None else None
    number = writer.request_killed(host.number, culprit.request, death.cause, at, frames) if culprit else None
    if number is not None:
        writer.host_gone(host.number, f"killed with its process: {death.words} in request #{number}", at)
        return death
    # Nothing tells who did it; a request that was alone with its process at least tells where.
    alone = writer.count_live(host.number) == 1
    writer.host_gone(host.number, death.cause if alone else f"killed with its process: {death.cause}", at, frames)
    return death


def tell_where_children_died(batch: Batch, host: HostProcess) -> None:
    """Complete what a host says about forked children that crashed by what faulthandler wrote in them."""
    rows = [index for index, row in enumerate(batch.rows) if row[0] == _FAILED and DIED.encode() in row[7][:100]]
    if not rows:
        return
    text = host.fault_text()
    host.claim_faults()
    deaths = [death_of(-CRASHES[0], dump, OURS) for dump in fatal_dumps(text)]
    if len({death.place for death in deaths}) != 1:
        return  # several crashed at once, in several places: which was where cannot be told
    frames = described_frames(deaths[0].frames, OURS)
    for index in rows:
        row = batch.rows[index]
        about = _about(row[7])
        if about.get("message") in _CRASHED:
            about |= {"message": about["message"] + in_words(deaths[0].place), "frames": frames}
            batch.rows[index] = (*row[:7], json.dumps(about).encode())


def _about(data: bytes) -> dict[str, Any]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
