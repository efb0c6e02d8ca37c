"""What each kind of fault does to bytes, with real servers and clients; and that its dice make a run repeatable."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

import engine
from engine.debug.faults import Fault
from engine.debug.interference import Interference
from engine.debug.waiting import WaitingRoom
from engine.observe import acting
from engine.observe.facts import Means
from tests.engine.serving import DEADLINE, Notes, ask, serving


class Chunks(engine.BaseRequestHandler):
    """Answers each chunk that it reads with its length, and at the end with all of them."""

    def handle(self) -> None:
        said = []
        while True:
            try:
                chunk = self.request.recv(100)
            except ConnectionResetError:
                said.append(b"reset")
                break
            if not chunk:
                break
            said.append(chunk)
        self.server.said.append(said)  # type: ignore[attr-defined]
        self.request.sendall(b"|".join(said))


class Server(engine.ThreadingTCPServer):
    """Keeps what its handlers read."""

    block_on_close = True

    def __init__(self, handler: Any = Chunks) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.said: list[list[bytes]] = []


@contextmanager
def suffering(*faults: dict[str, Any], server: Any = None) -> Iterator[tuple[Any, Notes]]:
    """A server with these faults, and what is told of it."""
    made = [Fault.from_json({"number": number, **fault}) for number, fault in enumerate(faults, 1)]
    acting.choose(Interference(WaitingRoom(lambda event: None), faults=made))
    notes = Notes()
    try:
        with serving(server or Server(), notes) as served:
            yield served, notes
    finally:
        acting.choose(None)


def fault(kind: str, **values: Any) -> dict[str, Any]:
    return {"kind": kind, "values": values}


def told(notes: Notes) -> list[tuple[Means, int, str]]:
    return [(means, amount, detail) for _, _, means, amount, detail in notes.named("interfered")]


def test_latency_on_what_is_read() -> None:
    began = time.monotonic()
    with suffering(fault("latency", time=0.1, jitter=0.02)) as (server, notes):
        assert ask(server.server_address, b"hello") == b"hello"
    assert time.monotonic() - began > 0.08
    ((means, amount, detail),) = told(notes)
    assert (means, detail) == (Means.LATENCY, "received")
    assert 80e6 <= amount <= 120e6


def test_what_arrived_together_is_late_together() -> None:
    with suffering(fault("latency", time=0.01, jitter=0), fault("split", size=3, way="in")) as (server, notes):
        assert ask(server.server_address, b"abcdefgh") == b"abc|def|gh"
    assert [means for means, _, _ in told(notes)].count(Means.LATENCY) == 1


@pytest.mark.parametrize(("at", "where"), [("start", "start"), ("sent", "sent")])
def test_latency_elsewhere(at: str, where: str) -> None:
    with suffering(fault("latency", time=0.01, jitter=0, at=at)) as (server, notes):
        assert ask(server.server_address, b"hello") == b"hello"
    assert told(notes) == [(Means.LATENCY, 10_000_000, where)]


def test_bandwidth() -> None:
    began = time.monotonic()
    with suffering(fault("bandwidth", rate=100_000, way="out")) as (server, notes):
        assert len(ask(server.server_address, b"x" * 20_000)) > 20_000
    assert time.monotonic() - began > 0.2
    assert told(notes)[0][0] == Means.BANDWIDTH


def test_split_as_the_handler_reads_it() -> None:
    with suffering(fault("split", size=3, way="in")) as (server, notes):
        assert ask(server.server_address, b"abcdefgh") == b"abc|def|gh"
    assert told(notes) == [(Means.SPLIT, 0, "3 B")]


def test_split_on_the_wire() -> None:
    with (
        suffering(fault("split", size=3, way="out", gap=0.05)) as (server, notes),
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        client.sendall(b"abcdefgh")
        client.shutdown(socket.SHUT_WR)
        assert list(iter(lambda: client.recv(100), b"")) == [b"abc", b"def", b"gh"]
        assert [fact[2] for fact in notes.wait("sent", 3)] == [b"abc", b"def", b"gh"]


def test_merged_as_the_handler_reads_it() -> None:
    with (
        suffering(fault("merge", size=6, within=5.0, way="in")) as (server, _),
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        client.sendall(b"abc")
        client.sendall(b"def")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b"abcdef"


class Talkative(engine.StreamRequestHandler):
    """Sends three chunks, asks, and sends once more."""

    def handle(self) -> None:
        for chunk in (b"a", b"b", b"c"):
            self.wfile.write(chunk)
        self.rfile.readline()
        self.wfile.write(b"d")


def test_merged_on_the_wire_until_the_handler_reads_or_ends() -> None:
    with suffering(fault("merge", size=2, way="out"), server=Server(Talkative)) as (server, notes):
        assert ask(server.server_address, b"go on\n") == b"abcd"
        assert notes.data("sent") == b"abcd"
    assert [fact[2] for fact in notes.named("sent")] == [b"ab", b"c", b"d"]


@pytest.mark.parametrize(("way", "answer"), [("out", b"abc"), ("in", b"abc"), ("both", b"abc")])
def test_truncated(way: str, answer: bytes) -> None:
    with suffering(fault("truncate", after=3, way=way)) as (server, notes):
        assert ask(server.server_address, b"abcdef") == answer
    assert {means for means, _, _ in told(notes)} == {Means.TRUNCATE}


def test_half_closed_towards_the_client() -> None:
    with suffering(fault("half_close", after=2), server=Server(Talkative)) as (server, notes):
        assert ask(server.server_address, b"go on\n") == b"ab"
        errors = notes.wait("failed")
    assert isinstance(errors[0][3], BrokenPipeError)
    assert told(notes)[0][:2] == (Means.HALF_CLOSE, 0)


def test_half_closed_towards_the_handler() -> None:
    with (
        suffering(fault("half_close", after=0, way="in")) as (server, _),
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        assert client.recv(100) == b""
        assert server.said == [[]]


def talk(client: socket.socket, got: list[bytes]) -> None:
    client.sendall(b"abcdef")
    with suppress(OSError):  # it has been reset already
        client.shutdown(socket.SHUT_WR)
    while data := client.recv(100):
        got.append(data)


@pytest.mark.parametrize(
    ("values", "before", "read"),
    [
        ({"at": "start"}, b"", [[b"reset"]]),
        ({"at": "received", "after": 3}, b"", [[b"abc", b"reset"]]),
        ({"at": "sent", "after": 3}, b"abc", [[b"abcdef"]]),
        ({"at": "end"}, b"abcdef", [[b"abcdef"]]),
    ],
)
def test_reset(values: dict[str, Any], before: bytes, read: list[list[bytes]]) -> None:
    with suffering(fault("rst", **values)) as (server, notes), socket.socket() as client:
        client.settimeout(DEADLINE)
        client.connect(server.server_address)
        got: list[bytes] = []
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            talk(client, got)
        assert before.startswith(b"".join(got))  # what is on its way is lost with the connection, at times
        (closed,) = notes.wait("request_closed")
    assert closed[1].outcome == engine.observe.facts.Outcome.RESET
    assert server.said == read
    assert told(notes)[0][0] == Means.RST


def corrupted(seed: int, chunks: list[bytes], rate: float = 0.3) -> bytes:
    with (
        suffering({**fault("corrupt", rate=rate, way="out"), "seed": seed}, server=Server(Talkative)) as (server, _),
    ):
        return b"".join(ask(server.server_address, b"go on\n") for _ in chunks)


def test_corrupted_bytes_are_the_same_with_the_same_seed() -> None:
    once = corrupted(7, [b"x"] * 8)
    assert once == corrupted(7, [b"x"] * 8)
    assert once != corrupted(8, [b"x"] * 8)
    changed = sum(a != b for a, b in zip(once, b"abcd" * 8, strict=True))
    assert 2 <= changed <= 20


def test_corrupted_at_offsets() -> None:
    with suffering(fault("corrupt", offsets="1,3-4", way="in")) as (server, notes):
        answer = ask(server.server_address, b"abcdef")
    assert [at for at, (a, b) in enumerate(zip(answer, b"abcdef", strict=True)) if a != b] == [1, 3, 4]
    assert all((a ^ b).bit_count() <= 1 for a, b in zip(answer, b"abcdef", strict=True))
    assert told(notes) == [(Means.CORRUPT, 3, "received byte 1 ff.")]


class Careless(engine.BaseRequestHandler):
    """Takes for granted that `send` sends all."""

    def handle(self) -> None:
        self.server.said.append(self.request.send(b"abcdef"))  # type: ignore[attr-defined]


def test_short_writes() -> None:
    with suffering(fault("short_write", size=2), server=Server(Careless)) as (server, notes):
        assert ask(server.server_address, b"") == b"ab"
    assert server.said == [2]
    assert told(notes) == [(Means.SHORT_WRITE, 0, "6 → 2 B")]


def test_several_faults_compose() -> None:
    with suffering(fault("split", size=2, way="out"), fault("truncate", after=5)) as (server, notes):
        assert ask(server.server_address, b"abcdefgh") == b"abcde"
        assert [fact[2] for fact in notes.named("sent")] == [b"ab", b"cd", b"e"]
