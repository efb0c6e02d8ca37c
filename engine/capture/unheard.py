"""Closes requests and workers whose end was among the facts that were dropped: they would be live for ever."""

from __future__ import annotations

from collections.abc import Callable, Collection

from .intake import Intake
from .records import State

UNHEARD = "How it ended was not recorded: facts were dropped."


def close_unheard(
    intake: Intake, key: int, own: int, alive: Collection[int], before: int, gone: Callable[[int, int], bool]
) -> list[int]:
    """Close what was opened before a time and is not alive; returns the requests' own numbers.

    `alive` are the requests that the host, process `own`, says it serves. What other processes serve, and may have
    accepted themselves, it does not know: those are over when their worker is `gone`, a question by pid and thread.
    """
    host = intake.host(key)
    closed: list[int] = []
    for live in list(host.requests.values()):
        pid, thread = (live.key >> 32,) * 2 if live.worker is None else (live.worker.pid, live.worker.thread)
        over = live.key not in alive if pid == own else gone(pid, thread)
        if over and live.opened < before:
            live.message = UNHEARD
            intake.close(live, State.DONE, max(live.stage_at, live.opened))
            closed.append(live.key)
    for workers in host.workers.values():
        for worker in workers.values():
            if worker.ended is None and gone(worker.pid, worker.thread):
                intake.workers.end(worker, before, None)
    return closed
