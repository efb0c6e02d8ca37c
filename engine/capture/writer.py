"""Writes the capture: takes batches of facts at any rate, and commits them a few times a second."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from time import monotonic_ns
from typing import Any

from ..channel.codec import Batch, Row
from ..observe.blackbox import BlackBoxEntry
from . import ties
from .eviction import Extent, Limits, delete_old, delete_requests, evict
from .failing import died
from .intake import Intake
from .live import Live, Serving
from .records import CpuRecord, State, Totals
from .salvage import salvage
from .store import open_writable, stored_size
from .timings import TimingBook
from .unheard import close_unheard

Frames = Sequence[Mapping[str, Any]]

LIMIT_REQUESTS = 100_000
LIMIT_BYTES = 256 << 20
LOAD_EVERY = 250_000_000
FORGET_EVERY = 1_000_000_000
TIDY_EVERY = 5_000_000_000
FULL = 1.01
"""Beyond this share of the limit each commit makes room, not only those calls that ask for it."""
LINE_LIMIT = 64 << 10

INSERT_SERVER = (
    "INSERT INTO server (name, class, transport, address, handler, pid, started, profile)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
UPDATE_META = "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)"
CUT_OFF = "UPDATE request SET state = ?, closed = max(opened, ?), error = ?, message = ? WHERE closed IS NULL"


class CaptureWriter:
    """The one writer of a capture file. Everything taken is in the file after `commit`."""

    def __init__(
        self, path: str | os.PathLike[str], *, limit_requests: int = LIMIT_REQUESTS, limit_bytes: int = LIMIT_BYTES
    ) -> None:
        self.path = Path(path)
        self.limits = Limits(limit_requests, limit_bytes)
        self.fault = ""
        """Why the last commit failed, as SQLite says it; empty when all is well."""
        self._db = open_writable(path)
        self._meta = dict(self._db.execute("SELECT key, value FROM meta").fetchall())
        self._base = dict(self._meta)
        self._intake = Intake(self._next("request"), self._next("worker"))
        self._extent = Extent(
            self._meta["requests"], self._meta["dense_from"], self._intake.next_request, self._meta["evicted"]
        )
        self._timings = TimingBook()
        self._load_at = self._forgot_at = self._tidied_at = monotonic_ns()
        self._close_cut_off()

    # Servers

    def add_server(
        self,
        name: str,
        server_class: str,
        transport: str,
        address: str,
        handler: str,
        pid: int,
        started: int,
        profile: Mapping[str, Any],
    ) -> int:
        """Write a server's row at once; returns its number."""
        values = (name, server_class, transport, address, handler, pid, started, json.dumps(dict(profile)))
        server = self._db.execute(INSERT_SERVER, values).lastrowid
        assert server is not None
        self._intake.workers.server_pids[server] = pid
        return server

    def server_stopped(self, server: int, at: int) -> None:
        """Write when a server stopped."""
        self._db.execute("UPDATE server SET stopped = ? WHERE id = ?", (at, server))

    # Facts

    def feed(self, host: int, servers: Mapping[int, int], batch: Batch) -> list[Row]:
        """Take a batch of facts; `servers` gives the number in the capture for each of the host's server numbers.

        Returns the batch's SERVER_STARTED and SERVER_STOPPED rows: they are the caller's to act on. Requests of a
        server that `servers` does not know yet wait until it does (it may be the same, changed mapping). Rows after
        the start of an unknown server wait for `resume`.
        """
        rows = self._intake.feed(host, servers, batch)
        if self._intake.pending.large:
            self.commit()
        return rows

    def resume(self, host: int) -> list[Row]:
        """The caller has acted on what `feed` or this returned: take what waited for that, and return the like."""
        return self._intake.resume(host)

    def request_killed(self, host: int, request: int, cause: str, at: int, frames: Frames = ()) -> int | None:
        """Close one request, by its number in its host, with the cause of death; returns its id if it was live.

        `frames` tell where it was, as debug/failures.py describes them.
        """
        live = self._intake.host(host).requests.get(request)
        if live is None:
            return None
        self._intake.kill(live, died(cause, frames), at)
        return live.id

    def salvage(self, host: int, servers: Mapping[int, int], entries: Iterable[BlackBoxEntry]) -> list[int]:
        """Take over from a host's black box what its facts have not told; returns the requests it knows."""
        return salvage(self._intake, host, servers, entries)

    def close_unheard(
        self, host: int, pid: int, alive: Collection[int], before: int, gone: Callable[[int, int], bool]
    ) -> list[int]:
        """Close what a host does no longer serve though its end was not told; see unheard.py."""
        return close_unheard(self._intake, host, pid, alive, before, gone)

    def process_gone(self, host: int, own: range, cause: str, at: int, gone: Callable[[int], bool]) -> list[int]:
        """Close what a process of a host that is no more has accepted: those of `own` numbers; returns these.

        Not what a child of it serves on, until that is `gone` as well, a question by pid.
        """
        failure = died(cause)
        lost = [live for live in self._intake.host(host).requests.values() if live.key in own]
        lost = [live for live in lost if live.worker is None or gone(live.worker.pid)]
        for live in lost:
            self._intake.kill(live, failure, at)
        return [live.key for live in lost]

    def acceptors(self, host: int) -> set[int]:
        """The processes that have accepted what a host, and what belongs to it, serves now."""
        return {key >> 32 for key in self._intake.host(host).requests}

    def count_live(self, host: int) -> int:
        """How many requests a host has open."""
        return len(self._intake.host(host).requests)

    def host_gone(self, host: int, cause: str, at: int, frames: Frames = ()) -> None:
        """Nothing more will come from this host: close what it left open, and forget it."""
        self._intake.adopt_all(host)
        failure = died(cause, frames)
        for live in list(self._intake.host(host).requests.values()):
            self._intake.kill(live, failure, at)
        self._intake.forget_host(host, at)

    def mark_waiting(self, requests: Iterable[int]) -> None:
        """These requests' workers wait for something, says the sampler."""
        self._mark(requests, waiting=True)

    def mark_running(self, requests: Iterable[int]) -> None:
        """These requests' workers run again."""
        self._mark(requests, waiting=False)

    def hold(self, request: int, place: str, since: int) -> None:
        """A live request is held at a gate: at `place`, "before handle" or "received", since then."""
        self._intake.hold(request, place, since)

    def let_go(self, request: int, since: int) -> None:
        """The request that was held since then goes on."""
        self._intake.let_go(request, since)

    def held(self, request: int, place: str, since: int, until: int) -> None:
        """A request that `hold` was told of goes on, and nobody else tells for how long it was held."""
        self._intake.held(request, place, since, until)

    def find(self, host: int, request: int) -> int | None:
        """The number of a live request, by its number in its host."""
        live = self._intake.host(host).requests.get(request)
        return live.id if live is not None else None

    def live(self, host: int) -> list[Serving]:
        """The requests that a host serves, or has in a queue."""
        return [live.serving() for live in self._intake.host(host).requests.values()]

    def works_for(self, host: int, pid: int, thread: int) -> int | None:
        """The number of the server that a worker, if it is one, serves requests of."""
        worker = self._intake.host(host).workers.get(pid, {}).get(thread)
        return worker.server if worker is not None and worker.ended is None else None

    def locate(self, request: int) -> tuple[int, int] | None:
        """The host of a live request, and the request's own number there."""
        live = self._intake.live.get(request)
        return (live.host.key, live.key) if live else None

    @property
    def last_request(self) -> int:
        """The number of the newest request."""
        return self._intake.next_request - 1

    def tie(self, server: int, peer: str, after: int, of: int) -> int | None:
        """Note that a request is `of` run again: the next of a peer beyond `after`. None: it is not there yet."""
        return ties.tie(self._db, server, peer, after, of)

    def add_version(self, server: int, at: int, number: int, digest: str, error: str) -> None:
        """Note a version of a server's code that was loaded, or with an error: that could not be."""
        ties.add_version(self._db, server, at, number, digest, error)

    def server_of(self, request: int) -> int | None:
        """The run of a server that accepted a request."""
        return ties.server_of(self._db, request)

    def add_cpu(self, samples: Iterable[CpuRecord]) -> None:
        """Take samples of threads and processes."""
        self._intake.pending.cpu += [(s.server, s.at, s.pid, s.thread, s.share, s.rss) for s in samples]

    def add_slow(self, request: int, stage: int, started: int, at: int, allowed: int, about: Mapping[str, Any]) -> None:
        """A stage lasts too long, was found from outside; `about` as debug/whereabouts.py describes it."""
        live = self._intake.live.get(request)
        if live is not None:
            self._intake.add_slow(live, stage, started, at, allowed, json.dumps(dict(about)))

    def add_queue(self, server: int, at: int, depth: int) -> None:
        """So many clients waited to be accepted."""
        bucket = self._intake.load.bucket(server, at)
        bucket.queued = max(bucket.queued, depth)

    def add_output(self, server: int, at: int, pid: int, stream: int, line: str) -> None:
        """Take one line that a server printed."""
        text = line[:LINE_LIMIT].encode("utf-8", "backslashreplace").decode("utf-8")
        self._intake.pending.output.append((server, at, pid, stream, text))

    # The file

    def commit(self, *, final: bool = False) -> bool:
        """Write what has been taken. False: it could not be, `fault` says why, and it stays for the next time."""
        now = monotonic_ns()
        self._intake.settle(now)
        load_due = final or now - self._load_at >= LOAD_EVERY
        try:
            self._write(load_due)
        except sqlite3.Error as error:
            self._failed(error)
            return False
        self.fault = ""
        if load_due:
            self._load_at = now
        if now - self._forgot_at >= FORGET_EVERY:
            self._forgot_at = now
            self._intake.forget()
        if self._extent.requests > self.limits.requests * FULL:
            self.evict()
        return True

    def evict(self) -> int:
        """Make room if the limits are passed; takes a few milliseconds at most. Returns how many requests went."""
        before = self._extent.evicted
        now = monotonic_ns()
        try:
            evict(self._db, self.limits, self._extent)
            if now - self._tidied_at >= TIDY_EVERY:
                self._tidied_at = now
                delete_old(self._db)
            if before != self._extent.evicted:
                self._write_meta()
        except sqlite3.Error as error:
            self._failed(error)
        return self._extent.evicted - before

    def clear(self, before: int | None = None) -> None:
        """Delete everything but the servers that run and the requests that are being served.

        Of requests only those with lower numbers than `before`, if it is given.
        """
        self.commit()
        extent, end = self._extent, self._intake.next_request
        if before is not None:
            end = max(extent.dense_from, min(before, end))
        self._db.execute("BEGIN IMMEDIATE")
        extent.requests -= delete_requests(self._db, end)
        extent.dense_from = end
        for table in ("load", "counters", "timing", "cpu", "output"):
            self._db.execute(f"DELETE FROM {table}")
        self._db.execute("DELETE FROM failure WHERE request IS NULL")
        kept = "SELECT worker FROM request WHERE worker IS NOT NULL"
        self._db.execute(f"DELETE FROM worker WHERE ended IS NOT NULL AND id NOT IN ({kept})")
        self._db.execute("COMMIT")
        self._intake.load.clear()
        self._timings.clear()
        self._intake.counters.clear(live.server for live in self._intake.live.values())
        self._write_meta()
        self._db.execute("PRAGMA incremental_vacuum").fetchall()

    def totals(self) -> Totals:
        """The counters as of now, what is not committed yet included."""
        meta = self._counters()
        size = stored_size(self.path)
        return Totals(meta["requests"], meta["emitted"], meta["recorded"], meta["dropped"], self._extent.evicted, size)

    def close(self) -> None:
        """Commit everything and close the file."""
        self.commit(final=True)
        self._db.close()

    def _write(self, load_due: bool) -> None:
        db, pending = self._db, self._intake.pending
        if load_due:
            pending.load += self._intake.load.rows()
            pending.counters += self._intake.counters.rows()
        if not pending.waiting:
            return
        db.execute("BEGIN IMMEDIATE")
        new = pending.write(db, self._timings)
        self._write_meta(new)
        db.execute("COMMIT")
        pending.written()
        self._extent.end = self._intake.next_request
        self._extent.requests += new

    def _write_meta(self, new: int = 0) -> None:
        counters = self._counters()
        counters["requests"] += new
        changed = [(key, value) for key, value in counters.items() if self._meta.get(key) != value]
        self._db.executemany(UPDATE_META, changed)
        self._meta.update(changed)

    def _counters(self) -> dict[str, int]:
        base, intake, extent = self._base, self._intake, self._extent
        return {
            "emitted": base["emitted"] + intake.emitted,
            "recorded": base["recorded"] + intake.recorded,
            "dropped": base["dropped"] + intake.emitted - intake.recorded,
            "evicted": extent.evicted,
            "requests": extent.requests,
            "dense_from": extent.dense_from,
        }

    def _failed(self, error: sqlite3.Error) -> None:
        self.fault = str(error)
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._meta = {}
        self._intake.lighten()

    def _mark(self, requests: Iterable[int], *, waiting: bool) -> None:
        for number in requests:
            live: Live | None = self._intake.live.get(number)
            if live and live.waiting != waiting:
                live.waiting = waiting
                self._intake.touch(live)

    def _next(self, table: str) -> int:
        highest: int | None = self._db.execute(f"SELECT max(id) FROM {table}").fetchone()[0]
        return max(highest or 0, self._meta["dense_from"] - 1 if table == "request" else 0) + 1

    def _close_cut_off(self) -> None:
        """What an earlier writer left open will never be closed by anyone else."""
        last = self._db.execute("SELECT max(closed) FROM request").fetchone()[0] or 0
        values = (int(State.KILLED), last, "Cut off", "The recording ended before the request did.")
        self._db.execute(CUT_OFF, values)
