"""Records are what they stand for: unfolded, they are the rows that facts.py promises, and nothing else is taken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Stage
from engine.observe.facts import Kind, Outcome, Piece
from engine.observe.rows import (
    DATAGRAM,
    HEARD,
    PIECE,
    SAID,
    STREAM,
    Row,
    facts_in,
    pack,
    pack_chunk,
    pack_datagram,
    pack_part,
    pack_stream,
    pieces,
    received_bytes,
    steps_taken,
    unfold,
)

NUMBER = st.integers(-(1 << 63), (1 << 63) - 1)
BEGINNING = [100, 110, 111, 114, -1]
STEPS = [*BEGINNING, 120, 130, 132, 135, -1, 160, 9, 161, -1]
END = [163, 170, 5]
PARTS = pack_part(HEARD, 2, 140, 3) + b"hi" + pack_part(SAID, 3, 150, 1) + b"bye"


def served(queued: int = 120, processed: int = 118, name: bytes = b"", parts: bytes = PARTS, count: int = 2) -> bytes:
    rows = 9 + bool(queued) + bool(processed) + 2 * bool(name) + count
    steps = [*BEGINNING, queued, *STEPS[6:], *END]
    tail = b"a\0b" + name + parts
    return pack_stream(rows, STREAM, 0, len(tail), 3, len(name), count, 7, 1, 44, 45, processed, -1, *steps) + tail


@given(st.lists(st.tuples(*[NUMBER] * 7, st.binary(max_size=300)), max_size=30))
def test_rows_come_back(rows: list[Row]) -> None:
    records = [pack(*row) for row in rows]
    assert unfold(b"".join(records)) == rows
    assert all(facts_in(record) == 1 for record in records)


def test_a_request_that_has_been_served() -> None:
    rows = unfold(served())
    assert len(rows) == facts_in(served()) == 13
    assert {row[1] for row in rows} == {7}
    assert rows[0] == (Kind.REQUEST_OPENED, 7, 1, 44, 100, 0, 0, b"a\0b")
    assert {Stage(row[2]): row[3:7] for row in rows if row[0] == Kind.STAGE} == {
        Stage.GET_REQUEST: (44, 100, 110, 10),
        Stage.VERIFY_REQUEST: (44, 111, 114, 3),
        Stage.PROCESS_REQUEST: (44, 114, 118, 4),
        Stage.QUEUE: (45, 120, 130, 0),
        Stage.SETUP: (45, 132, 135, 3),
        Stage.HANDLE: (45, 135, 160, 9),
        Stage.FINISH: (45, 160, 161, 1),
        Stage.FINISH_REQUEST: (45, 130, 163, 17),  # all but the 16 that `handle` waited
        Stage.SHUTDOWN_REQUEST: (45, 163, 170, 5),
    }
    assert [row for row in rows if row[0] in (Kind.RECEIVED, Kind.SENT)] == [
        (Kind.RECEIVED, 7, 0, 45, 140, 3, 2, b"hi"),
        (Kind.SENT, 7, 0, 45, 150, 1, 3, b"bye"),
    ]
    assert rows[-1] == (Kind.REQUEST_CLOSED, 7, Outcome.DONE, 45, 170, 0, 0, b"")


def test_a_request_that_was_not_queued() -> None:
    rows = unfold(served(queued=0, processed=0, parts=b"", count=0))
    assert len(rows) == facts_in(served(queued=0, processed=0, parts=b"", count=0)) == 9
    assert {row[2] for row in rows if row[0] == Kind.STAGE}.isdisjoint({Stage.QUEUE, Stage.PROCESS_REQUEST})


def test_a_thread_that_served_one_request_alone() -> None:
    rows = unfold(served(name=b"Thread-1"))
    assert len(rows) == facts_in(served(name=b"Thread-1")) == 15
    assert rows[0] == (Kind.WORKER_STARTED, 0, 1, 45, 130, 0, -1, b"Thread-1")
    assert rows[-1] == (Kind.WORKER_ENDED, 0, 1, 45, 170, 0, -1, b"")


@pytest.mark.parametrize("taken", range(len(STEPS) + 1))
def test_steps_that_are_over_can_be_told_at_any_time(taken: int) -> None:
    """As far as they go they are what the record will say."""
    told = [(stage, *times) for stage, *times in steps_taken(STEPS[:taken])]
    rows = [(row[2], *row[4:7]) for row in unfold(served()) if row[0] == Kind.STAGE]
    assert told == [row for row in rows if row[0] in {stage for stage, *_ in told}]
    assert len(told) == [0, 0, 0, 0, 0, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6][taken]


@pytest.mark.parametrize(
    "record",
    [pack(8, 7, 0, 1, 2, 0, 3, b"abc"), served(name=b"N"), pack_chunk(1, HEARD, 0, 1, 7, 44, 5, 1) + b"a"],
)
def test_what_is_not_whole_is_refused(record: bytes) -> None:
    for size in range(1, len(record)):
        with pytest.raises(ValueError, match="record"):
            unfold(record[:size])
    with pytest.raises(ValueError, match="record"):
        unfold(record + b"\1")


@pytest.mark.parametrize("count", [1, 3])
def test_parts_that_do_not_fit_their_number(count: int) -> None:
    with pytest.raises(ValueError, match="record"):
        unfold(served(count=count) + b"\0" * 64)


@given(st.binary(min_size=1, max_size=300))
def test_anything_else_is_refused_or_taken_as_numbers(data: bytes) -> None:
    try:
        rows: list[Any] = unfold(data)
    except ValueError:
        return
    assert all(type(row[7]) is bytes and all(-(1 << 63) <= number < 1 << 63 for number in row[:7]) for row in rows)


def test_long_chunks_are_cut_into_pieces() -> None:
    data = bytes(range(256)) * (PIECE // 128) + b"more"
    rows = unfold(b"".join(pieces(Kind.RECEIVED, 7, 44, 5, data, len(data))))
    assert b"".join(row[7] for row in rows) == data
    assert [bool(row[2] & Piece.CONTINUES) for row in rows] == [True, True, False]
    assert {row[6] for row in rows} == {len(data)}


def test_received_bytes_of_one_request() -> None:
    theirs = [pack(9, 7, 0, 1, 2, 0, 2, b"no"), pack(8, 8, 0, 1, 2, 0, 1, b"x")]
    assert received_bytes([served(), pack(8, 7, 0, 1, 2, 0, 3, b"abc"), *theirs], 7) == 2 + 3


@pytest.mark.parametrize("answer", [None, b"", b"yes"])
def test_a_datagram(answer: bytes | None) -> None:
    tail = b"a\0b" + b"data" + (answer or b"")
    facts, answered = (11, 0) if answer is None else (12, 25)
    record = pack_datagram(facts, DATAGRAM, 0, len(tail), 7, 1, 44, 10, 12, 15, 30, 31, answered, 3, 4) + tail
    rows = unfold(record)
    assert len(rows) == facts == facts_in(record)
    assert rows[0] == (Kind.REQUEST_OPENED, 7, 1, 44, 10, 0, 0, b"a\0b")
    assert rows[-1] == (Kind.REQUEST_CLOSED, 7, Outcome.DONE, 44, 31, 0, 0, b"")
    assert (Kind.RECEIVED, 7, 0, 44, 12, 0, 4, b"data") in rows
    sent = [row for row in rows if row[0] == Kind.SENT]
    assert sent == ([] if answer is None else [(Kind.SENT, 7, 0, 44, 25, 0, len(answer), answer)])
    assert (Kind.STAGE, 7, Stage.HANDLE, 44, 15, 30, 15, b"") in rows


@pytest.mark.parametrize(("ends", "size"), [(-1, 4), (3, -1), (3, 9), (1 << 40, 1)])
def test_sizes_in_a_datagram_that_do_not_fit(ends: int, size: int) -> None:
    with pytest.raises(ValueError, match="record"):
        unfold(pack_datagram(11, DATAGRAM, 0, 7, 7, 1, 44, 10, 12, 15, 30, 31, 0, ends, size) + b"a\0bdata")


def test_chunks() -> None:
    heard, said = pack_chunk(1, HEARD, 0, 3, 7, 44, 5, 2) + b"abc", pack_chunk(1, SAID, 0, 0, 7, 44, 6, 1)
    assert unfold(heard + said) == [
        (Kind.RECEIVED, 7, 0, 44, 5, 2, 3, b"abc"),
        (Kind.SENT, 7, Piece.NOTHING, 44, 6, 1, 0, b""),
    ]
    assert received_bytes([heard, said], 7) == 3
