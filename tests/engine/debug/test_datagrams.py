"""Datagrams that are lost, come twice, or late; connections that are not accepted at first."""

from __future__ import annotations

import socket
from typing import Any

import pytest

import engine
from engine.debug.datagrams import accept_error
from engine.observe.facts import Means, Outcome
from tests.engine.debug.suffering import Server, fault, suffering, told
from tests.engine.serving import DEADLINE, DatagramEcho, Notes, ask


def udp(kind: Any = engine.UDPServer) -> Any:
    return kind(("127.0.0.1", 0), DatagramEcho)


def exchange(server: Any, datagrams: list[bytes], answers: int) -> list[bytes]:
    """Send these one after the other; what came back."""
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(DEADLINE)
        client.connect(server.server_address)
        for datagram in datagrams:
            client.send(datagram)
        return [client.recv(100) for _ in range(answers)]


@pytest.mark.parametrize("kind", [engine.UDPServer, engine.ThreadingUDPServer, engine.ThreadPoolUDPServer])
def test_every_second_datagram_is_lost(kind: Any) -> None:
    with suffering({**fault("lose"), "every": 2}, server=udp(kind)) as (server, notes):
        assert sorted(exchange(server, [b"1", b"2", b"3", b"4"], 2)) == [b"1", b"3"]
        closed = notes.wait("request_closed", 4)
    assert sorted(fact[1].outcome for fact in closed) == [Outcome.DONE] * 2 + [Outcome.REJECTED] * 2
    assert told(notes) == [(Means.LOSE, 0, "received")] * 2


def test_an_answer_is_lost() -> None:
    with suffering({**fault("lose", way="out"), "every": 2}, server=udp()) as (server, notes):
        assert exchange(server, [b"1", b"2", b"3"], 2) == [b"1", b"3"]
    assert told(notes) == [(Means.LOSE, 1, "sent")]


@pytest.mark.parametrize("kind", [engine.UDPServer, engine.ThreadingUDPServer, engine.ThreadPoolUDPServer])
def test_a_datagram_comes_twice(kind: Any) -> None:
    with suffering(fault("duplicate"), server=udp(kind)) as (server, notes):
        assert exchange(server, [b"1"], 2) == [b"1", b"1"]
        notes.wait("request_closed", 2)
    assert told(notes) == [(Means.DUPLICATE, 0, "received")]


def test_an_answer_goes_twice() -> None:
    with suffering(fault("duplicate", way="out"), server=udp()) as (server, notes):
        assert exchange(server, [b"1"], 2) == [b"1", b"1"]
        assert len(notes.wait("request_closed")) == 1


def test_a_datagram_comes_after_the_next_one() -> None:
    with suffering({**fault("reorder", within=DEADLINE), "every": 3}, server=udp()) as (server, notes):
        assert exchange(server, [b"1", b"2", b"3", b"4", b"5"], 5) == [b"1", b"2", b"4", b"3", b"5"]
    assert told(notes) == [(Means.REORDER, 0, "received")]


def test_it_does_not_wait_for_ever_for_another_one() -> None:
    with suffering(fault("reorder", within=0.05), server=udp()) as (server, _):
        assert exchange(server, [b"1"], 1) == [b"1"]


@pytest.mark.parametrize(
    ("values", "answer"),
    [({"kind": "truncate", "values": {"after": 2, "way": "in"}}, b"ab"), (fault("latency", time=0.01), b"abc")],
)
def test_other_faults_of_datagrams(values: dict[str, Any], answer: bytes) -> None:
    with suffering(values, server=udp()) as (server, notes):
        assert exchange(server, [b"abc"], 1) == [answer]
        assert len(told(notes)) == 1


def test_accepting_fails_and_the_server_backs_off(caplog: pytest.LogCaptureFixture) -> None:
    with suffering(fault("accept_error", times=3)) as (server, notes):
        assert ask(server.server_address, b"abc") == b"abc"
        ((_, request, stage, error),) = notes.wait("failed")
    assert (request.id, stage, error.args) == (0, engine.Stage.GET_REQUEST, accept_error("EMFILE").args)
    assert told(notes) == [(Means.ACCEPT_ERROR, 3, "EMFILE, 3 times")]
    assert [record.getMessage() for record in caplog.records] == ["Cannot accept: Too many open files"]
    caplog.clear()


def test_faults_of_connections_do_nothing_to_datagrams() -> None:
    notes: Notes
    with suffering(fault("split"), fault("accept_error"), server=udp()) as (server, notes):
        assert exchange(server, [b"abcdefgh"], 1) == [b"abcdefgh"]
    assert told(notes) == []
    with suffering(fault("lose"), server=Server()) as (server, notes):
        assert ask(server.server_address, b"abc") == b"abc"
    assert told(notes) == []


@pytest.mark.skipif(not hasattr(engine, "ForkingUDPServer"), reason="children are forked")
@pytest.mark.parametrize("name", ["ForkingUDPServer", "PreforkUDPServer"])
@pytest.mark.parametrize(("values", "answers"), [(fault("duplicate"), 2), (fault("reorder", within=0.05), 1)])
def test_in_processes(name: str, values: dict[str, Any], answers: int) -> None:
    with suffering(values, server=udp(getattr(engine, name))) as (server, _):
        assert exchange(server, [b"1"], answers) == [b"1"] * answers
