"""Batches survive the way; nothing that did not come from `encode` is taken."""

from __future__ import annotations

import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.channel.codec import FRAME_LIMIT, HEADER, Batch, DamagedFrame, Row, decode, encode
from engine.observe.facts import Kind

NUMBER = st.integers(-(1 << 63), (1 << 63) - 1)
ROWS = st.lists(st.tuples(*[NUMBER] * 7, st.binary(max_size=300)), max_size=30)


def flatten(rows: list[Row]) -> list[object]:
    """As the recorder hands rows over."""
    return [item for row in rows for item in row]


@given(ROWS, st.integers(1, 1 << 22), st.integers(0, 1 << 40))
def test_decode_gives_what_was_encoded(rows: list[Row], pid: int, sequence: int) -> None:
    frame = encode(flatten(rows), pid=pid, sequence=sequence, emitted=len(rows) + 5, dropped=5)
    assert decode(frame) == Batch(pid, sequence, len(rows) + 5, 5, rows)


def test_encode_leaves_the_list_alone_and_takes_enums_and_bytearrays() -> None:
    flat = [Kind.RECEIVED, 1, 2, 3, 4, 5, 6, bytearray(b"ab"), Kind.SENT, 1, 2, 3, 4, 5, 6, memoryview(b"c")]
    frame = encode(flat, pid=1, sequence=0, emitted=2, dropped=0)
    assert len(flat) == 16
    assert decode(frame).rows == [(8, 1, 2, 3, 4, 5, 6, b"ab"), (9, 1, 2, 3, 4, 5, 6, b"c")]


@given(st.binary(max_size=600))
def test_random_bytes_are_damaged(frame: bytes) -> None:
    with pytest.raises(DamagedFrame):
        decode(frame)


@given(ROWS, st.data())
def test_mutations_are_damaged_or_a_batch(rows: list[Row], data: st.DataObject) -> None:
    frame = bytearray(encode(flatten(rows), pid=7, sequence=1, emitted=len(rows), dropped=0))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    try:
        batch = decode(frame)
    except DamagedFrame:
        return
    assert all(type(row[7]) is bytes for row in batch.rows)


@given(ROWS, st.integers(1, 200))
def test_truncated_frames_are_damaged(rows: list[Row], missing: int) -> None:
    frame = encode(flatten(rows), pid=7, sequence=1, emitted=len(rows), dropped=0)
    with pytest.raises(DamagedFrame):
        decode(frame[: max(0, len(frame) - missing)])


def test_counts_that_promise_more_than_is_there_cost_no_memory() -> None:
    head = bytearray(encode([], pid=1, sequence=0, emitted=0, dropped=0))
    struct.pack_into("=II", head, HEADER.size - 8, 0xFFFFFFFF, 0xFFFFFFFF)
    with pytest.raises(DamagedFrame):
        decode(head)


def test_a_frame_beyond_the_limit_is_damaged() -> None:
    with pytest.raises(DamagedFrame):
        decode(bytes(FRAME_LIMIT + 1))


@pytest.mark.parametrize("lengths", [(-1, 3), (3, -1), (1, 0), (2, 1), (1 << 62, 1 << 62)])
def test_lengths_that_do_not_fit_are_damaged(lengths: tuple[int, int]) -> None:
    frame = bytearray(encode([*[1] * 7, b"a", *[1] * 7, b"b"], pid=1, sequence=0, emitted=2, dropped=0))
    place = HEADER.size + 2 * 7 * 8
    frame[place : place + 16] = array("q", lengths).tobytes()
    with pytest.raises(DamagedFrame):
        decode(frame)


@pytest.mark.parametrize(
    "counters",
    [
        {"pid": 0, "sequence": 0, "emitted": 1, "dropped": 0},
        {"pid": 1, "sequence": -1, "emitted": 1, "dropped": 0},
        {"pid": 1, "sequence": 0, "emitted": 0, "dropped": 0},
        {"pid": 1, "sequence": 0, "emitted": 1, "dropped": 1},
        {"pid": 1, "sequence": 0, "emitted": 1, "dropped": -1},
    ],
)
def test_counters_that_contradict_each_other_are_damaged(counters: dict[str, int]) -> None:
    with pytest.raises(DamagedFrame):
        decode(encode([1, 1, 1, 1, 1, 1, 1, b""], **counters))
