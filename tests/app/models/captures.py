"""Captures for tests, written row by row: every number in them is the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.capture.counters import COLUMNS
from engine.capture.reader import CaptureReader
from engine.capture.records import State
from engine.capture.store import open_writable
from engine.capture.timings import ADD_TIMING, TimingBook
from engine.observe.facts import Means, Piece
from engine.observe.stages import Stage

MS = 1_000_000
SECOND = 1_000_000_000

PIPELINE = (
    (Stage.GET_REQUEST, 0, 2, 2),
    (Stage.VERIFY_REQUEST, 2, 3, 1),
    (Stage.QUEUE, 4, 12, None),
    (Stage.SETUP, 12, 14, 2),
    (Stage.HANDLE, 14, 80, 20),
    (Stage.FINISH, 80, 83, 3),
    (Stage.SHUTDOWN_REQUEST, 83, 85, 2),
)
"""Stage, start, end and CPU in hundredths of a request's duration."""


class CaptureFile:
    """A capture that a test fills. Closes what it opened at the end of `with`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = open_writable(path)
        self._readers: list[CaptureReader] = []

    def __enter__(self) -> CaptureFile:
        return self

    def __exit__(self, *_: object) -> None:
        for reader in self._readers:
            reader.close()
        self.db.close()

    def reader(self) -> CaptureReader:
        """A reader of this file."""
        reader = CaptureReader(self.path)
        self._readers.append(reader)
        return reader

    def server(self, name: str = "echo", transport: str = "tcp", address: str = "127.0.0.1:9009") -> int:
        """Add a run of a server."""
        values = (name, "ThreadingTCPServer", transport, address, "echo.py:Echo", 100, 0, json.dumps({}))
        columns = "name, class, transport, address, handler, pid, started, profile"
        return self._insert(f"INSERT INTO server ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def counters(self, *, server: int = 1, **counts: int) -> None:
        """Say what became of a server's requests."""
        names = COLUMNS.split(", ")
        values = (server, *(counts.get(name, 0) for name in names))
        self.db.execute(f"INSERT INTO counters (server, {COLUMNS}) VALUES (?{', ?' * len(names)})", values)

    def timing(self, stage: Stage | None, times: Sequence[int], *, server: int = 1) -> None:
        """Add to the histogram of a stage, None: of whole requests."""
        rows = TimingBook().rows([], {}, [(server, time) for time in times], {})
        self.db.executemany(ADD_TIMING, [(server, stage or 0, *rest) for _, _, *rest in rows])

    def worker(
        self,
        name: str = "Thread-1 (process_request_thread)",
        *,
        server: int = 1,
        pid: int = 100,
        thread: int = 101,
        child: bool = False,
        started: int = 0,
        ended: int | None = None,
        status: int | None = None,
        cpu: int | None = None,
        memory: int | None = None,
    ) -> int:
        """Add a thread or a forked child."""
        columns = "server, pid, thread, name, child, started, ended, status, cpu, memory"
        values = (server, pid, thread, name, child, started, ended, status, cpu, memory)
        return self._insert(f"INSERT INTO worker ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def request(
        self,
        *,
        server: int = 1,
        peer: str = "127.0.0.1:41341",
        worker: int | None = None,
        opened: int = 0,
        lasts: int | None = 70 * MS,
        state: State = State.DONE,
        stage: Stage = Stage.SHUTDOWN_REQUEST,
        bytes_in: int = 382,
        bytes_out: int = 460,
        error: str | None = None,
        message: str | None = None,
        stages: bool = False,
    ) -> int:
        """Add a request; `lasts` None: it is still served."""
        columns = "server, peer, local, worker, opened, closed, state, stage, bytes_in, bytes_out, error, message"
        closed = None if lasts is None else opened + lasts
        values = (server, peer, "127.0.0.1:9009", worker, opened, closed, state, stage, bytes_in, bytes_out)
        marks = ", ".join("?" * 12)
        number = self._insert(f"INSERT INTO request ({columns}) VALUES ({marks})", (*values, error, message))
        self.db.execute("UPDATE meta SET value = value + 1 WHERE key = 'requests'")
        if stages:
            self.pipeline(number, opened, lasts or 10 * MS, live=lasts is None)
        return number

    def requests(self, count: int) -> list[int]:
        """Add that many plain ones, a millisecond apart."""
        self.db.execute("BEGIN")
        made = [self.request(opened=place * MS) for place in range(count)]
        self.db.execute("COMMIT")
        return made

    def pipeline(self, request: int, opened: int, lasts: int, *, live: bool = False) -> None:
        """Give a request its stages; those of a live one end in `handle`."""
        for stage, start, end, cpu in PIPELINE:
            if live and stage > Stage.HANDLE:
                return
            ended = None if live and stage is Stage.HANDLE else opened + lasts * end // 100
            used = None if cpu is None or ended is None else lasts * cpu // 100
            self.stage(request, stage, opened + lasts * start // 100, ended, used)

    def stage(self, request: int, stage: Stage, started: int, ended: int | None, cpu: int | None = None) -> None:
        """Add one stage."""
        self.db.execute("INSERT INTO stage VALUES (?, ?, ?, ?, ?)", (request, stage, started, ended, cpu))

    def chunk(
        self, request: int, data: bytes, *, sent: bool = False, at: int = 0, size: int = -1, flags: Piece = Piece.WHOLE
    ) -> int:
        """Add bytes received or sent."""
        values = (request, sent, at, len(data) if size < 0 else size, flags, data)
        columns = "request, direction, at, size, flags, data"
        return self._insert(f"INSERT INTO chunk ({columns}) VALUES (?, ?, ?, ?, ?, ?)", values)

    def touch(self, request: int, *means: Means, amount: int = 5 * MS, detail: str = "received") -> None:
        """Somebody has acted on a request."""
        columns = "request, means, amount, detail, at"
        for one in means:
            values = (request, one, amount, detail)
            self.db.execute(f"INSERT INTO interference ({columns}) VALUES (?, ?, ?, ?, 0)", values)
            self.db.execute("UPDATE request SET touched = touched | ? WHERE id = ?", (one.bit, request))

    def close_request(self, request: int, at: int, state: State = State.DONE, error: str | None = None) -> None:
        """End a live request."""
        sql = "UPDATE request SET closed = ?, state = ?, error = ? WHERE id = ?"
        self.db.execute(sql, (at, state, error, request))

    def evict(self, ids: Iterable[int]) -> None:
        """Delete requests as the ring does."""
        gone = list(ids)
        self.db.executemany("DELETE FROM request WHERE id = ?", [(number,) for number in gone])
        self.db.execute("UPDATE meta SET value = value + ? WHERE key = 'evicted'", (len(gone),))
        self.db.execute("UPDATE meta SET value = value - ? WHERE key = 'requests'", (len(gone),))

    def load(
        self, second: int, *, server: int = 1, opened: int = 5, p95: int | None = 80 * MS, queued: int = 0
    ) -> None:
        """Add a second's counters."""
        values = (server, second, opened, opened, 0, 3, 1000, 2000, p95, p95, p95)
        self.db.execute(f"INSERT INTO load VALUES ({', '.join('?' * 12)})", (*values, queued))

    def cpu(self, at: int, share: float, *, server: int = 1, pid: int = 100, thread: int = 0) -> None:
        """Add a sample."""
        self.db.execute("INSERT INTO cpu VALUES (?, ?, ?, ?, ?, NULL)", (server, at, pid, thread, share))

    def output(self, line: str, *, server: int = 1, at: int = 0, stream: int = 1) -> int:
        """Add a printed line."""
        columns = "server, at, pid, stream, line"
        return self._insert(f"INSERT INTO output ({columns}) VALUES (?, ?, 100, ?, ?)", (server, at, stream, line))

    def _insert(self, sql: str, values: Sequence[object]) -> int:
        number = self.db.execute(sql, values).lastrowid
        assert number is not None
        return number
