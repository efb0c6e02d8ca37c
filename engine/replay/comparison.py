"""Compares two answers byte by byte: whether they are equal, where they first differ, and which blocks belong together.

Equal beginnings and ends are found by halving, which costs about as much as copying. What lies between is walked from
difference to difference: where both go on alike again is looked for with `bytes.find`, near by first. All of it has
limits, so that ten megabytes take a fraction of a second whatever they hold; beyond them what is left is compared place
by place, which is true as well, only less kind to the eye.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

Span = tuple[int, int]

SMALL = 256
"""Bytes of both sides together that difflib, whose time grows with their product, may look at."""
ANCHORS = (48, 12)
"""So many equal bytes in a row mean that both sides go on alike. Many first: lines are often alike but for a number."""
WINDOWS = (256, 4096, 65536)
"""How far ahead the next equal bytes are looked for, nearest first."""
STEPS = 48
"""In how many places of a window."""
SEARCHES = 6000
"""Of all kinds, for one comparison."""
MOST_BLOCKS = 20_000
SCRAP = 3
"""Fewer equal bytes between two differences are taken for chance, and belong to them."""


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes `old_start` to `old_end` of the old answer that stand beside `new_start` to `new_end` of the new one."""

    equal: bool
    old_start: int
    old_end: int
    new_start: int
    new_end: int

    @property
    def old_size(self) -> int:
        """Bytes of the old side; 0: the new side has added some."""
        return self.old_end - self.old_start

    @property
    def new_size(self) -> int:
        """Bytes of the new side; 0: they are missing there."""
        return self.new_end - self.new_start

    @property
    def width(self) -> int:
        """Bytes of the longer side."""
        return max(self.old_size, self.new_size)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it. `blocks` cover both sides without gaps; neighbours are never of the same kind."""

    old_size: int
    new_size: int
    blocks: tuple[Block, ...]

    @property
    def equal(self) -> bool:
        """Whether both are the same, byte for byte."""
        return all(block.equal for block in self.blocks)

    @property
    def first(self) -> int | None:
        """The place of the first difference, which is the same on both sides; None if there is none."""
        return next((block.old_start for block in self.blocks if not block.equal), None)

    @property
    def differing(self) -> int:
        """Bytes that differ, are missing or were added."""
        return sum(block.width for block in self.blocks if not block.equal)


def compare(old: bytes, new: bytes) -> Comparison:
    """Compare two answers."""
    start = common_prefix(old, new)
    if start == len(old) == len(new):
        return Comparison(start, start, tuple(_joined([Block(True, 0, start, 0, start)])))
    end = _common_suffix(old, new, start)
    blocks = [Block(True, 0, start, 0, start)]
    blocks += _Walk(old, new).between(start, len(old) - end, start, len(new) - end)
    blocks.append(Block(True, len(old) - end, len(old), len(new) - end, len(new)))
    return Comparison(len(old), len(new), tuple(_joined(_without_scraps(blocks))))


def common_prefix(old: bytes, new: bytes) -> int:
    """How many bytes both begin with alike."""
    low, high = 0, min(len(old), len(new))
    if old[:high] == new[:high]:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle
    return low


def _common_suffix(old: bytes, new: bytes, start: int) -> int:
    """How many bytes both end with alike, those before `start` aside."""
    low, high = 0, min(len(old), len(new)) - start
    while low < high:
        middle = (low + high + 1) // 2
        if old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]:
            low = middle
        else:
            high = middle - 1
    return low


class _Walk:
    """From difference to difference, as long as there are searches left."""

    def __init__(self, old: bytes, new: bytes) -> None:
        self._old = old
        self._new = new
        self._searches = SEARCHES
        self._blocks = 0

    def between(self, i: int, i_end: int, j: int, j_end: int) -> Iterator[Block]:
        """The blocks of a part of both sides that begins with a difference."""
        while i < i_end or j < j_end:
            if i == i_end or j == j_end:
                yield Block(False, i, i_end, j, j_end)
                return
            if i_end - i + j_end - j <= SMALL:
                yield from self._closely(i, i_end, j, j_end)
                return
            found = self._meeting(i, i_end, j, j_end) if self._searches > 0 and self._blocks < MOST_BLOCKS else None
            if found is None:
                yield from self._in_place(i, i_end, j, j_end)
                return
            yield from self._closely(i, found[0], j, found[1])
            i, j = found
            alike = common_prefix(self._old[i:i_end], self._new[j:j_end]) if self._near(i, j) else self._alike(i, j)
            alike = min(alike, i_end - i, j_end - j)
            yield Block(True, i, i + alike, j, j + alike)
            i, j = i + alike, j + alike
            self._blocks += 2

    def _near(self, i: int, j: int) -> bool:
        return len(self._old) - i < 4096 or len(self._new) - j < 4096

    def _alike(self, i: int, j: int) -> int:
        """How long both go on alike; looked at in growing pieces, as it is mostly not to the end."""
        size, done = 1024, 0
        while True:
            old, new = self._old[i + done : i + done + size], self._new[j + done : j + done + size]
            alike = common_prefix(old, new)
            done += alike
            if alike < size:
                return done
            size *= 4

    def _meeting(self, i: int, i_end: int, j: int, j_end: int) -> tuple[int, int] | None:
        """Where both go on alike again: the nearest place of those that are tried."""
        for window in WINDOWS:
            old, new = (i, min(i_end, i + window)), (j, min(j_end, j + window))
            for anchor in ANCHORS:
                best = self._nearest(old, new, anchor, max(1, window // STEPS))
                if best is not None:
                    return best
        return None

    def _nearest(self, old: Span, new: Span, anchor: int, step: int) -> tuple[int, int] | None:
        best: tuple[int, int] | None = None
        for ahead in range(0, max(old[1] - old[0], new[1] - new[0]) - anchor + 1, step):
            if best is not None and ahead >= best[0] - old[0] + best[1] - new[0]:
                break
            best = _better(best, self._try(old, new, ahead, anchor))
        return best

    def _try(self, old: Span, new: Span, ahead: int, anchor: int) -> tuple[int, int] | None:
        """Look for the `anchor` bytes that come `ahead` on each side in the other side's span."""
        self._searches -= 2
        (i, i_end), (j, j_end) = old, new
        found: tuple[int, int] | None = None
        if j + ahead + anchor <= j_end:
            place = self._old.find(self._new[j + ahead : j + ahead + anchor], i, i_end)
            found = (place, j + ahead) if place >= 0 else None
        if i + ahead + anchor <= i_end:
            place = self._new.find(self._old[i + ahead : i + ahead + anchor], j, j_end)
            found = _better(found, (i + ahead, place) if place >= 0 else None)
        return self._backwards(i, j, *found) if found is not None else None

    def _backwards(self, i: int, j: int, old: int, new: int) -> tuple[int, int]:
        """The equal bytes before a meeting belong to it."""
        while old > i and new > j and self._old[old - 1] == self._new[new - 1]:
            old, new = old - 1, new - 1
        return old, new

    def _closely(self, i: int, i_end: int, j: int, j_end: int) -> Iterator[Block]:
        """Byte by byte, if both are small; else as one difference."""
        if i == i_end and j == j_end:
            return
        if i_end - i + j_end - j > SMALL:
            yield from self._in_place(i, i_end, j, j_end)
            return
        matcher = SequenceMatcher(None, self._old[i:i_end], self._new[j:j_end], autojunk=False)
        for tag, a, b, c, d in matcher.get_opcodes():
            yield Block(tag == "equal", i + a, i + b, j + c, j + d)

    def _in_place(self, i: int, i_end: int, j: int, j_end: int) -> Iterator[Block]:
        """Each byte beside the one in the same place, and what is left over behind them."""
        size = min(i_end - i, j_end - j)
        differences = _xor(self._old[i : i + size], self._new[j : j + size])
        at = 0
        for match in re.finditer(rb"[^\0](?:\0{0,2}[^\0]+)*+", differences):
            if self._blocks >= MOST_BLOCKS:
                break
            self._blocks += 2
            start, end = match.span()
            yield Block(True, i + at, i + start, j + at, j + start)
            yield Block(False, i + start, i + end, j + start, j + end)
            at = end
        else:
            yield Block(True, i + at, i + size, j + at, j + size)
            at = size
        yield Block(False, i + at, i_end, j + at, j_end)


def _better(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or other is None:
        return one or other
    return min(one, other, key=sum)


def _xor(old: bytes, new: bytes) -> bytes:
    """Zero where both are alike. As numbers, because a loop would take a second a megabyte."""
    return (int.from_bytes(old, "big") ^ int.from_bytes(new, "big")).to_bytes(len(old), "big")


def _without_scraps(blocks: list[Block]) -> list[Block]:
    """A byte or two that happen to be equal in the midst of differences do not help the reader."""
    last = len(blocks) - 1
    return [
        Block(False, *_span(block)) if block.equal and 0 < block.width < SCRAP and 0 < place < last else block
        for place, block in enumerate(blocks)
    ]


def _span(block: Block) -> tuple[int, int, int, int]:
    return block.old_start, block.old_end, block.new_start, block.new_end


def _joined(blocks: list[Block]) -> Iterator[Block]:
    """Without the empty ones, and neighbours of one kind in one."""
    open_block: Block | None = None
    for block in blocks:
        if not block.width:
            continue
        if open_block is None:
            open_block = block
        elif block.equal == open_block.equal:
            open_block = Block(block.equal, open_block.old_start, block.old_end, open_block.new_start, block.new_end)
        else:
            yield open_block
            open_block = block
    if open_block is not None:
        yield open_block
