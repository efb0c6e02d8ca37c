"""Truncation, half-closes and resets, as a real client sees them."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import pytest

from engine.observe.facts import Means, Outcome
from tests.engine.debug.suffering import Server, Talkative, fault, suffering, told
from tests.engine.serving import DEADLINE, ask


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


def talk(client: socket.socket, address: Any, got: list[bytes]) -> None:
    client.connect(address)
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
        got: list[bytes] = []
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            talk(client, server.server_address, got)
        assert before.startswith(b"".join(got))  # what is on its way is lost with the connection, at times
        (closed,) = notes.wait("request_closed")
    assert closed[1].outcome == Outcome.RESET
    assert server.said == read
    assert told(notes)[0][0] == Means.RST
