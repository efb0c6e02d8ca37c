"""Measures what one recorded fact costs in this interpreter on this machine: noting it, packing it, shipping it."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from ..channel.codec import encode
from ..observe.recorder import Recorder
from ..observe.rows import facts_in
from ..observe.stages import Stage

FACTS = 1000


def cost_of_a_fact() -> int:
    """CPU time in ns, of all threads together; measuring takes a few milliseconds."""
    recorder = Recorder(_pack)
    acceptor = SimpleNamespace(thread=1, cpu=0)
    request: Any = SimpleNamespace(id=1, worker=None, acceptor=acceptor, slot=-1)
    before = time.process_time_ns()
    for _ in range(FACTS):
        recorder.stage_finished(request, Stage.HANDLE, before, before, None)
    recorder.close()
    return (time.process_time_ns() - before) // FACTS


def _pack(records: list[bytes]) -> int:
    count = sum(map(facts_in, records))
    encode(records, count=count, pid=1, sequence=0, emitted=count, dropped=0)
    return count
