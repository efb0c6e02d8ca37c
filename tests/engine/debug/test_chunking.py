"""Chunks that are split and merged, as handlers read them and on the wire; writes that are short."""

from __future__ import annotations

import socket

import engine
from engine.observe.facts import Means
from tests.engine.debug.suffering import Server, Talkative, fault, suffering, told
from tests.engine.serving import DEADLINE, ask


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


def test_merged_on_the_wire_until_the_handler_reads_or_ends() -> None:
    with suffering(fault("merge", size=2, way="out"), server=Server(Talkative)) as (server, notes):
        assert ask(server.server_address, b"go on\n") == b"abcd"
        assert notes.data("sent") == b"abcd"
    assert [fact[2] for fact in notes.named("sent")] == [b"ab", b"c", b"d"]


class Careless(engine.BaseRequestHandler):
    """Takes for granted that `send` sends all."""

    def handle(self) -> None:
        self.server.said.append(self.request.send(b"abcdef"))  # type: ignore[attr-defined]


def test_short_writes() -> None:
    with suffering(fault("short_write", size=2), server=Server(Careless)) as (server, notes):
        assert ask(server.server_address, b"") == b"ab"
    assert server.said == [2]
    assert told(notes) == [(Means.SHORT_WRITE, 0, "6 → 2 B")]
