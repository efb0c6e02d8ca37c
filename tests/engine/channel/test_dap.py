"""The Debug Adapter Protocol: messages in pieces, answers to their questions, and what is no message."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from engine.channel.codec import DamagedFrame
from engine.channel.dap import LIMIT, Body, DapChannel, DapReader, encode_message


@pytest.fixture
def line() -> Iterator[tuple[DapChannel, socket.socket]]:
    ours, theirs = socket.socketpair()
    channel = DapChannel(ours)
    with theirs:
        yield channel, theirs
    channel.close()


def test_messages_come_in_any_pieces() -> None:
    data = encode_message({"a": "é"}) + encode_message({"b": [1, None]})
    reader = DapReader()
    assert [m for at in range(len(data)) for m in reader.feed(data[at : at + 1])] == [{"a": "é"}, {"b": [1, None]}]


@pytest.mark.parametrize(
    "data",
    [
        b"x" * 600,
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: %d\r\n\r\n" % (LIMIT + 1),
        b"Content-Type: x\r\n\r\n",
        b"Content-Length: 2\r\n\r\n[]",
        b"Content-Length: 2\r\n\r\n{x",
        b"Content-Length: 1\r\n\r\n\xff",
    ],
)
def test_what_is_no_message_is_damage(data: bytes) -> None:
    with pytest.raises(DamagedFrame):
        DapReader().feed(data)


def test_answers_go_where_they_were_asked_for(line: tuple[DapChannel, socket.socket]) -> None:
    channel, other = line
    heard: list[object] = []
    channel.ask("threads", lambda body, why: heard.append((body, why)), single=True)
    channel.ask("evaluate", lambda body, why: heard.append((body, why)))
    first, second = DapReader().feed(other.recv(4096))
    assert (first["command"], first["arguments"]) == ("threads", {"single": True})
    other.sendall(encode_message({"type": "response", "request_seq": second["seq"], "success": False, "message": "no"}))
    other.sendall(encode_message({"type": "event", "event": "stopped", "body": {}}))
    other.sendall(encode_message({"type": "response", "request_seq": first["seq"], "success": True, "body": {"x": 1}}))
    other.sendall(encode_message({"type": "response", "request_seq": 99, "success": True}))
    assert [event["event"] for event in channel.receive()] == ["stopped"]
    assert heard == [(None, "no"), ({"x": 1}, "")]


def test_an_end_answers_what_is_open(line: tuple[DapChannel, socket.socket]) -> None:
    channel, other = line
    heard: list[str] = []
    channel.ask("threads", lambda body, why: heard.append(why))
    other.close()
    assert channel.receive() == []
    assert channel.ended
    channel.ask("threads", lambda body, why: heard.append(why))
    assert heard == ["The process has ended.", "The debugger does not listen any more."]


def test_what_cannot_be_sent_waits(line: tuple[DapChannel, socket.socket]) -> None:
    channel, other = line
    channel.ask("evaluate", expression="x" * 1_000_000)
    assert channel.unsent
    reader = DapReader()
    found: list[Body] = []
    while not found:
        found += reader.feed(other.recv(1 << 16))
        channel.flush()
    assert not channel.unsent
    assert len(found[0]["arguments"]["expression"]) == 1_000_000
