"""What workers are called wherever there is little room: T-12, P-3, pid 4711, Main."""

from __future__ import annotations

import re

from app.text import safe_text
from engine.capture.records import WorkerRecord

MAIN = "Main"
LONGEST = 40

_NUMBERED = re.compile(r"Thread-(\d+)(?: \(|$)")
_POOLED = re.compile(r"ThreadPool(?:TCP|UDP|UnixStream|UnixDatagram)Server-(\d+)$")


def short_name(worker: WorkerRecord) -> str:
    """One name for table, lanes, inspector and charts."""
    if worker.child:
        return f"pid {worker.pid}"
    return thread_name(worker.name) or f"tid {worker.thread}"


def thread_name(name: str) -> str:
    """T-12 for "Thread-12 (process_request_thread)": the bracket says nothing here. Names given by people stay.

    P-3 is the third thread of a pool.
    """
    numbered = _NUMBERED.match(name)
    if numbered:
        return f"T-{numbered[1]}"
    if pooled := _POOLED.match(name):
        return f"P-{pooled[1]}"
    return MAIN if name == "MainThread" else safe_text(name.partition(" (")[0], LONGEST)
