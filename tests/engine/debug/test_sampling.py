"""A profile tells lines apart, and computing from waiting; off, there is no thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

import engine
from engine.debug.sampling import LINES_LIMIT, Sampling
from engine.observe import live
from tests.engine.serving import serving

SECONDS = 10


class Worker:
    """A thread that serves a request, as far as the profile can tell."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.mode = self.wait
        self.ready = threading.Event()

    def run(self) -> None:
        live.current[threading.get_ident()] = object()  # type: ignore[assignment]  # only its thread counts
        self.ready.set()
        while not self.over.is_set():
            self.mode()
        del live.current[threading.get_ident()]

    def wait(self) -> None:
        self.over.wait(0.2)

    def compute(self) -> None:
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            sum(range(500))


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker()
    made.thread.start()
    assert made.ready.wait(SECONDS)
    yield made
    made.over.set()
    made.thread.join(SECONDS)


def sampled(worker: Worker, function: str) -> tuple[int, int]:
    """Time and CPU time of the lines of a method, once they have been seen twenty times."""
    code = getattr(Worker, function).__code__
    lines = {line for _, _, line in code.co_lines() if line and line > code.co_firstlineno}
    sampling = Sampling()
    sampling.start()
    deadline = time.monotonic() + SECONDS
    told = sampling.told()
    while told["looks"] < 20 and time.monotonic() < deadline:
        told = sampling.told()
    sampling.stop()
    assert not sampling.told()["on"]
    rows = [row for row in told["lines"] if row[0] == __file__ and row[1] in lines]
    assert rows
    return sum(row[2] for row in rows), sum(row[3] for row in rows)


def test_waiting_is_no_computing(worker: Worker) -> None:
    spent, cpu = sampled(worker, "wait")
    assert cpu < spent / 4


def test_computing_is(worker: Worker) -> None:
    _, waiting = sampled(worker, "wait")
    worker.mode = worker.compute
    spent, cpu = sampled(worker, "compute")
    assert cpu > waiting
    assert spent > 0


def test_off_it_is_not_there() -> None:
    sampling = Sampling()
    before = threading.active_count()
    sampling.start()
    assert threading.active_count() == before + 1
    sampling.stop()
    deadline = time.monotonic() + SECONDS
    while threading.active_count() > before and time.monotonic() < deadline:
        pass
    assert threading.active_count() == before


def test_it_is_bounded(worker: Worker) -> None:
    sampling = Sampling()
    sampling._lines = {("/x.py", line): [1, 0] for line in range(LINES_LIMIT)}
    sampling.look(time.monotonic_ns())
    assert len(sampling._lines) == LINES_LIMIT
    assert len(sampling.told()["lines"]) <= 400


class Handler(engine.StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.readline()


def test_only_threads_that_serve_requests_count() -> None:
    sampling = Sampling()
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Handler)):
        sampling.look(time.monotonic_ns())
    assert sampling.told()["lines"] == []
