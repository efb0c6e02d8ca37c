"""The last words for a request whose forked child died without closing it."""

from __future__ import annotations

import json
import os
import signal

from .blackbox import BlackBox
from .facts import Kind, Outcome, Piece
from .request import Request, Worker, now
from .rows import pack

_ORDERLY = (0, 1)
"""Exit codes with which a child ends by itself, its request served or failed."""


def bury(worker: Worker, request: Request, box: BlackBox | None) -> list[bytes]:
    """Records that a collected child did not send: bytes, the end and its cause. Frees the slot of the box."""
    entry = box.entry(request.slot) if box is not None and request.slot >= 0 else None
    known = box is not None and request.slot >= 0
    if box is not None and request.slot >= 0:
        box.free(request.slot)
        request.slot = -1
    if (known and entry is None) or (not known and not _killed(worker.status)):
        return []
    at = now()
    records: list[bytes] = []
    if entry is not None and entry.received > entry.shipped:
        missing = entry.data[entry.shipped :]
        flags = Piece.CUT if entry.received - entry.shipped > len(missing) else Piece.WHOLE
        size = entry.received - entry.shipped
        records.append(pack(Kind.RECEIVED, request.id, flags, worker.thread, at, 0, size, missing))
    stage = entry.stage if entry is not None else request.stage
    about = {"type": "WorkerDied", "message": cause_of(worker.status)}
    records.append(pack(Kind.FAILED, request.id, stage, worker.thread, at, 0, 0, json.dumps(about).encode()))
    records.append(pack(Kind.REQUEST_CLOSED, request.id, Outcome.KILLED, worker.thread, at, 0, 0, b""))
    return records


def _killed(status: int) -> bool:
    return status >= 0 and os.waitstatus_to_exitcode(status) not in _ORDERLY


def cause_of(status: int) -> str:
    """A wait status in words: `killed by SIGSEGV`, `exited with code 3`."""
    if status < 0:
        return "ended without closing its request"
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exited with code {code} in the middle of a request"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
