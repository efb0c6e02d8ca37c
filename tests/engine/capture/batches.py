"""Makes batches of facts as hosts send them, in a few words."""

from __future__ import annotations

import json
from typing import Any

from engine.channel.codec import Batch, Row
from engine.observe.facts import Kind, Means, Outcome
from engine.observe.stages import Stage

PID = 4000
SECOND = 1_000_000_000
START = 5 * SECOND
"""Early: what is open must have been so for a while even on a machine that has just booted."""


def number(running: int, pid: int = PID) -> int:
    """A request's number in its host."""
    return pid << 32 | running


def opened(request: int, at: int = START, *, server: int = 1, peer: str = "127.0.0.1:5000", thread: int = PID) -> Row:
    """REQUEST_OPENED."""
    return (Kind.REQUEST_OPENED, request, server, thread, at, 0, 0, f"{peer}\x00127.0.0.1:9".encode())


def closed(request: int, at: int = START + 9, outcome: Outcome = Outcome.DONE, *, thread: int = PID + 1) -> Row:
    """REQUEST_CLOSED."""
    return (Kind.REQUEST_CLOSED, request, outcome, thread, at, 0, 0, b"")


def stage(request: int, which: Stage, started: int, ended: int = 0, *, cpu: int = -1, thread: int = PID + 1) -> Row:
    """STAGE; without `ended` it runs."""
    return (Kind.STAGE, request, which, thread, started, ended, cpu, b"")


def received(
    request: int, data: bytes, at: int = START + 3, *, flags: int = 0, size: int | None = None, took: int = 0
) -> Row:
    """RECEIVED."""
    return (Kind.RECEIVED, request, flags, PID + 1, at, took, len(data) if size is None else size, data)


def sent(
    request: int, data: bytes, at: int = START + 4, *, flags: int = 0, size: int | None = None, took: int = 0
) -> Row:
    """SENT."""
    return (Kind.SENT, request, flags, PID + 1, at, took, len(data) if size is None else size, data)


def failed(request: int, which: Stage, error: str, message: str, *, severe: bool = True, **more: Any) -> Row:
    """FAILED."""
    detail = json.dumps({"type": error, "message": message, **more}).encode()
    return (Kind.FAILED, request, which, PID + 1, START + 5, 0, int(severe), detail)


def interfered(request: int, means: Means, amount: int = 0, detail: str = "", at: int = START + 6) -> Row:
    """INTERFERED."""
    return (Kind.INTERFERED, request, means, PID + 1, at, 0, amount, detail.encode())


def worker_started(thread: int, name: str = "", *, at: int = START, value: int = PID) -> Row:
    """WORKER_STARTED."""
    return (Kind.WORKER_STARTED, 0, 1, thread, at, 0, value, name.encode())


def worker_ended(thread: int, *, at: int = START + 9, status: int = -1, cpu: int = 0, memory: bytes = b"") -> Row:
    """WORKER_ENDED."""
    return (Kind.WORKER_ENDED, 0, 1, thread, at, cpu, status, memory)


def whole(running: int, at: int = START, *, took: int = 100, outcome: Outcome = Outcome.DONE) -> list[Row]:
    """All facts of an echo."""
    request = number(running)
    return [
        opened(request, at),
        stage(request, Stage.VERIFY_REQUEST, at, at + 1, thread=PID),
        stage(request, Stage.QUEUE, at + 2, at + 3),
        stage(request, Stage.SETUP, at + 4, at + 5),
        received(request, b"ping", at + 6),
        sent(request, b"pong!", at + 7),
        stage(request, Stage.HANDLE, at + 5, at + took - 3, cpu=1),
        stage(request, Stage.FINISH, at + took - 3, at + took - 2),
        stage(request, Stage.FINISH_REQUEST, at + 4, at + took - 1, cpu=2),
        closed(request, at + took, outcome),
    ]


class Sending:
    """Numbers batches as a host's sender does."""

    def __init__(self, pid: int = PID) -> None:
        self.pid = pid
        self.sequence = 0
        self.emitted = 0
        self.dropped = 0

    def batch(self, *rows: Row, dropped: int = 0) -> Batch:
        """The next batch."""
        self.emitted += len(rows) + dropped
        self.dropped += dropped
        self.sequence += 1
        # Plain integers, as they arrive from another process.
        plain = [(*map(int, row[:-1]), row[-1]) for row in rows]
        return Batch(self.pid, self.sequence - 1, self.emitted, self.dropped, plain)  # type: ignore[arg-type]
