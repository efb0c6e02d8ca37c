"""After facts were dropped: asks a host what it really serves, and closes the rest, whose end will never be told."""

from __future__ import annotations

import os
import time
from typing import Any

from ..capture.writer import CaptureWriter
from .entries import Entry
from .hosts import HostProcess
from .runner import Runner

SECOND = 1_000_000_000
AGAIN_FOR = 5 * SECOND
"""So long after the last drop it is asked again: facts without a beginning are taken in a while later."""


class Reconciler:
    """Of one host."""

    def __init__(self, runner: Runner, writer: CaptureWriter, entry: Entry, host: HostProcess) -> None:
        self._runner = runner
        self._writer = writer
        self._entry = entry
        self._host = host
        self._missing = 0
        self._missed_at = -AGAIN_FOR
        self._asked_at = 0
        self._answer: tuple[int, set[int]] | None = None

    def look(self) -> None:
        """Called now and then."""
        self._runner.taker.settle(self._entry, self._host)
        self._runner.joiners.look(self._entry, self._host)
        now = time.monotonic_ns()
        missing = self._host.receiver.ledger.missing
        if missing > self._missing:
            self._missing, self._missed_at = missing, now
        if self._answer is not None:
            self._apply(*self._answer)
        elif now - self._missed_at < AGAIN_FOR and now - self._asked_at > SECOND:
            self._asked_at = now
            self._runner.live_answers[self._host.number] = self._hear
            self._host.tell("live")

    def _hear(self, answer: dict[str, Any]) -> None:
        self._answer = int(answer["emitted"]), {int(number) for number in answer["requests"]}

    def _apply(self, emitted: int, alive: set[int]) -> None:
        """Not before all has come that the host had told when it answered."""
        account = self._host.receiver.ledger.account(self._host.pid)
        if account is None or account.emitted < emitted:
            return
        self._answer = None
        # A child that has not got round to telling anything is known by what it left in the black box.
        self._runner.taker.salvage(self._entry, self._host)
        for request in self._writer.close_unheard(self._host.number, self._host.pid, alive, self._asked_at, _gone):
            self._entry.closed_unheard(request)


def _gone(pid: int, thread: int) -> bool:
    return not os.path.exists(f"/proc/{pid}/task/{thread}")
