"""Keeps a capture within its limits: the oldest requests make room, a few hundred at a time."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from time import monotonic_ns

STEP = 500
RUNNING_AWAY = 0.05
CALM, HURRY = 8_000_000, 60_000_000
"""Nanoseconds that one call may take: little, unless the file runs away."""
FREE_SHARE = 4
"""Disk is given back once more than a quarter of the file is empty."""
TRIM_OUTPUT = "DELETE FROM output WHERE id < (SELECT min(id) + (max(id) - min(id) + 1) * ? FROM output)"
DELETE_OLD = (
    "DELETE FROM cpu WHERE rowid <= (SELECT max(rowid) FROM cpu) - 200000",
    "DELETE FROM output WHERE id <= (SELECT max(id) FROM output) - 200000",
    "DELETE FROM failure WHERE request IS NULL AND id <= (SELECT max(id) FROM failure) - 10000",
    "DELETE FROM load WHERE second < (SELECT max(second) FROM load WHERE server = 0) - 86400",
    "DELETE FROM worker WHERE ended < (SELECT opened FROM request ORDER BY id LIMIT 1)"
    " AND id <= (SELECT max(id) FROM worker) - 1000",
)


@dataclass(slots=True)
class Limits:
    """How large a capture may become."""

    requests: int
    bytes: int


@dataclass(slots=True)
class Extent:
    """What is in the file. From `dense_from` up to `end` each number has its request."""

    requests: int
    dense_from: int
    end: int
    evicted: int


def evict(connection: sqlite3.Connection, limits: Limits, extent: Extent) -> None:
    """Delete the oldest closed requests until the limits are kept, or enough time has been spent."""
    started = monotonic_ns()
    bytes_over = _bytes_over(connection, limits)
    if bytes_over > 0:
        connection.execute(TRIM_OUTPUT, (bytes_over,))
    while (over := max(bytes_over, 1 - limits.requests / max(extent.requests, 1))) > 0:
        if extent.dense_from >= extent.end:
            break
        _evict_some(connection, extent, max(1, min(STEP, int(over * extent.requests))))
        if monotonic_ns() - started > (HURRY if over > RUNNING_AWAY else CALM):
            break
        bytes_over = _bytes_over(connection, limits)


def _evict_some(connection: sqlite3.Connection, extent: Extent, count: int) -> None:
    end = min(extent.dense_from + count, extent.end)
    connection.execute("BEGIN IMMEDIATE")
    deleted = delete_requests(connection, end)
    extent.dense_from = end
    extent.requests -= deleted
    extent.evicted += deleted
    connection.execute("COMMIT")


def _bytes_over(connection: sqlite3.Connection, limits: Limits) -> float:
    """Which part of what is stored is too much."""
    pages, free, size = _pages(connection)
    return 1 - limits.bytes / max((pages - free) * size, 1)


def delete_requests(connection: sqlite3.Connection, end: int) -> int:
    """Delete all closed requests up to, not with, `end`; returns how many. Those still served are left out."""
    live = connection.execute("SELECT id FROM request WHERE closed IS NULL AND id < ? ORDER BY id", (end,)).fetchall()
    deleted, first = 0, 0
    for (barrier,) in [*live, (end,)]:
        deleted += _delete_range(connection, first, barrier)
        first = barrier + 1
    return deleted


def delete_old(connection: sqlite3.Connection) -> None:
    """Bound the tables that do not belong to requests, and give empty pages back."""
    for statement in DELETE_OLD:
        connection.execute(statement)
    pages, free, _ = _pages(connection)
    if free > 1000 and free > pages // FREE_SHARE:
        connection.execute("PRAGMA incremental_vacuum(1000)").fetchall()


def _pages(connection: sqlite3.Connection) -> tuple[int, int, int]:
    pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
    free: int = connection.execute("PRAGMA freelist_count").fetchone()[0]
    size: int = connection.execute("PRAGMA page_size").fetchone()[0]
    return pages, free, size


def _delete_range(connection: sqlite3.Connection, first: int, end: int) -> int:
    if first >= end:
        return 0
    span = (first, end)
    connection.execute("DELETE FROM stage WHERE request >= ? AND request < ?", span)
    connection.execute("DELETE FROM chunk WHERE request >= ? AND request < ?", span)
    connection.execute("DELETE FROM failure WHERE request >= ? AND request < ?", span)
    connection.execute("DELETE FROM slow WHERE request >= ? AND request < ?", span)
    connection.execute("DELETE FROM interference WHERE request >= ? AND request < ?", span)
    connection.execute("DELETE FROM rerun WHERE request >= ? AND request < ?", span)
    return connection.execute("DELETE FROM request WHERE id >= ? AND id < ?", span).rowcount
