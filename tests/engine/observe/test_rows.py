"""Records are what they stand for: unfolded, they are the rows that facts.py promises, and nothing else is taken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Stage
from engine.observe.facts import Kind, Outcome, Piece
from engine.observe.rows import (
    BEGUN,
    DATAGRAM,
    HEARD,
    PIECE,
    RETIRED,
    SAID,
    SERVED,
    Row,
    facts_in,
    pack,
    pack_begun,
    pack_chunk,
    pack_datagram,
    pack_served,
    pieces,
    received_bytes,
    steps_taken,
    unfold,
)

NUMBER = st.integers(-(1 << 63), (1 << 63) - 1)
STEPS = [10, 12, 13, 15, 2, 30, 9, 31, 1]


def begun(ends: bytes = b"a\0b") -> bytes:
    return pack_begun(3, BEGUN, 0, len(ends), 7, 1, 44, 100, 110, 111, 114) + ends


def served(facts: int, shape: int) -> bytes:
    return pack_served(facts, shape, 0, 0, 7, 1, 44, Outcome.DONE, *STEPS, 33, 8, 40, 7)


@given(st.lists(st.tuples(*[NUMBER] * 7, st.binary(max_size=300)), max_size=30))
def test_rows_come_back(rows: list[Row]) -> None:
    records = [pack(*row) for row in rows]
    assert unfold(b"".join(records)) == rows
    assert all(facts_in(record) == 1 for record in records)


def test_a_request_that_begins() -> None:
    opened, get, verify = unfold(begun())
    assert opened == (Kind.REQUEST_OPENED, 7, 1, 44, 100, 0, 0, b"a\0b")
    assert get == (Kind.STAGE, 7, Stage.GET_REQUEST, 44, 100, 110, 10, b"")
    assert verify == (Kind.STAGE, 7, Stage.VERIFY_REQUEST, 44, 111, 114, 3, b"")
    assert facts_in(begun()) == 3


@pytest.mark.parametrize(("facts", "shape"), [(7, SERVED), (8, RETIRED)])
def test_a_request_that_has_been_served(facts: int, shape: int) -> None:
    rows = unfold(served(facts, shape))
    assert len(rows) == facts
    assert (rows[0] == (Kind.WORKER_ENDED, 0, 1, 44, 40, 0, -1, b"")) == (shape == RETIRED)
    stages = {Stage(row[2]): row[4:7] for row in rows if row[0] == Kind.STAGE}
    assert stages == {
        Stage.QUEUE: (10, 12, 0),
        Stage.SETUP: (13, 15, 2),
        Stage.HANDLE: (15, 30, 9),
        Stage.FINISH: (30, 31, 1),
        Stage.FINISH_REQUEST: (12, 33, 8),
        Stage.SHUTDOWN_REQUEST: (33, 40, 7),
    }
    assert {row[1] for row in rows[1:]} == {7}
    assert rows[-1] == (Kind.REQUEST_CLOSED, 7, Outcome.DONE, 44, 40, 0, 0, b"")


@pytest.mark.parametrize("taken", range(len(STEPS) + 1))
def test_steps_that_are_over_can_be_told_at_any_time(taken: int) -> None:
    """As far as they go they are what the record will say."""
    told = [(Kind.STAGE, 7, stage, 44, *times, b"") for stage, *times in steps_taken(STEPS[:taken])]
    rows = [row for row in unfold(served(7, SERVED)) if row[2] < Stage.SHUTDOWN_REQUEST and row[0] == Kind.STAGE]
    assert told == [row for row in rows if row[2] != Stage.FINISH_REQUEST][: len(told)]
    assert len(told) == [0, 0, 1, 1, 1, 2, 2, 3, 3, 4][taken]


@pytest.mark.parametrize(
    "record",
    [pack(8, 7, 0, 1, 2, 0, 3, b"abc"), begun(), served(7, SERVED), pack_chunk(1, HEARD, 0, 1, 7, 44, 5) + b"a"],
)
def test_what_is_not_whole_is_refused(record: bytes) -> None:
    for size in range(1, len(record)):
        with pytest.raises(ValueError, match="record"):
            unfold(record[:size])
    with pytest.raises(ValueError, match="record"):
        unfold(record + b"\1")


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
    assert received_bytes([begun(), pack(8, 7, 0, 1, 2, 0, 3, b"abc"), *theirs], 7) == 3


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
    heard, said = pack_chunk(1, HEARD, 0, 3, 7, 44, 5) + b"abc", pack_chunk(1, SAID, 0, 0, 7, 44, 6)
    assert unfold(heard + said) == [(Kind.RECEIVED, 7, 0, 44, 5, 0, 3, b"abc"), (Kind.SENT, 7, 0, 44, 6, 0, 0, b"")]
    assert received_bytes([heard, said], 7) == 3
