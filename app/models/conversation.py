"""The conversation of one request: its chunks with their true borders, each with its place in its direction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.capture.records import ChunkRecord
from engine.observe.facts import Piece


@dataclass(frozen=True, slots=True)
class Chunk:
    """One recv or send, or one datagram, whole: its pieces joined.

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
    """Join the pieces of each chunk and give every chunk its place in its direction's stream."""
    offsets = {True: 0, False: 0}
    chunks: list[Chunk] = []
    open_pieces: dict[bool, list[ChunkRecord]] = {True: [], False: []}
    for record in records:
        pieces = open_pieces[record.received]
        pieces.append(record)
        if not record.flags & Piece.CONTINUES:
            chunks.append(_join(pieces, offsets))
            pieces.clear()
    # A chunk whose last piece has not been loaded is shown as far as it goes.
    chunks += [_join(pieces, offsets) for pieces in open_pieces.values() if pieces]
    chunks.sort(key=lambda chunk: chunk.id)
    return Conversation(opened, tuple(chunks))


def _join(pieces: list[ChunkRecord], offsets: dict[bool, int]) -> Chunk:
    first = pieces[0]
    data = b"".join(piece.data for piece in pieces)
    flags = Piece.WHOLE
    for piece in pieces:
        flags |= piece.flags & ~Piece.CONTINUES
    # Every piece repeats the true size of the whole chunk; a host that died may have told less than it sent.
    size = max(len(data), max(piece.size for piece in pieces))
    chunk = Chunk(first.id, first.received, first.at, offsets[first.received], size, flags, data)
    offsets[first.received] += size
    return chunk
