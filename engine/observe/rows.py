"""Facts as bytes: each is packed where it is made, by one call, so that to ship many is to join them.

A record is one row of facts.py, or several of one request at once: the stages of a request that nothing out of the
ordinary happened to leave as one. `unfold` makes rows of them again, at the other end. Its first byte tells how many
rows a record stands for, the second its shape, and a number in front of the rest how many bytes of data follow.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from operator import itemgetter

from .buffers import Partial
from .facts import Kind, Outcome, Piece
from .stages import Stage

Row = tuple[int, int, int, int, int, int, int, bytes]
"""kind, request, code, worker, started, ended, value, data: see facts.py."""

BATCH = 512
"""Records that leave at once."""
PIECE = 32 * 1024
"""Longer chunks travel as several rows; bytes."""
DATA_LIMIT = (1 << 32) - 1

PLAIN, BEGUN, SERVED, RETIRED, DATAGRAM, HEARD, SAID = range(7)

_PLAIN = struct.Struct("=BBHI7q")
_BEGUN = struct.Struct("=BBHI7q")
_SERVED = struct.Struct("=BBHI17q")
_DATAGRAM = struct.Struct("=BBHI11q")
_CHUNK = struct.Struct("=BBHI3q")

pack_plain = _PLAIN.pack
"""1, PLAIN, 0, size of the data; then a row's numbers. Its data is to be added."""
pack_begun = _BEGUN.pack
"""3, BEGUN, 0, size of the data; request, server, thread, when it was asked for, when it came, when `verify_request`
began and ended. To be added: what REQUEST_OPENED has as data. Nothing of this has taken longer than a moment."""
pack_served = _SERVED.pack
"""7, SERVED or 8, RETIRED (the thread ends, too), 0, 0; request, server, thread, outcome; when it was queued (0: it was
not, and the record stands for one row less) and taken; when `setup` began and ended, its CPU time; then when it ended
and its CPU time, of `handle`, `finish`, `finish_request` and `shutdown_request`."""

pack_datagram = _DATAGRAM.pack
"""11, DATAGRAM or 12, DATAGRAM (it was answered), 0, size of the data; request, server, thread; when it was asked for,
came, and was ready to be handled; when `handle` and `finish` ended; when it was answered (0: never); sizes of what
REQUEST_OPENED has as data and of the datagram. To be added: these two, and the answer."""

pack_chunk = _CHUNK.pack
"""1, HEARD or 1, SAID, 0, size of the data; request, thread, when. To be added: the bytes, all in one piece."""

facts_in: Callable[[bytes], int] = itemgetter(0)
"""How many rows a record stands for."""

_STAGE, _OPENED, _CLOSED, _ENDED, _RECEIVED, _SENT = map(
    int,
    (Kind.STAGE, Kind.REQUEST_OPENED, Kind.REQUEST_CLOSED, Kind.WORKER_ENDED, Kind.RECEIVED, Kind.SENT),
)
_GET, _VERIFY, _PROCESS, _QUEUE, _FINISH_REQUEST, _SETUP, _HANDLE, _FINISH, _SHUTDOWN = range(
    int(Stage.GET_REQUEST), int(Stage.SHUTDOWN_REQUEST) + 1
)


def pack(kind: int, request: int, code: int, worker: int, started: int, ended: int, value: int, data: bytes) -> bytes:
    """One row."""
    return pack_plain(1, PLAIN, 0, len(data), kind, request, code, worker, started, ended, value) + data


def pieces(kind: int, request: int, thread: int, at: int, data: bytes, room: int) -> list[bytes]:
    """A chunk that is too long for one row, or that is not all there."""
    size = data.size if isinstance(data, Partial) else len(data)
    flags = data.piece if isinstance(data, Partial) else Piece.WHOLE
    kept = bytes(data[: max(0, room)])
    if len(kept) < len(data):
        flags |= Piece.CUT
    records: list[bytes] = []
    for start in range(0, max(1, len(kept)), PIECE):
        more = Piece.CONTINUES if start + PIECE < len(kept) else Piece.WHOLE
        records.append(pack(kind, request, flags | more, thread, at, 0, size, kept[start : start + PIECE]))
    return records


def steps_taken(steps: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """A worker's stages that are over: which, when it began, when it ended, its CPU time; see Request.steps."""
    return [
        (stage, steps[began], steps[ended], steps[cpu] if cpu else 0)
        for stage, began, ended, cpu in _STEPS
        if max(ended, cpu) < len(steps) and steps[began]
    ]


def unfold(packed: bytes) -> list[Row]:
    """The rows of records that follow each other. Raises ValueError if these bytes are none; runs no code."""
    rows: list[Row] = []
    at, end = 0, len(packed)
    try:
        while at < end:
            shape = packed[at + 1]
            if shape >= HEARD:
                _, shape, _, size, request, thread, when = _CHUNK.unpack_from(packed, at)
                start = at + _CHUNK.size
                at = start + size
                rows.append((_DIRECTION[shape], request, 0, thread, when, 0, size, packed[start:at]))
                continue
            if shape != PLAIN:
                at = _UNFOLD[shape](packed, at, rows)
                continue
            _, _, _, size, kind, request, code, worker, started, ended, value = _PLAIN.unpack_from(packed, at)
            start = at + _PLAIN.size
            at = start + size
            rows.append((kind, request, code, worker, started, ended, value, packed[start:at]))
    except (struct.error, IndexError, KeyError) as error:
        raise ValueError("No records of facts.") from error
    if at != end:
        raise ValueError("The last record is not whole.")
    return rows


def _unfold_begun(packed: bytes, at: int, rows: list[Row]) -> int:
    _, _, _, size, request, server, thread, asked, came, verifying, verified = _BEGUN.unpack_from(packed, at)
    start = at + _BEGUN.size
    rows += (
        (_OPENED, request, server, thread, asked, 0, 0, packed[start : start + size]),
        (_STAGE, request, _GET, thread, asked, came, _short(asked, came), b""),
        (_STAGE, request, _VERIFY, thread, verifying, verified, _short(verifying, verified), b""),
    )
    return start + int(size)


def _unfold_served(packed: bytes, at: int, rows: list[Row]) -> int:
    (
        _, shape, _, _, request, server, thread, outcome, queued, taken, began, ready, setup, handled, handle, finished,
        finish, left, finish_request, over, shutdown,
    ) = _SERVED.unpack_from(packed, at)  # fmt: skip
    if shape == RETIRED:
        rows.append((_ENDED, 0, server, thread, over, 0, -1, b""))
    if queued:
        rows.append((_STAGE, request, _QUEUE, thread, queued, taken, 0, b""))
    rows += (
        (_STAGE, request, _SETUP, thread, began, ready, setup, b""),
        (_STAGE, request, _HANDLE, thread, ready, handled, handle, b""),
        (_STAGE, request, _FINISH, thread, handled, finished, finish, b""),
        (_STAGE, request, _FINISH_REQUEST, thread, taken, left, finish_request, b""),
        (_STAGE, request, _SHUTDOWN, thread, left, over, shutdown, b""),
        (_CLOSED, request, outcome, thread, over, 0, 0, b""),
    )
    return at + _SERVED.size


def _unfold_datagram(packed: bytes, at: int, rows: list[Row]) -> int:
    (
        _, _, _, size, request, server, thread, asked, came, ready, handled, finished, answered, ends, length,
    ) = _DATAGRAM.unpack_from(packed, at)  # fmt: skip
    start = at + _DATAGRAM.size
    middle, end = start + ends, start + size
    if min(ends, length) < 0 or middle + length > end:
        raise IndexError
    data, answer = packed[middle : middle + length], packed[middle + length : end]
    rows += (
        (_OPENED, request, server, thread, asked, 0, 0, packed[start:middle]),
        (_STAGE, request, _GET, thread, asked, came, _short(asked, came), b""),
        (_RECEIVED, request, 0, thread, came, 0, length, data),
        (_STAGE, request, _VERIFY, thread, came, came, 0, b""),
        (_STAGE, request, _SETUP, thread, came, ready, _short(came, ready), b""),
        (_STAGE, request, _HANDLE, thread, ready, handled, _short(ready, handled), b""),
        (_STAGE, request, _FINISH, thread, handled, finished, _short(handled, finished), b""),
        (_STAGE, request, _FINISH_REQUEST, thread, came, finished, _short(came, finished), b""),
        (_STAGE, request, _PROCESS, thread, came, finished, _short(came, finished), b""),
        (_STAGE, request, _SHUTDOWN, thread, finished, finished, 0, b""),
    )
    if answered:
        rows.append((_SENT, request, 0, thread, answered, 0, len(answer), answer))
    rows.append((_CLOSED, request, Outcome.DONE, thread, finished, 0, 0, b""))
    return int(end)


_DIRECTION = {HEARD: _RECEIVED, SAID: _SENT}


def _short(started: int, ended: int) -> int:
    """CPU time of a stage that took but a moment: all of it."""
    return (ended - started) & 0x7FFFFFFFFFFFFFFF  # whoever lies about the times gets a number that fits


_STEPS = ((_QUEUE, 0, 1, 0), (_SETUP, 2, 3, 4), (_HANDLE, 3, 5, 6), (_FINISH, 5, 7, 8))
"""Where Request.steps has what of a stage: when it began and ended, and its CPU time (0: it used none)."""
_TOLD_OF_BYTES = (PLAIN, HEARD)
_UNFOLD = {BEGUN: _unfold_begun, SERVED: _unfold_served, RETIRED: _unfold_served, DATAGRAM: _unfold_datagram}


def received_bytes(records: list[bytes], request: int) -> int:
    """How many received bytes of one request are in a batch."""
    return sum(
        len(row[7])
        for record in records
        if record[1] in _TOLD_OF_BYTES
        for row in unfold(record)
        if row[0] == Kind.RECEIVED and row[1] == request
    )
