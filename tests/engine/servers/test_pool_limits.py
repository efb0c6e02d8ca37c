"""The thread pool's limits: it grows and shrinks, nobody starves, and what is too much is treated as was asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

import engine
from engine.servers.watchdog import Trials
from tests.engine.serving import DEADLINE, Notes, serving

HERE = ("127.0.0.1", 0)


class Gate:
    """Holds handlers until they are released, and counts them."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.inside: list[str] = []
        self.open = False

    def enter(self) -> None:
        with self.changed:
            self.inside.append(threading.current_thread().name)
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.open, DEADLINE)

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.inside) >= count, DEADLINE), self.inside

    def release(self) -> None:
        with self.changed:
            self.open = True
            self.changed.notify_all()


@contextmanager
def gated(watched: bool = False, **settings: Any) -> Iterator[tuple[Any, Gate]]:
    """A pool whose handlers wait at a gate, then answer."""
    gate = Gate()

    class Held(engine.BaseRequestHandler):
        def handle(self) -> None:
            gate.enter()
            self.request.sendall(b"x")

    server_class = type("Server", (engine.ThreadPoolTCPServer,), {"request_queue_size": 64, **settings})
    with serving(server_class(HERE, Held), *[Notes()] * watched) as server:
        try:
            yield server, gate
        finally:
            gate.release()


def connect(server: Any) -> socket.socket:
    client = socket.create_connection(server.server_address)
    client.settimeout(DEADLINE)
    return client


def verify(self: Any, request: Any, client_address: Any) -> bool:
    """With this in its class, the loop accepts."""
    return True


WAYS: list[dict[str, Any]] = [{}, {"verify_request": verify}]


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_it_grows_as_needed_and_not_beyond(way: dict[str, Any], watched: bool) -> None:
    with gated(watched, max_workers=4, **way) as (server, gate), ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(10)]
        gate.wait_for(4)
        assert len(set(gate.inside)) == 4
        assert len(server._ss_crew.members) == 4
        gate.release()
        assert [client.recv(1) for client in clients] == [b"x"] * 10
        assert len(set(gate.inside)) == 4


@pytest.mark.parametrize("way", WAYS)
def test_it_shrinks_when_idle(way: dict[str, Any]) -> None:
    with gated(min_workers=2, worker_idle_timeout=0.05, **way) as (server, gate), ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(8)]
        gate.wait_for(8)
        gate.release()
        assert [client.recv(1) for client in clients] == [b"x"] * 8
        members = [member.thread for member in server._ss_crew.members]
        assert len(members) >= 8
        deadline = threading.Event()
        for _ in range(200):
            if len(server._ss_crew.members) == 2:
                break
            deadline.wait(0.05)
        assert len(server._ss_crew.members) == 2
        assert stack.enter_context(connect(server)).recv(1) == b"x"


def test_threads_are_named() -> None:
    with gated(thread_name_prefix="my pool") as (server, gate), connect(server) as client:
        gate.wait_for(1)
        assert gate.inside == ["my pool-1"]
        gate.release()
        assert client.recv(1) == b"x"


def test_min_workers_are_there_from_the_start() -> None:
    with gated(min_workers=3, verify_request=verify) as (server, gate), connect(server):
        gate.wait_for(1)
        assert len(server._ss_crew.members) == 3


@pytest.mark.parametrize("way", WAYS)
def test_waiting_leaves_the_rest_to_the_kernel(way: dict[str, Any]) -> None:
    with gated(max_workers=1, queue_limit=2, overflow="wait", **way) as (server, gate), ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(6)]
        gate.wait_for(1)
        deadline = threading.Event()
        for _ in range(100):
            if len(server._ss_crew.pending) == 2:
                break
            deadline.wait(0.02)
        deadline.wait(0.05)
        assert len(server._ss_crew.pending) == 2
        gate.release()
        assert [client.recv(1) for client in clients] == [b"x"] * 6


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_dropping_closes_the_rest(way: dict[str, Any], watched: bool) -> None:
    with gated(watched, max_workers=1, queue_limit=1, overflow="drop", **way) as (server, gate), ExitStack() as stack:
        served = stack.enter_context(connect(server))
        gate.wait_for(1)
        queued = stack.enter_context(connect(server))
        dropped = [stack.enter_context(connect(server)) for _ in range(3)]
        assert [client.recv(1) for client in dropped] == [b""] * 3
        gate.release()
        assert served.recv(1) == queued.recv(1) == b"x"
        assert stack.enter_context(connect(server)).recv(1) == b"x"


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_the_caller_serves_the_rest(way: dict[str, Any], watched: bool) -> None:
    with (
        gated(watched, max_workers=1, queue_limit=0, overflow="caller", **way) as (server, gate),
        connect(server) as first,
    ):
        gate.wait_for(1)
        with connect(server) as second:
            gate.wait_for(2)
            assert gate.inside[0].startswith("Server-")
            assert "serve_forever" in gate.inside[1]
            gate.release()
            assert first.recv(1) == second.recv(1) == b"x"


@pytest.mark.parametrize("way", WAYS)
def test_a_full_pool_stops_at_once(way: dict[str, Any]) -> None:
    with gated(max_workers=1, queue_limit=0, **way) as (server, gate), connect(server), connect(server):
        gate.wait_for(1)
        server.shutdown(DEADLINE)


def test_waiting_handlers_do_not_starve_others() -> None:
    class Patient(engine.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(self.rfile.readline())

    class Server(engine.ThreadPoolTCPServer):
        request_queue_size = 64

    with serving(Server(HERE, Patient)) as server, ExitStack() as stack:
        silent = [stack.enter_context(connect(server)) for _ in range(30)]
        with connect(server) as client:
            client.sendall(b"hi\n")
            assert client.recv(3) == b"hi\n"
        for client in silent:
            client.sendall(b"yo\n")
            assert client.recv(3) == b"yo\n"


def test_working_handlers_do_not_starve_others() -> None:
    stop = threading.Event()

    class Busy(engine.BaseRequestHandler):
        def handle(self) -> None:
            if self.request.recv(1) == b"b":
                self.request.sendall(b"b")
                while not stop.is_set():
                    pass
            self.request.sendall(b"x")

    with serving(engine.ThreadPoolTCPServer(HERE, Busy)) as server:
        try:
            with connect(server) as busy, connect(server) as client:
                busy.sendall(b"b")
                assert busy.recv(1) == b"b"
                client.sendall(b"c")
                assert client.recv(1) == b"x"
                stop.set()
                assert busy.recv(1) == b"x"
        finally:
            stop.set()


@pytest.mark.loud
def test_thread_starts_that_fail_are_survived(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with gated() as (server, gate), ExitStack() as stack:
        clients = [stack.enter_context(connect(server))]
        gate.wait_for(1)
        monkeypatch.setattr(threading.Thread, "start", start)
        clients += [stack.enter_context(connect(server)) for _ in range(3)]
        deadline = threading.Event()
        for _ in range(100):
            if "Cannot start a worker" in caplog.text:
                break
            deadline.wait(0.02)
        gate.release()
        assert [client.recv(1) for client in clients] == [b"x"] * 4
        monkeypatch.undo()
    assert caplog.text.count("Cannot start a worker") <= 2


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("max_workers", 0, "max_workers must be a whole number from 1 to 10,000, not 0"),
        ("max_workers", 2.5, "max_workers must be a whole number"),
        ("min_workers", 65, "min_workers must be a whole number from 1 to 64, not 65"),
        ("queue_limit", -1, "queue_limit must be a whole number from 0 to 1,000,000, not -1"),
        ("worker_idle_timeout", 0, "worker_idle_timeout must be more than 0 s"),
        ("worker_idle_timeout", "1", "worker_idle_timeout must be more than 0 s"),
        ("overflow", "burst", "overflow must be one of 'wait', 'drop', 'caller', not 'burst'"),
        ("thread_name_prefix", 3, "thread_name_prefix must be a string, not 3"),
    ],
)
def test_what_makes_no_sense_is_refused(setting: str, value: object, says: str) -> None:
    server_class = type("Server", (engine.ThreadPoolTCPServer,), {setting: value})
    with pytest.raises(ValueError, match=says):
        server_class(HERE, engine.BaseRequestHandler)


def test_trials_find_the_best_number() -> None:
    """More candidates serve more up to five, fewer above: the trials come to stay about there."""
    trials, wanted, seen = Trials(), 1, []
    for _ in range(300):
        wanted = trials.next(wanted, min(wanted, 5) - 0.2 * max(0, wanted - 5), busy=False, vacant=True)
        seen.append(wanted)
    assert 4 <= sorted(seen[100:])[100] <= 6


def test_a_busy_processor_wants_one() -> None:
    trials, wanted = Trials(), 8
    for _ in range(10):
        wanted = trials.next(wanted, 1.0, busy=True, vacant=True)
    assert wanted == 1
