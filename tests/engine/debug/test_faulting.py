"""Faults at work: on whom, from when on, and how they end."""

from __future__ import annotations

import base64
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.debug.faulting import Faulting
from engine.debug.faults import Fault
from engine.debug.interference import Interference
from engine.debug.waiting import WaitingRoom
from engine.observe import acting
from engine.observe.facts import Means
from tests.engine.certificates import ask_tls, certificate
from tests.engine.debug.suffering import Server, fault, suffering, told
from tests.engine.serving import DEADLINE, Echo, Notes, ask, serving

LONG = 60.0


def text(value: bytes, *, negated: bool = False) -> dict[str, Any]:
    return {"word": "text:", "value": base64.b64encode(value).decode(), "not": negated}


def test_only_who_matches_suffers() -> None:
    with suffering({**fault("truncate", after=1), "terms": [text(b"slow")]}) as (server, notes):
        assert ask(server.server_address, b"quick") == b"quick"
        assert ask(server.server_address, b"slow") == b"s"
    assert [means for means, _, _ in told(notes)] == [Means.TRUNCATE]


def test_from_when_it_matches_on() -> None:
    with (
        suffering({**fault("split", size=1, way="in"), "terms": [text(b"now")]}) as (server, notes),
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        client.sendall(b"first")
        notes.wait("received")
        client.sendall(b"now")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b"first|n|o|w"


@pytest.mark.parametrize("kind", [engine.TCPServer, engine.ThreadingTCPServer, engine.ThreadPoolTCPServer])
def test_delays_end_with_the_faults(kind: Any) -> None:
    interference = Interference(
        WaitingRoom(lambda event: None), faults=[Fault.from_json({"number": 1, **fault("latency", time=LONG)})]
    )
    acting.choose(interference)
    notes, answers = Notes(), []
    began = time.monotonic()
    try:
        with serving(kind(("127.0.0.1", 0), Echo), notes) as server:
            asking = threading.Thread(target=lambda: answers.append(ask(server.server_address, b"x\n")))
            asking.start()
            notes.wait("interfered")
            assert interference.faults is not None
            interference.faults.end()
            asking.join(DEADLINE)
            assert answers == [b"x\n"]
            assert ask(server.server_address, b"y\n") == b"y\n"
    finally:
        acting.choose(None)
    assert time.monotonic() - began < LONG / 2


def test_what_has_ended_is_false() -> None:
    faulting = Faulting([Fault.from_json({"number": 1, "kind": "split"})])
    assert faulting
    faulting.end()
    assert not faulting


def test_the_same_requests_suffer_again() -> None:
    def run() -> list[bytes]:
        with suffering({**fault("truncate", after=0), "share": 0.5, "seed": 3}, server=Server(Echo)) as (server, _):
            return [ask(server.server_address, b"x\n") for _ in range(20)]

    once = run()
    assert once == run()
    assert set(once) == {b"", b"x\n"}


@pytest.mark.parametrize(
    ("kind", "values", "answer"),
    [
        ("split", {"size": 2}, b"hello\n"),
        ("latency", {"time": 0.01}, b"hello\n"),
        ("merge", {"within": 0.01}, b"hello\n"),
        ("truncate", {"after": 3}, b"hel"),
        ("corrupt", {"offsets": "0", "way": "out"}, None),
        ("bandwidth", {"rate": 10_000}, b"hello\n"),
    ],
)
def test_over_tls(kind: str, values: dict[str, Any], answer: bytes | None, tmp_path: Path) -> None:
    server = engine.ThreadingTCPServer(("127.0.0.1", 0), Echo, ssl_context=certificate(tmp_path))
    with suffering(fault(kind, **values), server=server) as (served, notes):
        said = ask_tls(served.server_address, b"hello\n")
    assert said == answer if answer is not None else said != b"hello\n"
    assert {means.word for means, _, _ in told(notes)} in ({kind}, {kind} if kind != "merge" else set())


class Waiting(engine.BaseRequestHandler):
    """Sends, waits until it is told to go on, reads all, and sends what it has read."""

    def handle(self) -> None:
        first = self.request.recv(100)
        self.request.sendall(b"one,")
        self.server.go_on.wait(DEADLINE)  # type: ignore[attr-defined]
        self.request.sendall(first + b"".join(iter(lambda: self.request.recv(100), b"")))


@pytest.mark.parametrize(
    "data",
    [fault("merge", size=4096, way="out"), {**fault("split", size=1, way="in"), "terms": [text(b"all")]}],
    ids=["kept back", "looked at"],
)
def test_nothing_is_lost_when_faults_end_in_between(data: dict[str, Any]) -> None:
    server = Server(Waiting)
    server.go_on = threading.Event()  # type: ignore[attr-defined]
    with (
        suffering(data, server=server) as (served, notes),
        socket.create_connection(served.server_address, DEADLINE) as client,
    ):
        client.sendall(b"all of it")
        client.shutdown(socket.SHUT_WR)
        notes.wait("received")
        interference = acting.actor
        assert isinstance(interference, Interference)
        assert interference.faults is not None
        if data["kind"] == "split":
            assert client.recv(100) == b"one,"
        faults, interference.faults = interference.faults, None
        acting.choose(None)
        faults.end()
        if data["kind"] == "merge":
            assert client.recv(100) == b"one,"
        server.go_on.set()  # type: ignore[attr-defined]
        assert b"".join(iter(lambda: client.recv(100), b"")) == b"all of it"
