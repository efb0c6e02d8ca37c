"""What the next commit will write, collected as tuples in the order of the tables' columns."""

from __future__ import annotations

import sqlite3
from typing import Any

from .bulk import BulkInsert
from .counters import REPLACE_COUNTERS, CountersRow
from .live import SALVAGED, Live
from .load import LoadRow
from .records import GOES_ON
from .timings import ADD_TIMING, TimingBook

INSERT_STAGES = BulkInsert("INSERT OR REPLACE INTO stage (request, stage, started, ended, cpu)", 5)
INSERT_RUNNING = "INSERT OR IGNORE INTO stage (request, stage, started) VALUES (?, ?, ?)"
INSERT_CHUNKS = BulkInsert("INSERT INTO chunk (request, direction, at, size, flags, data)", 6)
INSERT_FAILURE = (
    "INSERT INTO failure (server, request, stage, at, type, message, detail, cause, place, signature)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
INSERT_INTERFERENCE = "INSERT INTO interference (request, means, at, amount, detail) VALUES (?, ?, ?, ?, ?)"
INSERT_SLOW = "INSERT INTO slow (request, stage, started, at, allowed, detail) VALUES (?, ?, ?, ?, ?, ?)"
INSERT_WORKER = "INSERT INTO worker (id, server, pid, thread, name, child, started) VALUES (?, ?, ?, ?, ?, ?, ?)"
NAME_WORKER = "UPDATE worker SET name = ?, child = ?, started = min(started, ?) WHERE id = ?"
END_WORKER = "UPDATE worker SET ended = ?, status = ?, cpu = ?, memory = ? WHERE id = ?"
INSERT_REQUESTS = BulkInsert(
    "INSERT INTO request (server, peer, local, opened, worker, closed, state, stage, bytes_in, bytes_out, error,"
    " message, touched, slow, receiving, sending, id)",
    17,
)
UPDATE_REQUEST = (
    "UPDATE request SET worker = ?, closed = ?, state = ?, stage = ?, bytes_in = ?, bytes_out = ?, error = ?,"
    " message = ?, touched = ?, slow = ?, receiving = ?, sending = ? WHERE id = ?"
)
SET_ADDRESSES = "UPDATE request SET peer = ?, local = ? WHERE id = ?"
DELETE_SALVAGED = f"DELETE FROM chunk WHERE request = ? AND flags & {SALVAGED}"
DELETE_HELD = f"DELETE FROM interference WHERE request = ? AND at = ? AND amount = {GOES_ON}"
INSERT_CPU = "INSERT INTO cpu (server, at, pid, thread, share, rss) VALUES (?, ?, ?, ?, ?, ?)"
INSERT_LOAD = "INSERT OR REPLACE INTO load VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_OUTPUT = "INSERT INTO output (server, at, pid, stream, line) VALUES (?, ?, ?, ?, ?)"

FailureRow = tuple[int, int | None, int, int, str, str, str, int, str, str]


class Pending:
    """Rows on their way to the file. They stay until a commit has succeeded."""

    def __init__(self) -> None:
        self.stages: list[int | None] = []
        """Flat, as BulkInsert takes them; the chunks too."""
        self.running: list[tuple[int, int, int]] = []
        self.chunks: list[Any] = []
        self.failures: list[FailureRow] = []
        self.interferences: list[tuple[int, int, int, int, str]] = []
        self.slow: list[tuple[int, int, int, int, int, str]] = []
        self.workers: list[tuple[int, int, int, int, str, int, int]] = []
        self.worker_names: list[tuple[str, int, int, int]] = []
        self.worker_ends: list[tuple[int, int | None, int | None, int | None, int]] = []
        self.cpu: list[tuple[int, int, int, int, float, int | None]] = []
        self.output: list[tuple[int, int, int, int, str]] = []
        self.load: list[LoadRow] = []
        self.counters: list[CountersRow] = []
        self.whole: list[tuple[int, int]] = []
        """Server and duration of requests that are over."""
        self.unsalvaged: list[tuple[int]] = []
        self.let_go: list[tuple[int, int]] = []
        """Requests, and since when they had been held."""
        self.addresses: list[tuple[str, str, int]] = []
        self.requests: list[Live] = []
        self.bytes = 0

    @property
    def large(self) -> bool:
        """Whether it is better to commit before the next tick."""
        return self.bytes > 16 << 20 or len(self.stages) > 500_000

    @property
    def waiting(self) -> bool:
        """Whether there is anything to write."""
        return any(vars(self).values())

    def write(self, connection: sqlite3.Connection, timings: TimingBook) -> int:
        """Write everything inside the caller's transaction; returns how many requests are new."""
        servers = {live.id: live.server for live in self.requests}
        held = {live.id: live.pauses for live in self.requests if live.pauses is not None}
        INSERT_STAGES(connection, self.stages)
        INSERT_CHUNKS(connection, self.chunks)
        for sql, rows in (
            (DELETE_SALVAGED, self.unsalvaged),
            (SET_ADDRESSES, self.addresses),
            (INSERT_RUNNING, self.running),
            (INSERT_WORKER, self.workers),
            (NAME_WORKER, self.worker_names),
            (END_WORKER, self.worker_ends),
            (INSERT_FAILURE, self.failures),
            (INSERT_INTERFERENCE, self.interferences),
            (INSERT_SLOW, self.slow),
            (DELETE_HELD, self.let_go),
            (INSERT_CPU, self.cpu),
            (INSERT_OUTPUT, self.output),
            (INSERT_LOAD, self.load),
            (REPLACE_COUNTERS, self.counters),
            (ADD_TIMING, timings.rows(self.stages, servers, self.whole, held)),
        ):
            if rows:
                connection.executemany(sql, rows)
        return self._write_requests(connection)

    def _write_requests(self, connection: sqlite3.Connection) -> int:
        flat: list[object] = []
        for live in self.requests:
            if not live.stored:
                flat += (live.server, live.peer, live.local, live.opened)
                flat += _changing(live)
        INSERT_REQUESTS(connection, flat)
        connection.executemany(UPDATE_REQUEST, [_changing(live) for live in self.requests if live.stored])
        return len(flat) // INSERT_REQUESTS.width

    def give_up(self) -> int:
        """Let stages and pieces go; returns how many rows that were."""
        rows = len(self.stages) // INSERT_STAGES.width + len(self.running) + len(self.chunks) // INSERT_CHUNKS.width
        self.stages, self.running, self.chunks, self.bytes = [], [], [], 0
        return rows

    def written(self) -> None:
        """The commit has succeeded."""
        for live in self.requests:
            live.stored, live.dirty = True, False
        self.__init__()  # type: ignore[misc]  # as new


def _changing(live: Live) -> tuple[object, ...]:
    return (
        live.worker.id if live.worker else None,
        live.closed,
        int(live.standing()),
        live.stage,
        live.bytes_in,
        live.bytes_out,
        live.error,
        live.message,
        live.touched,
        live.slow,
        live.receiving,
        live.sending,
        live.id,
    )
