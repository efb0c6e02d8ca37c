"""Batches of facts as bytes: a header, and the records behind it (see observe/rows.py). Decoding runs no code."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from ..observe.rows import Row, unfold

__all__ = ["FRAME_LIMIT", "HEADER", "Batch", "DamagedFrame", "Row", "decode", "encode"]

MAGIC = b"SkB\x02"
HEADER = struct.Struct("=4sIqqqq")
"""Magic, number of rows, pid, sequence, emitted, dropped."""
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


def encode(records: Iterable[bytes], *, count: int, pid: int, sequence: int, emitted: int, dropped: int) -> bytes:
    """Make one frame of records that stand for `count` rows."""
    return b"".join((HEADER.pack(MAGIC, count, pid, sequence, emitted, dropped), *records))


def decode(frame: bytes | bytearray | memoryview) -> Batch:
    """Read one frame; raises DamagedFrame on anything that `encode` does not write."""
    if not HEADER.size <= len(frame) <= FRAME_LIMIT:
        raise DamagedFrame(f"A frame of {len(frame)} bytes.")
    magic, count, pid, sequence, emitted, dropped = HEADER.unpack_from(frame)
    if magic != MAGIC:
        raise DamagedFrame("Not a batch of facts, or one of another version.")
    if pid <= 0 or sequence < 0 or not 0 <= dropped <= emitted - count:
        raise DamagedFrame("The header's counters contradict each other.")
    try:
        rows = unfold(bytes(frame[HEADER.size :]))
    except ValueError as error:
        raise DamagedFrame(str(error)) from error
    if len(rows) != count:
        raise DamagedFrame(f"{len(rows)} rows, where the header says {count}.")
    return Batch(pid, sequence, emitted, dropped, rows)
