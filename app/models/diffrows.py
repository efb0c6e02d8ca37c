"""Two answers side by side, broken into rows: which bytes of the old one stand beside which of the new one."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from engine.replay.comparison import Block, Comparison

TEXT_CELLS = 48
"""Bytes of a row of text at most; a row also ends after a line feed."""
_PIECE = re.compile(rb"[^\n]{0,%d}\n|[^\n]{%d}|[^\n]+" % (TEXT_CELLS - 1, TEXT_CELLS))


@dataclass(frozen=True, slots=True)
class Side:
    """What a row shows of one answer: its bytes, where they begin, and which of them differ (counted in the row)."""

    start: int
    data: bytes
    picks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One row of both."""

    old: Side
    new: Side

    @property
    def equal(self) -> bool:
        """Whether both sides show the same."""
        return not self.old.picks and not self.new.picks


class DiffRows:
    """Where the rows begin. Making them costs a little for each row; asking for one, a binary search."""

    def __init__(self, old: bytes, new: bytes, comparison: Comparison, *, text: bool, cells: int = 16) -> None:
        self._old, self._new = old, new
        self._blocks = comparison.blocks
        self._old_blocks = [block.old_start for block in self._blocks]
        self._new_blocks = [block.new_start for block in self._blocks]
        self._olds, self._news = self._text_starts() if text else self._hex_starts(cells)
        self.count = len(self._olds)
        self._olds.append(len(old))
        self._news.append(len(new))

    def row(self, number: int) -> DiffRow:
        """The row with this number, 0 up to `count`."""
        old = self._side(self._old, self._olds, self._old_blocks, number, old=True)
        return DiffRow(old, self._side(self._new, self._news, self._new_blocks, number, old=False))

    def next_difference(self, row: int, by: int) -> int | None:
        """The nearest row after this one (before it, if `by` is -1) in which a difference begins."""
        rows = [self._row_of(block) for block in self._blocks if not block.equal]
        if by > 0:
            return next((found for found in rows if found > row), None)
        return next((found for found in reversed(rows) if found < row), None)

    def _row_of(self, block: Block) -> int:
        by_old = bisect_right(self._olds, block.old_start, hi=self.count) - 1
        return by_old if block.old_size else bisect_right(self._news, block.new_start, hi=self.count) - 1

    def _side(self, data: bytes, starts: array[int], blocks: list[int], number: int, *, old: bool) -> Side:
        start, end = starts[number], starts[number + 1]
        picks: list[tuple[int, int]] = []
        for place in range(max(0, bisect_right(blocks, start) - 1), len(blocks)):
            block = self._blocks[place]
            first, last = (block.old_start, block.old_end) if old else (block.new_start, block.new_end)
            if first >= end:
                break
            if not block.equal and last > start:
                picks.append((max(first, start) - start, min(last, end) - start))
        return Side(start, data[start:end], tuple(picks))

    def _hex_starts(self, cells: int) -> tuple[array[int], array[int]]:
        """A row each so many bytes; where one side has more than the other, that one counts."""
        olds, news = array("q"), array("q")
        at = 0
        for block in self._blocks:
            offsets = range(-at % cells, block.width, cells)
            for starts, first, size in (
                (olds, block.old_start, block.old_size),
                (news, block.new_start, block.new_size),
            ):
                starts.extend(range(first + offsets.start, first + size, cells))
                starts.extend([first + size] * (len(offsets) - len(range(offsets.start, size, cells))))
            at += block.width
        return olds, news

    def _text_starts(self) -> tuple[array[int], array[int]]:
        """A row a line; of a difference the lines stand side by side in their order."""
        olds, news = array("q"), array("q")
        old = new = 0
        used, is_open = 0, False
        for block in self._blocks:
            for old_size, new_size, ends in self._pieces(block):
                width = max(old_size, new_size)
                if not is_open or used + width > TEXT_CELLS:
                    olds.append(old)
                    news.append(new)
                    used = 0
                old, new, used, is_open = old + old_size, new + new_size, used + width, not ends
        return olds, news

    def _pieces(self, block: Block) -> Iterator[tuple[int, int, bool]]:
        """Bytes of the old and of the new side that belong into one row, and whether the row ends with them."""
        old = _lines(self._old, block.old_start, block.old_end)
        if block.equal:
            yield from ((size, size, ends) for size, ends in old)
            return
        pairs = list(zip_longest(old, _lines(self._new, block.new_start, block.new_end), fillvalue=(0, True)))
        for place, ((old_size, old_ends), (new_size, new_ends)) in enumerate(pairs, 1):
            yield old_size, new_size, place < len(pairs) or (old_ends and new_ends)


def _lines(data: bytes, start: int, end: int) -> Iterator[tuple[int, bool]]:
    """Sizes of the pieces of a part, and whether they end with a line feed."""
    for match in _PIECE.finditer(data, start, end):
        first, last = match.span()
        yield last - first, data[last - 1] == 10
