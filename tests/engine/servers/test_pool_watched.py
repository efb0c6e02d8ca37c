"""What observers and recorders are told of a thread pool: everything, once, and by whom."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from typing import Any

import pytest

import engine
from engine.observe.blackbox import BlackBox
from engine.observe.facts import Kind, Outcome
from engine.observe.recorder import Recorder
from engine.observe.rows import unfold
from tests.engine.serving import DEADLINE, DatagramEcho, Echo, Notes, ask, serving

HERE = ("127.0.0.1", 0)
REQUESTS = 200
WAIT = 0.1
"""Seconds that a request waits in the queue."""
STAGES = [
    engine.Stage.GET_REQUEST,
    engine.Stage.VERIFY_REQUEST,
    engine.Stage.PROCESS_REQUEST,
    engine.Stage.QUEUE,
    engine.Stage.FINISH_REQUEST,
    engine.Stage.SETUP,
    engine.Stage.HANDLE,
    engine.Stage.FINISH,
    engine.Stage.SHUTDOWN_REQUEST,
]


class Facts:
    """Takes a recorder's rows."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.recorder = Recorder(self._take, black_box=BlackBox(BlackBox.create()))

    def _take(self, records: list[bytes]) -> int:
        rows = unfold(b"".join(records))
        self.rows += rows
        return len(rows)

    def of(self, kind: Kind) -> list[tuple[Any, ...]]:
        """All rows of a kind; stages that still ran when they were told are left out."""
        return [row for row in self.rows if row[0] == kind and not (kind is Kind.STAGE and not row[5])]


class Verifying(engine.ThreadPoolTCPServer):
    """Accepts in the loop."""

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return True


class Brief(engine.ThreadPoolTCPServer):
    """Its threads end soon."""

    worker_idle_timeout = 0.01


def load(server: Any, clients: int = 8) -> None:
    """Ask `REQUESTS` times, some at once."""

    def some(number: int) -> None:
        for turn in range(REQUESTS // clients):
            line = b"%d %d\n" % (number, turn)
            assert ask(server.server_address, line) == line

    threads = [threading.Thread(target=some, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)


@pytest.mark.parametrize("server_class", [engine.ThreadPoolTCPServer, Verifying, Brief])
def test_a_recorder_misses_nothing(server_class: Any) -> None:
    facts = Facts()
    server = server_class(HERE, Echo)
    server.socket.listen(64)
    with serving(server, facts.recorder):
        load(server)
    facts.recorder.close()
    opened, closed = facts.of(Kind.REQUEST_OPENED), facts.of(Kind.REQUEST_CLOSED)
    assert len({row[1] for row in opened}) == len(opened) == REQUESTS
    assert {row[1] for row in closed} == {row[1] for row in opened}
    assert len(closed) == REQUESTS
    assert {row[2] for row in closed} == {Outcome.DONE}
    assert Counter(row[2] for row in facts.of(Kind.STAGE)) == dict.fromkeys(STAGES, REQUESTS)
    received, sent = facts.of(Kind.RECEIVED), facts.of(Kind.SENT)
    assert sorted(row[7] for row in received) == sorted(row[7] for row in sent)
    assert len(sent) == REQUESTS
    assert all(row[4] <= row[5] for row in facts.of(Kind.STAGE))


@pytest.mark.parametrize("server_class", [engine.ThreadPoolTCPServer, Verifying])
def test_workers_live_longer_than_requests(server_class: Any) -> None:
    facts = Facts()
    with serving(server_class(HERE, Echo), facts.recorder) as server:
        load(server, clients=4)
    facts.recorder.close()
    started, ended = facts.of(Kind.WORKER_STARTED), facts.of(Kind.WORKER_ENDED)
    assert sorted(row[3] for row in started) == sorted(row[3] for row in ended)
    assert len(started) < REQUESTS // 2
    work = [row for row in facts.of(Kind.STAGE) if row[2] >= engine.Stage.QUEUE]
    assert {row[3] for row in work} <= {row[3] for row in started}
    by_request: dict[int, set[int]] = {}
    for row in work:
        by_request.setdefault(row[1], set()).add(row[3])
    assert {len(threads) for threads in by_request.values()} == {1}


@pytest.mark.parametrize("server_class", [engine.ThreadPoolTCPServer, Verifying])
def test_an_observer_is_told_of_each_stage(server_class: Any) -> None:
    notes = Notes()
    with serving(server_class(HERE, Echo), notes) as server:
        assert ask(server.server_address, b"hi\n") == b"hi\n"
        (fact,) = notes.wait("request_closed")
        request = fact[1]
        assert notes.stages(request) == [
            stage for stage in STAGES if stage is not engine.Stage.FINISH_REQUEST and stage < 9
        ] + [engine.Stage.FINISH_REQUEST, engine.Stage.SHUTDOWN_REQUEST]
    assert notes.data("received") == notes.data("sent") == b"hi\n"
    assert len(notes.named("worker_started")) == len(notes.named("worker_ended")) >= 1
    assert request.worker.name.startswith(server_class.__name__)


def test_who_comes_late_is_told_of_the_workers() -> None:
    early, late = Notes(), Notes()
    with serving(engine.ThreadPoolTCPServer(HERE, Echo), early) as server:
        ask(server.server_address, b"hi\n")
        early.wait("request_closed")
        server.add_observer(late)
        assert len(late.named("worker_started")) == len(early.named("worker_started"))
        ask(server.server_address, b"hi\n")
        late.wait("request_closed")
        server.remove_observer(early)
        server.remove_observer(late)
        assert ask(server.server_address, b"hi\n") == b"hi\n"
    assert len(late.named("request_opened")) == 1


@pytest.mark.parametrize("recorded", [False, True])
def test_what_is_dropped_is_told_as_rejected(recorded: bool) -> None:
    release, began = threading.Event(), threading.Event()

    class Held(engine.BaseRequestHandler):
        def handle(self) -> None:
            began.set()
            release.wait(DEADLINE)

    class Server(engine.ThreadPoolTCPServer):
        max_workers, queue_limit, overflow = 1, 0, "drop"

    notes, facts = Notes(), Facts()
    with (
        serving(Server(HERE, Held), facts.recorder if recorded else notes) as server,
        socket.create_connection(server.server_address),
    ):
        assert began.wait(DEADLINE)
        assert ask(server.server_address, b"") == b""
        release.set()
    facts.recorder.close()
    outcomes = [row[2] for row in facts.of(Kind.REQUEST_CLOSED)] if recorded else [
        fact[2] for fact in notes.named("request_closed")
    ]  # fmt: skip
    assert sorted(outcomes) == [Outcome.DONE, Outcome.REJECTED]


def test_the_wait_in_the_queue_is_told() -> None:
    release, began = threading.Event(), threading.Event()

    class Held(engine.BaseRequestHandler):
        def handle(self) -> None:
            began.set()
            release.wait(DEADLINE)

    class Server(engine.ThreadPoolTCPServer):
        max_workers, queue_limit = 1, 1

    notes = Notes()
    with serving(Server(HERE, Held), notes) as server, socket.create_connection(server.server_address):
        assert began.wait(DEADLINE)
        with socket.create_connection(server.server_address):
            notes.wait("request_opened", 2)
            threading.Event().wait(WAIT)
            release.set()
            notes.wait("request_closed", 2)
    queued = [(fact[3], fact[4]) for fact in notes.named("stage_finished") if fact[2] is engine.Stage.QUEUE]
    assert len(queued) == 2
    assert queued[1][1] - queued[1][0] > WAIT * 1e9 / 2


def test_datagrams_are_told_whole() -> None:
    facts = Facts()
    with (
        serving(engine.ThreadPoolUDPServer(HERE, DatagramEcho), facts.recorder) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(DEADLINE)
        for number in range(50):
            client.sendto(b"%d" % number, server.server_address)
            assert client.recv(100) == b"%d" % number
    facts.recorder.close()
    assert sorted(row[7] for row in facts.of(Kind.RECEIVED)) == sorted(row[7] for row in facts.of(Kind.SENT))
    assert len(facts.of(Kind.REQUEST_CLOSED)) == 50


def test_the_server_says_that_it_is_a_pool() -> None:
    server = engine.ThreadPoolTCPServer(HERE, Echo)
    with server:
        server.add_observer(Notes())
        assert b'"concurrency": "pool"' in server._ss_place.describe()  # type: ignore[union-attr]  # it is watched
