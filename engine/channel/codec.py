"""Batches of facts as bytes: a header, a table of 64-bit integers, and the blobs behind it. Decoding runs no code."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, repeat
from typing import Any

from ..observe.facts import WIDTH

Row = tuple[int, int, int, int, int, int, int, bytes]
"""kind, request, code, worker, started, ended, value, data: see observe/facts.py."""

MAGIC = b"SkB\x01"
HEADER = struct.Struct("=4sIqqqqII")
"""Magic, width, pid, sequence, emitted, dropped, number of rows, bytes of all blobs together."""
ROW_BYTES = (WIDTH + 1) * 8
FRAME_LIMIT = 1 << 18
"""No frame is larger; a receiver needs no larger buffer."""


class DamagedFrame(ValueError):  # noqa: N818 - named after what happened, like the facts
    """These bytes are no frame of ours."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one frame. `emitted` and `dropped` count the process's rows up to and with this frame."""

    pid: int
    sequence: int
    emitted: int
    dropped: int
    rows: list[Row]
    last: bool = False
    """The process is gone. Made by the one who knows what it had emitted, not by itself."""


def encode(flat: Sequence[Any], *, pid: int, sequence: int, emitted: int, dropped: int) -> bytes:
    """Make one frame of a flat list of eight items a row."""
    numbers = list(flat)
    blobs = numbers[WIDTH :: WIDTH + 1]
    del numbers[WIDTH :: WIDTH + 1]
    data = b"".join(blobs)
    head = HEADER.pack(MAGIC, WIDTH, pid, sequence, emitted, dropped, len(blobs), len(data))
    # struct packs a list in half the time that an array takes, and this is on the watched server's bill.
    return b"".join((head, _pack(numbers), _pack([len(blob) for blob in blobs]), data))


def _pack(numbers: list[int]) -> bytes:
    return struct.pack(f"={len(numbers)}q", *numbers)


def decode(frame: bytes | bytearray | memoryview) -> Batch:
    """Read one frame; raises DamagedFrame on anything that `encode` does not write."""
    view = memoryview(frame)
    if not HEADER.size <= len(view) <= FRAME_LIMIT:
        raise DamagedFrame(f"A frame of {len(view)} bytes.")
    magic, width, pid, sequence, emitted, dropped, count, size = HEADER.unpack_from(view)
    if magic != MAGIC or width != WIDTH:
        raise DamagedFrame("Not a batch of facts, or one of another version.")
    if HEADER.size + count * ROW_BYTES + size != len(view):
        raise DamagedFrame(f"{count} rows and {size} bytes do not make a frame of {len(view)}.")
    if pid <= 0 or sequence < 0 or not 0 <= dropped <= emitted - count:
        raise DamagedFrame("The header's counters contradict each other.")
    return Batch(pid, sequence, emitted, dropped, _rows(view[HEADER.size :], count, size))


def _rows(view: memoryview, count: int, size: int) -> list[Row]:
    numbers, lengths = array("q"), array("q")
    split = count * WIDTH * 8
    numbers.frombytes(view[:split])
    lengths.frombytes(view[split : count * ROW_BYTES])
    blobs: Iterable[bytes] = _blobs(bytes(view[count * ROW_BYTES :]), lengths) if size or any(lengths) else repeat(b"")
    column = iter(numbers)
    return list(zip(column, column, column, column, column, column, column, blobs, strict=False))


def _blobs(data: bytes, lengths: array[int]) -> list[bytes]:
    if min(lengths) < 0 or sum(lengths) != len(data):
        raise DamagedFrame("The blobs' lengths do not fit.")
    return [data[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]
