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

PLAIN, STREAM, DATAGRAM, HEARD, SAID = range(5)

_PLAIN = struct.Struct("=BBHI7q")
_STREAM = struct.Struct("=BBHIHHI23q")
_PART = struct.Struct("=BxxxI2q")
_DATAGRAM = struct.Struct("=BBHI11q")
_CHUNK = struct.Struct("=BBHI4q")

pack_plain = _PLAIN.pack
"""1, PLAIN, 0, size of the data; then a row's numbers. Its data is to be added."""

pack_stream = _STREAM.pack
"""Rows, STREAM, 0, size of the data; sizes of what REQUEST_OPENED has as data and of the worker's name (if its thread
served this request alone), number of parts; request, server; threads that accepted and served; when `process_request`
ended (0: that is told by another record), its CPU time; then all of `Request.steps`. To be added: the two pieces of
data, and the parts: bytes that came and went, each with its head."""

pack_part = _PART.pack
"""HEARD or SAID, size, when, how long the call had taken. To be added: the bytes."""
unpack_part: Callable[[bytes], tuple[int, int, int, int]] = _PART.unpack_from
PART = _PART.size
"""Where they begin."""

pack_datagram = _DATAGRAM.pack
"""11, DATAGRAM or 12, DATAGRAM (it was answered), 0, size of the data; request, server, thread; when it was asked for,
came, and was ready to be handled; when `handle` and `finish` ended; when it was answered (0: never); sizes of what
REQUEST_OPENED has as data and of the datagram. To be added: these two, and the answer."""

pack_chunk = _CHUNK.pack
"""1, HEARD or 1, SAID, 0, size of the data; request, thread, when, how long the call had taken. To be added: the bytes,
all in one piece."""

facts_in: Callable[[bytes], int] = itemgetter(0)
"""How many rows a record stands for."""

_STAGE, _OPENED, _CLOSED, _RECEIVED, _SENT = map(
    int, (Kind.STAGE, Kind.REQUEST_OPENED, Kind.REQUEST_CLOSED, Kind.RECEIVED, Kind.SENT)
)
_BEGAN, _ENDED = int(Kind.WORKER_STARTED), int(Kind.WORKER_ENDED)
_GET, _VERIFY, _PROCESS, _QUEUE, _FINISH_REQUEST, _SETUP, _HANDLE, _FINISH, _SHUTDOWN = range(
    int(Stage.GET_REQUEST), int(Stage.SHUTDOWN_REQUEST) + 1
)


def pack(kind: int, request: int, code: int, worker: int, started: int, ended: int, value: int, data: bytes) -> bytes:
    """One row."""
    return pack_plain(1, PLAIN, 0, len(data), kind, request, code, worker, started, ended, value) + data


def pieces(kind: int, request: int, thread: int, at: int, data: bytes, room: int, took: int = 0) -> list[bytes]:
    """A chunk that is too long for one row, or that is not all there."""
    size = data.size if isinstance(data, Partial) else len(data)
    flags = data.piece if isinstance(data, Partial) else Piece.WHOLE
    kept = bytes(data[: max(0, room)])
    if len(kept) < len(data):
        flags |= Piece.CUT
    records: list[bytes] = []
    for start in range(0, max(1, len(kept)), PIECE):
        more = Piece.CONTINUES if start + PIECE < len(kept) else Piece.WHOLE
        records.append(pack(kind, request, flags | more, thread, at, took, size, kept[start : start + PIECE]))
        took = 0
    return records


def steps_taken(steps: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """Stages that are over: which, when it began, when it ended, its CPU time; see Request.steps."""
    steps = tuple(steps)  # its worker may be adding to it: a stage must not be seen without those before it
    return [
        (stage, steps[began], steps[ended], _spent(steps[cpu], steps[began], steps[ended]) if cpu else 0)
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
                _, shape, _, size, request, thread, when, took = _CHUNK.unpack_from(packed, at)
                start = at + _CHUNK.size
                at = start + size
                rows.append(
                    (_DIRECTION[shape], request, 0 if size else _NOTHING, thread, when, took, size, packed[start:at])
                )
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


def _unfold_stream(packed: bytes, at: int, rows: list[Row]) -> int:
    (
        _, _, _, size, ends, name, parts, request, server, by, thread, processed, process, asked, came, verifying,
        verified, begun, queued, taken, began, ready, setup, handled, handle, finished, finish, left, over, shutdown,
    ) = _STREAM.unpack_from(packed, at)  # fmt: skip
    at += _STREAM.size
    end, middle = at + size, at + ends
    if middle + name > end:
        raise IndexError
    accept, verify, setup = _spent(begun, asked, came), _spent(begun, verifying, verified), _spent(setup, began, ready)
    handle, finish = _spent(handle, ready, handled), _spent(finish, handled, finished)
    if name:
        rows.append((_BEGAN, 0, server, thread, taken, 0, -1, packed[middle : middle + name]))
    rows += (
        (_OPENED, request, server, by, asked, 0, 0, packed[at:middle]),
        (_STAGE, request, _GET, by, asked, came, accept, b""),
        (_STAGE, request, _VERIFY, by, verifying, verified, verify, b""),
    )
    if queued:
        rows.append((_STAGE, request, _QUEUE, thread, queued, taken, 0, b""))
    rows.append((_STAGE, request, _SETUP, thread, began, ready, setup, b""))
    at = _unfold_parts(packed, middle + name, parts, (request, thread), rows)
    inner = setup + handle + finish + _short(taken, began) + _short(finished, left)
    rows += (
        (_STAGE, request, _HANDLE, thread, ready, handled, handle, b""),
        (_STAGE, request, _FINISH, thread, handled, finished, finish, b""),
        (_STAGE, request, _FINISH_REQUEST, thread, taken, left, min(inner, _short(taken, left)), b""),
        (_STAGE, request, _SHUTDOWN, thread, left, over, _spent(shutdown, left, over), b""),
    )
    if processed:
        rows.append((_STAGE, request, _PROCESS, by, verified, processed, _spent(process, verified, processed), b""))
    rows.append((_CLOSED, request, _DONE, thread, over, 0, 0, b""))
    if name:
        rows.append((_ENDED, 0, server, thread, over, 0, -1, b""))
    if at != end:
        raise IndexError
    return at


def _unfold_parts(packed: bytes, at: int, parts: int, whose: tuple[int, int], rows: list[Row]) -> int:
    request, thread = whose
    for _ in range(parts):
        shape, size, when, took = _PART.unpack_from(packed, at)
        start = at + _PART.size
        at = start + size
        rows.append((_DIRECTION[shape], request, _flags(size), thread, when, took, size, packed[start:at]))
    return at


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
_DONE, _NOTHING = int(Outcome.DONE), int(Piece.NOTHING)


def _flags(size: int) -> int:
    return 0 if size else _NOTHING


def _short(started: int, ended: int) -> int:
    """CPU time of a stage that took but a moment: all of it."""
    return (ended - started) & 0x7FFFFFFFFFFFFFFF  # whoever lies about the times gets a number that fits


def _spent(cpu: int, started: int, ended: int) -> int:
    """CPU time of a stage, as far as that was measured."""
    most = _short(started, ended)
    return most if cpu < 0 else min(cpu, most)


_STEPS = (
    (_GET, 0, 1, 4), (_VERIFY, 2, 3, 4), (_QUEUE, 5, 6, 0), (_SETUP, 7, 8, 9), (_HANDLE, 8, 10, 11),
    (_FINISH, 10, 12, 13),
)  # fmt: skip
"""Where Request.steps has what of a stage: when it began and ended, and its CPU time (0: it used none)."""
_TOLD_OF_BYTES = (PLAIN, STREAM, HEARD)
_UNFOLD = {STREAM: _unfold_stream, DATAGRAM: _unfold_datagram}


def received_bytes(records: list[bytes], request: int) -> int:
    """How many received bytes of one request are in a batch."""
    return sum(
        len(row[7])
        for record in records
        if record[1] in _TOLD_OF_BYTES
        for row in unfold(record)
        if row[0] == Kind.RECEIVED and row[1] == request
    )
