"""Batches survive the way; nothing that did not come from `encode` is taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.channel.codec import FRAME_LIMIT, Batch, DamagedFrame, Row, decode, encode
from engine.observe.rows import pack

NUMBER = st.integers(-(1 << 63), (1 << 63) - 1)
ROWS = st.lists(st.tuples(*[NUMBER] * 7, st.binary(max_size=300)), max_size=30)


def frame_of(rows: list[Row], *, pid: int = 7, sequence: int = 1, emitted: int = 0, dropped: int = 0) -> bytes:
    """As the sender makes one."""
    records = [pack(*row) for row in rows]
    return encode(
        records, count=len(rows), pid=pid, sequence=sequence, emitted=emitted or len(rows), dropped=dropped
    )  # fmt: skip


@given(ROWS, st.integers(1, 1 << 22), st.integers(0, 1 << 40))
def test_decode_gives_what_was_encoded(rows: list[Row], pid: int, sequence: int) -> None:
    frame = frame_of(rows, pid=pid, sequence=sequence, emitted=len(rows) + 5, dropped=5)
    assert decode(frame) == Batch(pid, sequence, len(rows) + 5, 5, rows)


@given(st.binary(max_size=600))
def test_random_bytes_are_damaged(frame: bytes) -> None:
    with pytest.raises(DamagedFrame):
        decode(frame)


@given(ROWS, st.data())
def test_mutations_are_damaged_or_a_batch(rows: list[Row], data: st.DataObject) -> None:
    frame = bytearray(frame_of(rows))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    try:
        batch = decode(frame)
    except DamagedFrame:
        return
    assert all(type(row[7]) is bytes for row in batch.rows)


@given(ROWS, st.integers(1, 200))
def test_truncated_frames_are_damaged(rows: list[Row], missing: int) -> None:
    frame = frame_of(rows)
    with pytest.raises(DamagedFrame):
        decode(frame[: max(0, len(frame) - missing)])


@given(ROWS, st.integers(1, 3))
def test_a_count_that_is_not_that_of_the_rows_is_damaged(rows: list[Row], more: int) -> None:
    records = [pack(*row) for row in rows]
    with pytest.raises(DamagedFrame):
        decode(encode(records, count=len(rows) + more, pid=1, sequence=0, emitted=99, dropped=0))


def test_a_frame_beyond_the_limit_is_damaged() -> None:
    with pytest.raises(DamagedFrame):
        decode(bytes(FRAME_LIMIT + 1))


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
        decode(encode([pack(1, 1, 1, 1, 1, 1, 1, b"")], count=1, **counters))
