"""Datagrams told to a recorder: one record each, the rows of the long way, and whatever goes wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections import Counter
from typing import Any

import pytest

import engine
from engine import Stage
from engine.observe.blackbox import SLOTS, BlackBox
from engine.observe.facts import Kind, Outcome
from engine.observe.recorder import Recorder
from engine.observe.rows import DATAGRAM, Row, unfold
from engine.servers.handlers import is_bare
from tests.engine.serving import DEADLINE, serving

BUSY = 1_000_000
"""ns of computing."""
ONE_BY_ONE = {
    Stage.GET_REQUEST, Stage.VERIFY_REQUEST, Stage.PROCESS_REQUEST, Stage.FINISH_REQUEST, Stage.SETUP, Stage.HANDLE,
    Stage.FINISH, Stage.SHUTDOWN_REQUEST,
}  # fmt: skip


class Answer(engine.BaseRequestHandler):
    def handle(self) -> None:
        self.request[1].sendto(self.request[0].upper(), self.client_address)


class Facts:
    """A recorder, and all that it ships."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self._news = threading.Condition()
        self.box = BlackBox(BlackBox.create())
        self.recorder = Recorder(self._take, black_box=self.box)

    def _take(self, records: list[bytes]) -> int:
        with self._news:
            self.records += records
            self._news.notify_all()
        return len(records)

    @property
    def rows(self) -> list[Row]:
        return unfold(b"".join(self.records))

    def of(self, kind: Kind) -> list[Row]:
        return [row for row in self.rows if row[0] == kind]

    def wait(self, kind: Kind, count: int = 1) -> list[Row]:
        with self._news:
            assert self._news.wait_for(lambda: len(self.of(kind)) >= count, DEADLINE), self.rows
        return self.of(kind)


@pytest.fixture
def facts() -> Facts:
    return Facts()


def client_of(server: Any) -> socket.socket:
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(DEADLINE)
    client.connect(server.server_address)
    return client


def test_each_datagram_is_one_record_of_all_rows(facts: Facts) -> None:
    server = engine.UDPServer(("127.0.0.1", 0), Answer)
    with client_of(server) as client, serving(server, facts.recorder):
        for number in range(50):
            client.send(b"n%d" % number)
            assert client.recv(9) == b"N%d" % number
        facts.wait(Kind.REQUEST_CLOSED, 50)
        peer = f"127.0.0.1:{client.getsockname()[1]}"
    facts.recorder.close()
    whole = [record for record in facts.records if record[1] == DATAGRAM]
    assert len(whole) > 25  # a neighbour may have made some of them slow
    kinds = Counter(row[0] for row in unfold(whole[0]))
    assert kinds == {Kind.STAGE: 8, **dict.fromkeys((5, 6, 8, 9), 1)}
    opened = facts.of(Kind.REQUEST_OPENED)
    assert {row[7] for row in opened} == {f"{peer}\x00127.0.0.1:{server.server_address[1]}".encode()}
    assert [row[7] for row in facts.of(Kind.RECEIVED)] == [b"n%d" % number for number in range(50)]
    assert [row[7] for row in facts.of(Kind.SENT)] == [b"N%d" % number for number in range(50)]
    for request in (row[1] for row in opened):
        stages = [row for row in facts.of(Kind.STAGE) if row[1] == request and row[5]]
        assert {row[2] for row in stages} == ONE_BY_ONE
        assert all(row[4] <= row[5] and 0 <= row[6] <= row[5] - row[4] for row in stages)
    assert facts.box.live() == []
    assert len(facts.box._free) == SLOTS


def test_one_that_takes_long_is_told_meanwhile(facts: Facts) -> None:
    release = threading.Event()

    class Slow(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.request[1].sendto(b"1", self.client_address)
            release.wait(DEADLINE)
            self.request[1].sendto(b"2", self.client_address)

    server = engine.UDPServer(("127.0.0.1", 0), Slow)
    with client_of(server) as client, serving(server, facts.recorder):
        client.send(b"x")
        facts.wait(Kind.RECEIVED)
        while not [row for row in facts.rows if row[0] == Kind.STAGE and row[2] == Stage.HANDLE and not row[5]]:
            facts.wait(Kind.STAGE, len(facts.of(Kind.STAGE)) + 1)
        assert not facts.of(Kind.REQUEST_CLOSED)
        (entry,) = facts.box.live()
        assert (entry.stage, entry.data) == (Stage.HANDLE, b"x")
        release.set()
        facts.wait(Kind.REQUEST_CLOSED)
    facts.recorder.close()
    assert {kind: len(facts.of(kind)) for kind in (Kind.REQUEST_OPENED, Kind.RECEIVED, Kind.REQUEST_CLOSED)} == {
        Kind.REQUEST_OPENED: 1, Kind.RECEIVED: 1, Kind.REQUEST_CLOSED: 1,
    }  # fmt: skip
    assert [row[7] for row in facts.of(Kind.SENT)] == [b"1", b"2"]
    ended = [row for row in facts.of(Kind.STAGE) if row[5]]
    assert {row[2] for row in ended} == ONE_BY_ONE
    handle = next(row for row in ended if row[2] == Stage.HANDLE)
    assert handle[6] < handle[5] - handle[4]  # it waited
    assert not facts.recorder._live


def test_time_on_a_cpu_is_told_from_waiting(facts: Facts) -> None:
    class Busy(engine.BaseRequestHandler):
        def handle(self) -> None:
            until = time.thread_time_ns() + BUSY
            while time.thread_time_ns() < until:
                pass

    server = engine.UDPServer(("127.0.0.1", 0), Busy)
    with client_of(server) as client, serving(server, facts.recorder):
        client.send(b"x")
        facts.wait(Kind.REQUEST_CLOSED)
    facts.recorder.close()
    (handle,) = [row for row in facts.of(Kind.STAGE) if row[2] == Stage.HANDLE and row[5]]
    assert BUSY <= handle[6] <= handle[5] - handle[4]


@pytest.mark.parametrize("broken", ["setup", "handle", "finish"])
def test_one_that_fails(facts: Facts, broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(self: Any) -> None:
        raise ValueError(broken)

    handler = type("Broken", (Answer,), {broken: fail})
    server = engine.UDPServer(("127.0.0.1", 0), handler)
    with client_of(server) as client, serving(server, facts.recorder):
        client.send(b"x")
        facts.wait(Kind.REQUEST_CLOSED)
    facts.recorder.close()
    (failed,) = facts.of(Kind.FAILED)
    assert (Stage(failed[2]).method, json.loads(failed[7])["message"]) == (broken, broken)
    assert [row[2] for row in facts.of(Kind.REQUEST_CLOSED)] == [Outcome.ERROR]
    ended = {row[2] for row in facts.of(Kind.STAGE) if row[5]}
    skipped = {Stage.HANDLE, Stage.FINISH} if broken == "setup" else set()
    assert ended == (ONE_BY_ONE | {Stage.HANDLE_ERROR}) - skipped
    assert [row[7] for row in facts.of(Kind.RECEIVED)] == [b"x"]
    kinds = [row[0] for row in facts.rows if row[1] and row[0] != Kind.STAGE]
    assert (kinds[0], kinds[-1]) == (Kind.REQUEST_OPENED, Kind.REQUEST_CLOSED)
    assert f"ValueError: {broken}" in capsys.readouterr().err
    assert len(facts.box._free) == SLOTS


def test_answers_of_all_sizes_and_numbers(facts: Facts) -> None:
    class Much(engine.BaseRequestHandler):
        def handle(self) -> None:
            for answer in (b"1", b"x" * 40_000, bytearray(b"3")):
                self.request[1].sendto(answer, self.client_address)

    server = engine.UDPServer(("127.0.0.1", 0), Much)
    with client_of(server) as client, serving(server, facts.recorder):
        client.send(b"x")
        got = [client.recv(65_000) for _ in range(3)]
        facts.wait(Kind.REQUEST_CLOSED)
    facts.recorder.close()
    assert b"".join(row[7] for row in facts.of(Kind.SENT)) == b"".join(got)
    assert {row[6] for row in facts.of(Kind.SENT)} == {1, 40_000}


def test_user_code_may_shut_it_itself(facts: Facts) -> None:
    class Shut(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.server.shutdown_request(self.request)

    server = engine.UDPServer(("127.0.0.1", 0), Shut)
    with client_of(server) as client, serving(server, facts.recorder):
        client.send(b"x")
        facts.wait(Kind.REQUEST_CLOSED)
    facts.recorder.close()
    assert len(facts.of(Kind.REQUEST_CLOSED)) == 1
    assert sum(row[2] == Stage.SHUTDOWN_REQUEST and row[5] > 0 for row in facts.of(Kind.STAGE)) == 1


def test_a_thread_that_answers_for_it(facts: Facts) -> None:
    class Proxy(engine.BaseRequestHandler):
        def handle(self) -> None:
            pump = threading.Thread(target=self.request[1].sendto, args=(b"pumped", self.client_address))
            pump.start()
            pump.join()

    server = engine.UDPServer(("127.0.0.1", 0), Proxy)
    with client_of(server) as client, serving(server, facts.recorder):
        client.send(b"x")
        assert client.recv(9) == b"pumped"
        facts.wait(Kind.REQUEST_CLOSED)
    facts.recorder.close()
    assert [row[7] for row in facts.of(Kind.SENT)] == [b"pumped"]


@pytest.mark.loud
def test_what_a_worker_that_dies_was_serving_is_told_once(facts: Facts) -> None:
    class Fatal(engine.BaseRequestHandler):
        def handle(self) -> None:
            signal.sigtimedwait([signal.SIGUSR1], 0.2)  # so long that it is told of
            os.kill(os.getpid(), signal.SIGKILL)

    class Server(engine.PreforkUDPServer):
        workers = 1

    server = Server(("127.0.0.1", 0), Fatal)
    with client_of(server) as client, serving(server, facts.recorder):
        client.send(b"last words")
        facts.wait(Kind.REQUEST_CLOSED)
    facts.recorder.close()
    assert [row[2] for row in facts.of(Kind.REQUEST_CLOSED)] == [Outcome.KILLED]
    assert [row[2] for row in facts.of(Kind.FAILED)] == [Stage.HANDLE]


def test_handlers_that_do_more_than_theirs_are_made_the_usual_way() -> None:
    class Own(Answer):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)

    class Meta(type):
        pass

    class Made(Answer, metaclass=Meta):
        pass

    assert is_bare(Answer)
    assert is_bare(engine.DatagramRequestHandler)
    assert not any(map(is_bare, (Own, Made, lambda *arguments: None, object)))
