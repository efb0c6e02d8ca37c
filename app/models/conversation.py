"""The conversation of one request: its chunks with their true borders, each with its place in its direction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.capture.records import ChunkRecord
from engine.observe.facts import Piece


@dataclass(frozen=True, slots=True)
class Chunk:
    """One recv or send, or one datagram.

    `start` is the place of its first byte among all bytes of its direction. `data` is shorter than `size` when bytes
    were cut, unseen, or have not been loaded.
    """

    id: int
    received: bool
    at: int
    start: int
    size: int
    flags: Piece
    data: bytes

    @property
    def end(self) -> int:
        """The place after its last byte, counted in its true size."""
        return self.start + self.size

    @property
    def missing(self) -> int:
        """How many of its bytes are not here."""
        return max(0, self.size - len(self.data))


@dataclass(frozen=True, slots=True)
class Conversation:
    """Everything that a request received and sent, in the order of time."""

    opened: int
    chunks: tuple[Chunk, ...]

    def size(self, received: bool) -> int:
        """True number of bytes of one direction."""
        return sum(chunk.size for chunk in self.chunks if chunk.received is received)

    def data(self, received: bool) -> bytes:
        """The bytes of one direction, as far as they are here."""
        return b"".join(chunk.data for chunk in self.chunks if chunk.received is received)

    def find(self, received: bool, start: int) -> Chunk | None:
        """The chunk that holds the byte at `start` of one direction."""
        return next((c for c in self.chunks if c.received is received and c.start <= start < c.end), None)


EMPTY = Conversation(opened=0, chunks=())


def converse(opened: int, records: Iterable[ChunkRecord]) -> Conversation:
    """Give each chunk, in the order of time, its place in its direction's stream."""
    ends = {True: 0, False: 0}
    chunks: list[Chunk] = []
    for one in records:
        # In a damaged capture there may be more than was said to be.
        size = max(len(one.data), one.size)
        chunks.append(Chunk(one.id, one.received, one.at, ends[one.received], size, one.flags, one.data))
        ends[one.received] += size
    return Conversation(opened, tuple(chunks))
