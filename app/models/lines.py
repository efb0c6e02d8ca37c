"""How a conversation is broken into lines: heads, rows of sixteen bytes or of text, notes."""

from __future__ import annotations

import re
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
"""That the text of a row takes, nearly always."""
_UTF8 = rb"(?:[ -~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})"
_ROW = re.compile(
    b"|".join(
        (
            rb"\t{0,4}[ -~]{0,88}\r?\n",  # a line of plain text
            _UTF8 + rb"{0,46}\r?\n",  # a line of UTF-8, of which a character may take two columns
            rb"[ -~]{96}|" + _UTF8 + rb"{48}",  # a part of a longer one
            rb"[ -~]{1,96}\Z|" + _UTF8 + rb"{1,48}\Z",  # the last one
            rb"[^\n]{1,21}[\x80-\xbf]{0,3}\n?|\n",  # anything else: a byte may take four columns
        )
    )
)
"""One row of text. A regular expression finds the rows of ten megabytes in the time that a loop takes for one."""


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
    if unit == 1:
        return array("q", (match.start() for match in _ROW.finditer(data)))
    starts = array("q")
    at = 0
    while at < len(data):
        starts.append(at)
        feed = data.find(b"\n", at, at + TEXT_ROW)
        # In UTF-16 a line feed is two bytes wide.
        at = at + TEXT_ROW if feed < 0 else at + ((feed - at) // unit + 1) * unit
    return starts


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
