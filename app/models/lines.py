"""How a conversation is broken into lines: heads, rows of sixteen bytes or of text, notes."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from app.models.conversation import Chunk, Conversation

HEX_ROW = 16
TEXT_ROW = 96
"""Bytes of text in a row at most; a row also ends after a line feed."""


TEXT_COLUMNS = 100
_ODD = bytes([*range(0x20), *range(0x7F, 0x100)])


class LineKind(Enum):
    """What stands in a line."""

    HEAD = auto()
    BYTES = auto()
    MISSING = auto()
    """Bytes of the chunk that are not here."""
    NOTE = auto()
    """A direction without bytes."""
    MORE = auto()
    GAP = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `start` and `end` are places in the chunk's data, of BYTES only."""

    kind: LineKind
    chunk: Chunk | None = None
    start: int = 0
    end: int = 0
    received: bool = True
    """Of a NOTE: the direction."""


class Rows:
    """Where the rows of one chunk begin."""

    __slots__ = ("_starts", "_width", "count", "size")

    def __init__(self, data: bytes, *, text: bool, unit: int = 1) -> None:
        self.size = len(data)
        self._width = HEX_ROW
        self._starts = _text_starts(data, unit) if text else None
        self.count = len(self._starts) if self._starts is not None else -(-self.size // HEX_ROW)

    def span(self, row: int) -> tuple[int, int]:
        """First byte of a row, and the one after its last."""
        if self._starts is None:
            return row * HEX_ROW, min(self.size, (row + 1) * HEX_ROW)
        return self._starts[row], self._starts[row + 1] if row + 1 < self.count else self.size

    def row_at(self, place: int) -> int:
        """The row that holds a byte."""
        return place // HEX_ROW if self._starts is None else bisect_right(self._starts, place) - 1


def _text_starts(data: bytes, unit: int) -> array[int]:
    starts = array("q")
    at, size = 0, len(data)
    while at < size:
        starts.append(at)
        end = at + _fitting(data[at : at + TEXT_ROW], unit)
        feed = data.find(b"\n", at, end)
        at = _cut(data, at, end, unit) if feed < 0 else _after_feed(feed, at, unit)
    return starts


def _fitting(row: bytes, unit: int) -> int:
    """How many of these bytes fit a row when those that are no plain text take four columns each."""
    odd = len(row) - len(row.translate(None, _ODD))
    if unit > 1 or len(row) + 3 * odd <= TEXT_COLUMNS:
        return len(row)
    columns = 0
    for place, byte in enumerate(row):
        columns += 4 if byte in _ODD else 1
        if columns > TEXT_COLUMNS:
            return place
    return len(row)


def _after_feed(feed: int, start: int, unit: int) -> int:
    """After the line feed, which in UTF-16 is two bytes wide."""
    return feed + 1 if unit == 1 else start + ((feed - start) // unit + 1) * unit


def _cut(data: bytes, start: int, end: int, unit: int) -> int:
    """A place to break that does not tear a UTF-8 character."""
    if unit > 1 or end >= len(data):
        return end
    for back in range(3):
        if data[end - back] & 0xC0 != 0x80:
            return end - back if end - back > start else end
    return end


class Layout:
    """The lines of a conversation. Making one costs a little for each chunk; finding a line, a binary search."""

    def __init__(
        self,
        conversation: Conversation,
        *,
        heads: bool = True,
        text: bool = False,
        unit: int = 1,
        notes: Sequence[bool] = (),
        more: bool = False,
    ) -> None:
        """`notes`: directions to mention because they carried nothing. `unit`: bytes of a code unit."""
        self.conversation = conversation
        self._heads = heads
        self._chunks = conversation.chunks
        self._rows = [Rows(chunk.data, text=text, unit=unit) for chunk in self._chunks]
        self._tail = [LineKind.MORE] if more else []
        self._notes = tuple(notes)
        self._firsts = array("q")
        at = 0
        for chunk, rows in zip(self._chunks, self._rows, strict=True):
            self._firsts.append(at)
            at += rows.count + (2 * heads) + bool(chunk.missing)
        self._end = at
        self.count = at + 2 * len(self._notes) + len(self._tail)

    def line(self, number: int) -> Line:
        """The line with this number, 0 up to `count`."""
        if number >= self._end:
            return self._after(number - self._end)
        position = bisect_right(self._firsts, number) - 1
        chunk, rows = self._chunks[position], self._rows[position]
        row = number - self._firsts[position] - self._heads
        if row < 0:
            return Line(LineKind.HEAD, chunk)
        if row < rows.count:
            return Line(LineKind.BYTES, chunk, *rows.span(row))
        return Line(LineKind.MISSING if chunk.missing and row == rows.count else LineKind.GAP, chunk)

    def _after(self, number: int) -> Line:
        if number < len(self._tail):
            return Line(LineKind.MORE)
        note, odd = divmod(number - len(self._tail), 2)
        return Line(LineKind.GAP) if odd else Line(LineKind.NOTE, received=self._notes[note])

    def line_of(self, received: bool, place: int) -> int | None:
        """The number of the line that shows the byte at `place` of a direction's stream."""
        for position, chunk in enumerate(self._chunks):
            if chunk.received is received and chunk.start <= place < chunk.start + len(chunk.data):
                return self._firsts[position] + self._heads + self._rows[position].row_at(place - chunk.start)
        return None

    def line_of_chunk(self, chunk_id: int) -> int | None:
        """The number of a chunk's first line."""
        for position, chunk in enumerate(self._chunks):
            if chunk.id == chunk_id:
                return self._firsts[position]
        return None
