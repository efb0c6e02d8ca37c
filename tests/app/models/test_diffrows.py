"""Rows of two answers: nothing is lost, lines stand beside lines, and ten megabytes are no matter."""

from __future__ import annotations

import random
import time

import pytest

from app.models.diffrows import DiffRow, DiffRows
from engine.replay.comparison import compare


def rows_of(old: bytes, new: bytes, *, text: bool, cells: int = 16) -> list[DiffRow]:
    rows = DiffRows(old, new, compare(old, new), text=text, cells=cells)
    return [rows.row(number) for number in range(rows.count)]


def test_equal_answers_in_hex() -> None:
    rows = rows_of(bytes(40), bytes(40), text=False)
    assert [len(row.old.data) for row in rows] == [16, 16, 8]
    assert [row.new.start for row in rows] == [0, 16, 32]
    assert all(row.equal for row in rows)


def test_a_changed_byte_is_picked_on_both_sides() -> None:
    (row,) = rows_of(b"got 12 bytes\n", b"got 14 bytes\n", text=False)
    assert row.old.picks == row.new.picks == ((5, 6),)


def test_what_was_added_stands_beside_nothing() -> None:
    old, new = bytes(range(32)), bytes(range(16)) + b"\xff" * 16 + bytes(range(16, 32))
    rows = rows_of(old, new, text=False)
    assert [(len(row.old.data), len(row.new.data)) for row in rows] == [(16, 16), (0, 16), (16, 16)]
    assert [row.equal for row in rows] == [True, False, True]


def test_lines_stand_beside_lines() -> None:
    old = b"HTTP/1.1 200 OK\r\nServer: a\r\n\r\nbody\n"
    new = b"HTTP/1.1 404 Not Found\r\nServer: a\r\n\r\nbody\n"
    rows = rows_of(old, new, text=True)
    assert [row.old.data for row in rows] == old.splitlines(keepends=True)
    assert [row.new.data for row in rows] == new.splitlines(keepends=True)
    assert [row.equal for row in rows] == [False, True, True, True]


def test_nothing_at_all() -> None:
    assert rows_of(b"", b"", text=False) == []
    assert rows_of(b"", b"", text=True) == []


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost(seed: int, text: bool) -> None:
    chance = random.Random(seed)
    old = bytes(chance.choices(b"ab\ncd\r\n\0", k=chance.randrange(2000)))
    new = bytearray(old)
    for _ in range(chance.randrange(8)):
        at = chance.randrange(len(new) + 1)
        new[at : at + chance.choice((0, 1, 90))] = chance.randbytes(chance.choice((0, 1, 70)))
    rows = rows_of(old, bytes(new), text=text, cells=8)
    assert b"".join(row.old.data for row in rows) == old
    assert b"".join(row.new.data for row in rows) == new
    for row in rows:
        if row.equal:
            assert row.old.data == row.new.data


def test_from_difference_to_difference() -> None:
    old, new = bytearray(1600), bytearray(1600)
    new[160] = new[800] = 1
    rows = DiffRows(bytes(old), bytes(new), compare(bytes(old), bytes(new)), text=False)
    assert rows.next_difference(-1, 1) == 10
    assert rows.next_difference(10, 1) == 50
    assert rows.next_difference(50, 1) is None
    assert rows.next_difference(50, -1) == 10


@pytest.mark.parametrize("text", [False, True])
def test_ten_megabytes(text: bool) -> None:
    old = b"a line of some text, as there are many\r\n" * ((10 << 20) // 40)
    new = old[: 5 << 20] + b"another line\r\n" + old[5 << 20 :]
    started = time.process_time()
    rows = DiffRows(old, new, compare(old, new), text=text)
    assert time.process_time() - started < 1.0
    assert not rows.row(rows.next_difference(-1, 1) or 0).equal
