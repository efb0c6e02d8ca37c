"""From facts to rows: follows each request through its life and collects what the next commit will write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from time import monotonic_ns

from ..channel.codec import Batch, Row
from ..observe.facts import Kind, Piece
from ..observe.stages import Stage
from .failing import DIED, Failure, read_failure
from .live import FAILED_STATES, STATES, Host, Live
from .load import LoadBook
from .pending import Pending
from .records import State
from .workers import WorkerBook

EARLY_GRACE = 2_000_000_000
"""After so long a request whose opening was not told is taken in without it."""
EARLY_LIMIT = 100_000

_STAGE, _RECEIVED, _SENT = int(Kind.STAGE), int(Kind.RECEIVED), int(Kind.SENT)
_FIRST_WORKING, _LAST_WORKING = int(Stage.FINISH_REQUEST), int(Stage.HANDLE)
_CONTINUES = int(Piece.CONTINUES)


class Intake:
    """Takes batches; knows every live request, and nothing of the file."""

    def __init__(self, next_request: int, next_worker: int) -> None:
        self.pending = Pending()
        self.load = LoadBook()
        self.workers = WorkerBook(self.pending, next_worker)
        self.hosts: dict[int, Host] = {}
        self.live: dict[int, Live] = {}
        self.next_request = next_request
        self.recorded = 0
        self._emitted_before = 0
        """By hosts that are gone."""
        self._server_rows: list[Row] = []
        self._early_rows = 0

    @property
    def emitted(self) -> int:
        """Rows that hosts say they have made."""
        return self._emitted_before + sum(host.ledger.emitted for host in self.hosts.values())

    def host(self, key: int) -> Host:
        """The host of this key, known from now on."""
        host = self.hosts.get(key)
        if host is None:
            host = self.hosts[key] = Host(key)
        return host

    def feed(self, key: int, servers: Mapping[int, int], batch: Batch) -> list[Row]:
        """Take a batch; returns its rows about servers, which are for the caller to act on."""
        host = self.host(key)
        host.servers = servers
        host.ledger.add(batch)
        self.recorded += len(batch.rows)
        self._server_rows = []
        self._take(host, batch.pid, batch.rows)
        return self._server_rows

    def settle(self, now: int) -> None:
        """Take in early facts whose request has become known meanwhile, or has been waited for long enough."""
        for host in self.hosts.values():
            hurry = self._early_rows > EARLY_LIMIT or now - host.early_since > EARLY_GRACE
            for key in list(host.early):
                if not self._open_early(host, key) and hurry:
                    self._adopt(host, key)

    def adopt_all(self, key: int) -> None:
        """Take in every early fact of a host, of which no more is to come."""
        host = self.host(key)
        for request in list(host.early):
            if not self._open_early(host, request):
                self._adopt(host, request)

    def forget(self) -> None:
        """Take one step in forgetting requests that are closed."""
        for host in self.hosts.values():
            host.forget()

    def forget_host(self, key: int, at: int) -> None:
        """The host is gone, and its workers with it."""
        host = self.hosts.pop(key)
        self._emitted_before += host.ledger.emitted
        for workers in host.workers.values():
            for worker in workers.values():
                if worker.ended is None:
                    self.workers.end(worker, at, None)

    def lighten(self) -> None:
        """Nothing can be written at present: give up stages and bytes, keep the requests themselves."""
        if self.pending.large:
            self.recorded -= self.pending.give_up()

    def close(self, live: Live, state: State, at: int) -> None:
        """The request is over."""
        live.state, live.closed = state, max(at, live.opened)
        for started, code in live.running or ():
            self.pending.stages += (live.id, code, started, live.closed, None)
        live.running = None
        live.host.requests.pop(live.key, None)
        live.host.closed[live.key] = live
        self.live.pop(live.id, None)
        bucket = self.load.bucket(live.server, live.closed)
        bucket.closed += 1
        bucket.failed += state in FAILED_STATES
        bucket.durations.append(live.closed - live.opened)
        self.touch(live)

    def touch(self, live: Live) -> None:
        """The request's row has to be written."""
        if not live.dirty:
            live.dirty = True
            self.pending.requests.append(live)

    def open(self, host: Host, key: int, server: int, at: int) -> Live:
        """A request has begun. Only here are numbers given, so that each has its row."""
        live = Live(self.next_request, host, key, server, at)
        self.next_request += 1
        host.requests[key] = self.live[live.id] = live
        self.load.bucket(server, at).opened += 1
        self.touch(live)
        return live

    def _take(self, host: Host, pid: int, rows: Iterable[Row]) -> None:
        """The hot loop: nine rows in ten tell a stage that ended."""
        requests, workers = host.requests, host.workers.setdefault(pid, {})
        add_stage, add_request = self.pending.stages.extend, self.pending.requests.append
        for row in rows:
            kind, key, code, thread, started, ended, value, _ = row
            if kind != _STAGE:
                self._take_other(host, pid, row)
                continue
            live = requests.get(key) or self._find(host, pid, row)
            if live is None:
                continue
            if ended:
                add_stage((live.id, code, started, ended, value if value >= 0 else None))
                if live.running:
                    live.running.pop((started, code), None)
            else:
                self.runs(live, code, started)
            if started >= live.stage_at:
                live.stage_at, live.stage = started, code
            if live.worker is None and _FIRST_WORKING <= code <= _LAST_WORKING:
                live.worker = workers.get(thread) or self.workers.seen(host, live.server, pid, thread, started)
            live.waiting = False
            if not live.dirty:
                live.dirty = True
                add_request(live)

    def runs(self, live: Live, code: int, started: int) -> None:
        """This stage has begun."""
        self.pending.running.append((live.id, code, started))
        if live.closed is None:
            live.running = live.running or {}
            live.running[started, code] = None

    def _take_other(self, host: Host, pid: int, row: Row) -> None:
        kind = row[0]
        if kind in (_RECEIVED, _SENT):
            self._chunk(host, pid, row)
        elif kind == Kind.REQUEST_OPENED:
            self._request_opened(host, pid, row)
        elif kind == Kind.REQUEST_CLOSED:
            self._request_closed(host, pid, row)
        elif kind == Kind.WORKER_STARTED:
            self.workers.started(host, pid, row)
        elif kind == Kind.WORKER_ENDED:
            self.workers.ended(host, pid, row)
        elif kind == Kind.FAILED:
            self._failed(host, pid, row)
        elif kind in (Kind.SERVER_STARTED, Kind.SERVER_STOPPED):
            self._server_rows.append(row)
        else:
            self.recorded -= 1

    def _find(self, host: Host, pid: int, row: Row) -> Live | None:
        """The request of a row; keeps the row if the request is still unknown."""
        key = row[1]
        live = host.find(key)
        if live is not None or not key:
            return live
        if host.over(key):
            self.recorded -= 1
            return None
        if not host.early:
            host.early_since = monotonic_ns()
        host.early.setdefault(key, []).append((pid, row))
        self._early_rows += 1
        return None

    def _chunk(self, host: Host, pid: int, row: Row) -> None:
        kind, key, flags, _, at, _, size, data = row
        live = host.requests.get(key) or self._find(host, pid, row)
        if live is None:
            return
        sent = kind == _SENT
        if live.salvaged and not sent:
            self._unsalvage(live, at)
        self.pending.chunks += (live.id, int(sent), at, size, flags, data)
        self.pending.bytes += len(data)
        if not flags & _CONTINUES:
            self.count_bytes(live, sent, at, size)
        live.waiting = False
        self.touch(live)

    def _unsalvage(self, live: Live, at: int) -> None:
        """The host tells itself what had been taken from its black box."""
        self.pending.unsalvaged.append((live.id,))
        self.count_bytes(live, False, at, -live.salvaged)
        live.salvaged = 0

    def count_bytes(self, live: Live, sent: bool, at: int, size: int) -> None:
        """Add to the request's and the second's sums."""
        bucket = self.load.bucket(live.server, at)
        if sent:
            live.bytes_out += size
            bucket.bytes_out += size
        else:
            live.bytes_in += size
            bucket.bytes_in += size

    def _request_opened(self, host: Host, pid: int, row: Row) -> None:
        _, key, number, thread, at, _, _, data = row
        server = host.servers.get(number)
        live = host.find(key)
        if server is None and live is None:
            self._find(host, pid, row)
            return
        peer, _, local = data.decode("utf-8", "backslashreplace").partition("\0")
        if live is None:
            live = self.open(host, key, server or 0, at)
        elif live.stored:
            self.pending.addresses.append((peer, local, live.id))
        live.peer, live.local, live.acceptor = peer, local, (pid, thread)
        self.replay(host, key)

    def _request_closed(self, host: Host, pid: int, row: Row) -> None:
        live = host.requests.get(row[1]) or self._find(host, pid, row)
        if live is None or live.closed is not None:
            return
        if live.worker is None:
            live.worker = self.workers.known(host, pid, row[3])
        self.close(live, STATES.get(row[2], State.DONE), row[4])

    def _failed(self, host: Host, pid: int, row: Row) -> None:
        _, key, code, _, at, _, severe, data = row
        live = self._find(host, pid, row)
        if key and live is None:
            return
        failure = read_failure(data)
        if live is None:
            server = host.servers.get(failure.server) or min(host.servers.values(), default=0)
            self._add_failure(server, None, code, at, failure)
            return
        self._add_failure(live.server, live.id, code, at, failure)
        if not live.severe:
            live.error, live.message = failure.headline
            live.severe = bool(severe)
            self.touch(live)

    def kill(self, live: Live, cause: str, at: int) -> None:
        """Who served the request has died."""
        failure = Failure(DIED, cause, json.dumps({"type": DIED, "message": cause}))
        self._add_failure(live.server, live.id, live.stage, at, failure)
        live.error, live.message = failure.headline
        self.close(live, State.KILLED, at)

    def _add_failure(self, server: int, request: int | None, stage: int, at: int, failure: Failure) -> None:
        self.pending.failures.append((server, request, stage, at, failure.type, failure.message, failure.detail))

    def replay(self, host: Host, key: int) -> None:
        """Take the facts that came before the request was known."""
        for pid, row in host.early.pop(key, ()):
            self._early_rows -= 1
            self._take(host, pid, (row,))

    def _open_early(self, host: Host, key: int) -> bool:
        """Whether the opening was told before its server was, which has become known since."""
        for pid, row in host.early[key]:
            if row[0] == Kind.REQUEST_OPENED and row[2] in host.servers:
                self._request_opened(host, pid, row)
                return True
        return False

    def _adopt(self, host: Host, key: int) -> None:
        server = min(host.servers.values(), default=0)
        self.open(host, key, server, min(row[4] for _, row in host.early[key]))
        self.replay(host, key)
