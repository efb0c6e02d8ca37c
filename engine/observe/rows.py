"""Rows of a batch: how many items they have, how many leave at once, and how long chunks become several."""

from __future__ import annotations

from typing import Any

from .facts import Kind, Piece
from .tap import Partial

COLUMNS = 8
"""Items of a row: kind, request, code, worker, started, ended, value, data."""
BATCH = 512 * COLUMNS
"""Items that leave at once: so few that the allocator keeps the memory for the next, and nobody waits long for us."""
PIECE = 32 * 1024
"""Longer chunks travel as several rows; bytes."""


def pieces(kind: Kind, request: int, thread: int, at: int, data: bytes, room: int) -> list[Any]:
    """A chunk that is too long for one row, or that is not all there."""
    size = data.size if isinstance(data, Partial) else len(data)
    flags = data.piece if isinstance(data, Partial) else Piece.WHOLE
    kept = bytes(data[: max(0, room)])
    if len(kept) < len(data):
        flags |= Piece.CUT
    rows: list[Any] = []
    for start in range(0, max(1, len(kept)), PIECE):
        more = Piece.CONTINUES if start + PIECE < len(kept) else Piece.WHOLE
        rows += (kind, request, flags | more, thread, at, 0, size, kept[start : start + PIECE])
    return rows


def received_bytes(batch: list[Any], request: int) -> int:
    """How many received bytes of one request are in a batch."""
    rows = zip(batch[0::COLUMNS], batch[1::COLUMNS], batch[7::COLUMNS], strict=True)
    return sum(len(data) for kind, owner, data in rows if kind is Kind.RECEIVED and owner == request)
