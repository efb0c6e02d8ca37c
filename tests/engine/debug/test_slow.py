"""Stages that last too long are told once, with the stack; who waits for the peer is not slow."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import engine
from engine import Stage
from engine.debug.slow import Lookout, SlowStage, is_calm
from engine.debug.whereabouts import Doing, whereabouts
from engine.observe import live
from engine.observe.request import Request, now
from tests.engine.serving import DEADLINE, Notes, serving
from tests.journeys.headless import until

MS = 1_000_000


class Steps(engine.StreamRequestHandler):
    """Does what a line says, until it is told to go on."""

    go_on: threading.Event
    lock: Any

    def handle(self) -> None:
        for line in self.rfile:
            if line == b"work\n":
                self.wfile.write(b"working\n")
                self.work()
            self.wfile.write(b"done\n")

    def work(self) -> None:
        self.go_on.wait(DEADLINE)


class Quiet(engine.ThreadingTCPServer):
    """Says nothing when a client leaves without its answer."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class Bench:
    """A server whose requests a test looks at, at times of its own."""

    def __init__(self, server: Any, notes: Notes) -> None:
        self.server = server
        self.notes = notes
        self.told: list[SlowStage] = []
        self.lookout = Lookout(self.told.append, after=1.0, accepting=0.1)
        self.at = now()

    def look(self, after_ms: int = 0) -> list[SlowStage]:
        """Look, so much later than the last time; returns what has been told until now."""
        self.at = max(self.at, now()) + after_ms * MS
        mine = [request for request in list(live.requests.values()) if request.server is self.server]
        self.lookout.look(mine, self.at)
        return self.told


@pytest.fixture
def bench() -> Iterator[Bench]:
    Steps.go_on = threading.Event()
    notes = Notes()
    with serving(Quiet(("127.0.0.1", 0), Steps), notes) as server:
        yield Bench(server, notes)
        Steps.go_on.set()


def connect(bench: Bench) -> socket.socket:
    sock = socket.create_connection(bench.server.server_address, DEADLINE)
    wait_in(bench, Doing.RECEIVE)
    return sock


def wait_in(bench: Bench, doing: Doing, count: int = 1) -> None:
    """Wait until so many handlers have got so far."""

    def there() -> bool:
        workers = [request.worker for request in list(live.requests.values()) if request.server is bench.server]
        threads = [worker.thread for worker in workers if worker is not None]
        return [entry["doing"] for entry in whereabouts(threads)].count(doing) >= count if threads else False

    until(there)


def test_a_stage_that_lasts_is_told_once_with_its_stack(bench: Bench) -> None:
    with connect(bench) as client:
        client.sendall(b"work\n")
        assert client.recv(100) == b"working\n"
        wait_in(bench, Doing.SIGNAL)
        assert bench.look() == []
        assert bench.look(900) == []
        (slow,) = bench.look(200)
        assert (slow.stage, slow.limit, slow.at) == (Stage.HANDLE, 1_000_000_000, bench.at)
        assert slow.request.bytes_in == 5
        assert slow.about["doing"] == "signal"
        assert slow.about["call"] == "self.go_on.wait(DEADLINE)"
        own = [frame["function"] for frame in slow.frames if frame["file"] == __file__]
        assert own[-2:] == ["Steps.handle", "Steps.work"]
        assert len(bench.look(5000)) == 1
        Steps.go_on.set()


def test_who_waits_for_the_peer_is_not_slow_however_long(bench: Bench) -> None:
    with connect(bench):
        for _ in range(5):
            assert bench.look(60_000) == []


def test_time_counts_from_the_last_byte(bench: Bench) -> None:
    """A connection that has been kept for long, and answers now and then, is as young as its last answer."""
    with connect(bench) as client:
        bench.look(60_000)
        client.sendall(b"work\n")
        assert client.recv(100) == b"working\n"
        wait_in(bench, Doing.SIGNAL)
        assert bench.look() == []
        assert bench.look(900) == []
        assert len(bench.look(200)) == 1
        Steps.go_on.set()


def test_after_waiting_for_the_peer_it_is_looked_at_again(bench: Bench) -> None:
    """Bytes that come are noticed though the next look at an idle one may be far away."""
    with connect(bench) as client:
        bench.look(1100)
        assert bench.look(500) == []
        client.sendall(b"work\n")
        assert client.recv(100) == b"working\n"
        wait_in(bench, Doing.SIGNAL)
        bench.look(100)
        assert len(bench.look(1100)) == 1
        Steps.go_on.set()


class Doorman(engine.ThreadingTCPServer):
    """Takes long to decide whom it lets in."""

    go_on: threading.Event
    entered: threading.Event

    def verify_request(self, request: Any, client_address: Any) -> bool:
        self.entered.set()
        self.go_on.wait(DEADLINE)
        return True


def test_the_accepting_thread_has_less_time() -> None:
    Doorman.go_on, Doorman.entered, Steps.go_on = threading.Event(), threading.Event(), threading.Event()
    notes = Notes()
    with serving(Doorman(("127.0.0.1", 0), Steps), notes) as server:
        bench = Bench(server, notes)
        with socket.create_connection(server.server_address, DEADLINE):
            assert Doorman.entered.wait(DEADLINE)
            bench.look()
            (slow,) = bench.look(110)
            assert (slow.stage, slow.limit) == (Stage.VERIFY_REQUEST, 100 * MS)
            assert "Doorman.verify_request" in [frame["function"] for frame in slow.frames]
            Doorman.go_on.set()


class Queueing(engine.ThreadPoolTCPServer):
    """One worker; the loop accepts, for it has something to say about it, and lets the others wait."""

    max_workers = 1

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return True


def test_waiting_in_the_queue_has_no_stack() -> None:
    Steps.go_on = threading.Event()
    notes = Notes()
    server = Queueing(("127.0.0.1", 0), Steps)
    with serving(server, notes):
        bench = Bench(server, notes)
        with socket.create_connection(server.server_address, DEADLINE) as first:
            first.sendall(b"work\n")
            assert first.recv(100) == b"working\n"
            with socket.create_connection(server.server_address, DEADLINE):
                notes.wait("request_opened", 2)
                wait_in(bench, Doing.SIGNAL)
                until(lambda: Stage.QUEUE in [one.stage for one in list(live.requests.values())])
                bench.look()
                slow = {one.stage: one for one in bench.look(2000)}
                assert (slow[Stage.QUEUE].about["doing"], slow[Stage.QUEUE].frames) == ("queue", [])
                assert "Steps.work" in [frame["function"] for frame in slow[Stage.HANDLE].frames]
                Steps.go_on.set()


def test_zero_is_never(bench: Bench) -> None:
    told: list[SlowStage] = []
    never = Lookout(told.append, after=0, accepting=0)
    with connect(bench) as client:
        client.sendall(b"work\n")
        assert client.recv(100) == b"working\n"
        requests: list[Request] = list(live.requests.values())
        never.look(requests, now())
        never.look(requests, now() + 10**12)
        assert told == []
        Steps.go_on.set()


@pytest.mark.parametrize("limits", [{"after": -1}, {"accepting": float("nan")}, {"after": 1e10}])
def test_limits_have_a_range(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must be 0 or more seconds"):
        Lookout(print, **limits)


def test_many_are_looked_at_a_few_at_a_time(bench: Bench) -> None:
    found: queue.Queue[SlowStage] = queue.Queue()
    lookout = Lookout(found.put, after=1.0)
    with contextlib.ExitStack() as clients:
        for _ in range(20):
            client = clients.enter_context(socket.create_connection(bench.server.server_address, DEADLINE))
            client.sendall(b"work\n")
            assert client.recv(100) == b"working\n"
        wait_in(bench, Doing.SIGNAL, 20)
        mine = [request for request in list(live.requests.values()) if request.server is bench.server]
        lookout.look(mine, now())
        lookout.look(mine, now() + 2_000 * MS)
        assert found.qsize() == 16
        lookout.look(mine, now() + 2_200 * MS)
        assert found.qsize() == 20
        Steps.go_on.set()


@pytest.mark.parametrize(
    ("doing", "files", "stage", "calm"),
    [
        (Doing.RECEIVE, ["/my/handler.py", "/x/engine/observe/tap.py"], Stage.HANDLE, True),
        (Doing.RECEIVE, ["/my/handler.py"], Stage.HANDLE, False),  # from another server
        (Doing.RECEIVE, ["/lib/ssl.py"], Stage.HANDSHAKE, True),
        (Doing.SEND, ["/my/handler.py", "/x/engine/observe/tap.py"], Stage.HANDLE, False),
        (Doing.HELD, ["/x/engine/debug/waiting.py"], Stage.HANDLE, True),
        (Doing.SLEEP, ["/my/handler.py"], Stage.HANDLE, False),
        (Doing.RUNNING, ["/my/handler.py", "/x/_pydevd_bundle/pydevd_frame.py"], Stage.HANDLE, True),
    ],
)
def test_who_is_waited_for_decides(doing: Doing, files: list[str], stage: Stage, calm: bool) -> None:
    about = {"doing": doing, "frames": [{"file": file, "line": 1, "function": "f"} for file in files]}
    assert is_calm(about, stage) is calm
