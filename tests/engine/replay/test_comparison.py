"""Answers compared: what is equal, where they first differ, and that ten megabytes take no second."""

from __future__ import annotations

import random
import time

import pytest

from engine.replay.comparison import Block, Comparison, compare


def rebuilt(comparison: Comparison, old: bytes, new: bytes) -> bool:
    """Whether the blocks cover both sides without gaps, and say the truth about each byte."""
    i = j = 0
    for block in comparison.blocks:
        if (block.old_start, block.new_start) != (i, j):
            return False
        i, j = block.old_end, block.new_end
        if block.equal is not (old[block.old_start : i] == new[block.new_start : j]):
            return False
    return (i, j) == (len(old), len(new))


def test_equal_answers() -> None:
    found = compare(b"got 12 bytes\n", b"got 12 bytes\n")
    assert found.equal
    assert found.first is None
    assert found.blocks == (Block(True, 0, 13, 0, 13),)
    assert compare(b"", b"").equal


def test_a_changed_number() -> None:
    found = compare(b"got 12 bytes\n", b"got 14 bytes\n")
    assert not found.equal
    assert found.first == 5
    assert found.blocks == (Block(True, 0, 5, 0, 5), Block(False, 5, 6, 5, 6), Block(True, 6, 13, 6, 13))


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [(b"", b"new", 0), (b"old", b"", 0), (b"abc", b"abcd", 3), (b"abcd", b"bcd", 0), (b"aaaa", b"aaa", 3)],
)
def test_one_side_has_more(old: bytes, new: bytes, first: int) -> None:
    found = compare(old, new)
    assert found.first == first
    assert rebuilt(found, old, new)


def test_an_insertion_does_not_make_the_rest_different() -> None:
    old = bytes(random.Random(1).randbytes(50_000))
    new = old[:20_000] + b"something new" + old[20_000:40_000] + old[41_000:]
    found = compare(old, new)
    assert rebuilt(found, old, new)
    assert found.differing == 13 + 1000


def test_text_whose_lines_change_here_and_there() -> None:
    lines = [b"line %d of many, all alike but for the number\r\n" % n for n in range(5000)]
    changed = [b"another line\r\n" if n % 250 == 7 else line for n, line in enumerate(lines)]
    old, new = b"".join(lines), b"".join(changed)
    found = compare(old, new)
    assert rebuilt(found, old, new)
    assert 20 <= sum(not block.equal for block in found.blocks) <= 60


def test_small_scraps_belong_to_the_difference() -> None:
    found = compare(b"<head>" + b"qaxbycz" + b"</tail>", b"<head>" + b"1a2b3c4" + b"</tail>")
    assert [block.equal for block in found.blocks] == [True, False, True]


@pytest.mark.parametrize("seed", range(40))
def test_any_two_answers(seed: int) -> None:
    chance = random.Random(seed)
    old = bytearray(chance.choices(range(chance.choice((2, 20, 256))), k=chance.randrange(3000)))
    new = bytearray(old)
    for _ in range(chance.randrange(12)):
        at = chance.randrange(len(new) + 1)
        new[at : at + chance.choice((0, 0, 1, 7, 300))] = chance.randbytes(chance.choice((0, 1, 5, 400)))
    found = compare(bytes(old), bytes(new))
    assert found.equal is (old == new)
    for block in found.blocks:
        if block.equal:
            assert old[block.old_start : block.old_end] == new[block.new_start : block.new_end]
    assert sum(block.old_size for block in found.blocks) == len(old)
    assert sum(block.new_size for block in found.blocks) == len(new)


TEN_MB = random.Random(7).randbytes(10 << 20)
LARGE = {
    "equal": (TEN_MB, bytes(TEN_MB)),
    "one byte": (TEN_MB, TEN_MB[: 5 << 20] + b"!" + TEN_MB[(5 << 20) + 1 :]),
    "an insertion": (TEN_MB, TEN_MB[: 3 << 20] + b"!" * 700 + TEN_MB[3 << 20 :]),
    "strangers": (TEN_MB, TEN_MB[::-1]),
    "every other byte": (b"ab" * (5 << 20), b"ac" * (5 << 20)),
    "zeros": (bytes(10 << 20), b"\1" + bytes(9 << 20) + b"\2"),
    "shifted by one": (TEN_MB, b"x" + TEN_MB[:-1]),
}


@pytest.mark.parametrize("name", LARGE)
def test_ten_megabytes(name: str) -> None:
    old, new = LARGE[name]
    started = time.process_time()
    found = compare(old, new)
    assert time.process_time() - started < 1.0
    assert found.equal is (old == new)
    assert sum(block.old_size for block in found.blocks) == len(old)
    assert sum(block.new_size for block in found.blocks) == len(new)
