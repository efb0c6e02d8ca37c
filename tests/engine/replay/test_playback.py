"""What a captured request's client did: chunks, pauses, turns; and requests of which too little is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.capture.reader import CaptureReader
from engine.capture.records import ChunkRecord
from engine.observe.facts import Piece
from engine.replay.playback import NotPlayable, Playback, Step, playback_of, read_playback
from tests.app.models.captures import CaptureFile


def chunk(data: bytes, at: int, *, sent: bool = False, flags: Piece = Piece.WHOLE, more: int = 0) -> ChunkRecord:
    return ChunkRecord(at, not sent, at, len(data) + more, flags, data)


def test_chunks_become_steps() -> None:
    second = 1_000_000_000
    made = playback_of(
        "tcp", second,
        [chunk(b"hello\n", second + 1, sent=True), chunk(b"one", 2 * second), chunk(b"1", 2 * second + 1, sent=True),
         chunk(b"two", 4 * second)], 7,
    )  # fmt: skip
    assert made.steps == (Step(b"one", 1.0, 6), Step(b"two", 3.0, 7))
    assert (made.answer, made.whole, made.request, made.datagrams) == (b"hello\n1", True, 7, False)


def test_json_and_back() -> None:
    made = Playback("udp", (Step(b"\0\xff", 0.5, 3), Step(b"")), b"answer", request=7)
    assert Playback.from_json(made.to_json()) == Playback("udp", made.steps, b"answer")
    for damaged in ({}, {"transport": "tcp", "steps": [{}], "answer": ""}, {"transport": "tcp", "steps": 3}):
        with pytest.raises((KeyError, TypeError, ValueError)):
            Playback.from_json(damaged)


def test_other_bytes_in_the_same_turns() -> None:
    made = Playback("tcp", (Step(b"a", 0.1, 1), Step(b"b", 0.2, 2)), b"")
    assert made.with_steps([b"x"]).steps == (Step(b"x", 0.1, 1),)
    assert made.with_steps([b"x", b"y", b"z"]).steps == (Step(b"x", 0.1, 1), Step(b"y", 0.2, 2), Step(b"z", 0.2, 2))


def test_what_cannot_be_played(tmp_path: Path) -> None:
    with pytest.raises(NotPlayable, match="Not every byte of #7"):
        playback_of("tcp", 0, [chunk(b"cut", 1, flags=Piece.CUT, more=10)], 7)
    with pytest.raises(NotPlayable, match="received nothing"):
        playback_of("tcp", 0, [chunk(b"x", 1, sent=True)], 7)
    assert not playback_of("tcp", 0, [chunk(b"x", 1), chunk(b"y", 2, sent=True, flags=Piece.CUT, more=9)]).whole
    with CaptureFile(tmp_path / "c") as capture:
        capture.server()
        number = capture.request()
        capture.chunk(number, b"hi")
        with CaptureReader(tmp_path / "c") as reader:
            assert read_playback(reader, number).steps[0].data == b"hi"
            with pytest.raises(NotPlayable, match="no longer in the capture"):
                read_playback(reader, 99)
