"""Orders and ticks: whole messages out of any pieces, and a clear end for whoever does not keep to the form."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.channel.codec import DamagedFrame
from engine.channel.frames import (
    LIMIT,
    UNSENT_LIMIT,
    FrameReader,
    JsonChannel,
    encode_frame,
    send_frame,
)

VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), 1 << 63) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MESSAGES = st.lists(st.dictionaries(st.text(), VALUE, max_size=4), max_size=5)


@given(MESSAGES, st.lists(st.integers(1, 50), min_size=1))
def test_messages_come_whole_out_of_any_pieces(messages: list[dict[str, Any]], cuts: list[int]) -> None:
    stream = b"".join(map(encode_frame, messages))
    reader = FrameReader()
    found: list[dict[str, Any]] = []
    at = turn = 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        found += reader.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert found == messages
    assert len(reader._buffer) == 0


@given(st.lists(st.binary(max_size=64), max_size=6))
def test_random_bytes_are_messages_or_damage(pieces: list[bytes]) -> None:
    reader = FrameReader()
    try:
        for piece in pieces:
            assert all(isinstance(message, dict) for message in reader.feed(piece))
    except DamagedFrame:
        pass
    assert len(reader._buffer) <= LIMIT + 4


@pytest.mark.parametrize(
    "body", [b"[]", b"1", b"null", b"{", b"", b"\xff\xfe", b'{"a": NaN}', b'{"a": Infinity}', b"[" * 200_000]
)
def test_what_is_no_json_object_is_damaged(body: bytes) -> None:
    with pytest.raises(DamagedFrame):
        FrameReader().feed(len(body).to_bytes(4, "big") + body)


def test_a_length_beyond_the_limit_is_refused_before_anything_is_kept() -> None:
    with pytest.raises(DamagedFrame):
        FrameReader().feed((LIMIT + 1).to_bytes(4, "big"))


def test_a_message_beyond_the_limit_is_not_made() -> None:
    with pytest.raises(ValueError, match="at most"):
        encode_frame({"data": "x" * LIMIT})
    with pytest.raises(ValueError, match="JSON"):
        encode_frame({"rate": float("nan")})


@pytest.fixture
def channels() -> Iterator[tuple[JsonChannel, JsonChannel]]:
    here, there = (JsonChannel(sock) for sock in socket.socketpair())
    yield here, there
    here.close()
    there.close()


def test_a_channel_carries_both_ways(channels: tuple[JsonChannel, JsonChannel]) -> None:
    here, there = channels
    assert here.receive() == []
    assert here.send({"order": "stop", "text": "\udcff ü"})
    assert there.send({"reply": 1})
    assert there.receive() == [{"order": "stop", "text": "\udcff ü"}]
    assert here.receive() == [{"reply": 1}]


def test_what_does_not_fit_is_kept_and_sent_later(channels: tuple[JsonChannel, JsonChannel]) -> None:
    here, there = channels
    messages = [{"n": n, "data": "x" * 100_000} for n in range(50)]
    assert all(here.send(message) for message in messages)
    assert here.unsent > 0
    found: list[dict[str, Any]] = []
    while here.unsent:
        found += there.receive()
        here.flush()
    found += there.receive()
    while len(found) < 50:
        found += there.receive()
    assert found == messages


def test_a_reader_that_never_reads_bounds_what_is_kept(channels: tuple[JsonChannel, JsonChannel]) -> None:
    here, _ = channels
    taken = [here.send({"data": "x" * 900_000}) for _ in range(40)]
    assert taken[0] is True
    assert taken[-1] is False
    assert here.unsent <= UNSENT_LIMIT


def test_the_last_messages_of_one_who_has_gone_are_read(channels: tuple[JsonChannel, JsonChannel]) -> None:
    here, there = channels
    there.send({"event": "failed"})
    there.close()
    assert here.send({"order": "stop"}) in (True, False)
    here.send({"order": "stop"})
    assert here.receive() == [{"event": "failed"}]
    assert here.receive() == []
    assert here.ended
    assert not here.send({"order": "stop"})


def test_send_frame_waits_for_the_reader() -> None:
    here, there = socket.socketpair()
    with here, there:
        send_frame(here, {"a": 1})
        assert FrameReader().feed(there.recv(100)) == [{"a": 1}]
