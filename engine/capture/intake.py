"""From facts to rows: follows each request through its life and collects what the next commit will write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import monotonic_ns

from ..channel.codec import Batch, Row
from ..observe.facts import Kind, Means, Piece
from ..observe.stages import Stage
from .failing import DIED, read_failure
from .live import STATES, Host, Live
from .records import State
from .serving import Serving
from .workers import WorkerBook

EARLY_GRACE = 2_000_000_000
"""After so long a request whose opening was not told is taken in without it."""
EARLY_LIMIT = 100_000
BITS = 63
"""That fit into a number of SQLite's."""

_STAGE, _RECEIVED, _SENT, _SERVER_STARTED = (
    int(Kind.STAGE),
    int(Kind.RECEIVED),
    int(Kind.SENT),
    int(Kind.SERVER_STARTED),
)
_WORKING = frozenset(map(int, (Stage.FINISH_REQUEST, Stage.HANDSHAKE, Stage.SETUP, Stage.HANDLE)))
_CONTINUES, _TRUNCATED, _NOTHING = int(Piece.CONTINUES), int(Piece.TRUNCATED), int(Piece.NOTHING)


class Intake(Serving):
    """Takes batches; knows every live request, and nothing of the file."""

    def __init__(self, next_request: int, next_worker: int) -> None:
        super().__init__(next_request)
        self.workers = WorkerBook(self.pending, next_worker)
        self.hosts: dict[int, Host] = {}
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
        self._go_on(host)
        self._take(host, batch.pid, iter(batch.rows))
        return self._server_rows

    def resume(self, key: int) -> list[Row]:
        """Take what waited for a server to become known; returns rows about servers, as `feed` does."""
        self._server_rows = []
        self._go_on(self.host(key))
        return self._server_rows

    def settle(self, now: int) -> None:
        """Take in early facts whose request has become known meanwhile, or has been waited for long enough."""
        for host in self.hosts.values():
            self._go_on(host)
            hurry = self._early_rows > EARLY_LIMIT or now - host.early_since > EARLY_GRACE
            for key in list(host.early):
                if not self._open_early(host, key) and hurry:
                    self._adopt(host, key)

    def adopt_all(self, key: int) -> None:
        """Take in every early fact of a host, of which no more is to come."""
        host = self.host(key)
        self._go_on(host)
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

    def _go_on(self, host: Host) -> None:
        """Take the rows that followed the start of a server; the caller has acted on it by now."""
        waiting, host.postponed = host.postponed, []
        for pid, rows in waiting:
            self._take(host, pid, iter(rows))

    def _take(self, host: Host, pid: int, rows: Iterator[Row]) -> None:
        """The hot loop: nine rows in ten tell a stage that ended."""
        requests, workers = host.requests, host.workers.setdefault(pid, {})
        add_stage, add_request = self.pending.stages.extend, self.pending.requests.append
        for row in rows:
            kind, key, code, thread, started, ended, value, _ = row
            if kind != _STAGE:
                self._take_other(host, pid, row)
                if kind == _SERVER_STARTED and code not in host.servers:
                    host.postponed.append((pid, list(rows)))
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
            if live.worker is None and code in _WORKING:
                live.worker = workers.get(thread) or self.workers.seen(host, live.server, pid, thread, started)
            live.waiting = False
            if not live.dirty:
                live.dirty = True
                add_request(live)

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
        elif kind == Kind.SLOW:
            self._slow(host, pid, row)
        elif kind == Kind.INTERFERED:
            self._interfered(host, pid, row)
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
        kind, key, flags, _, at, took, size, data = row
        live = host.requests.get(key) or self._find(host, pid, row)
        if live is None:
            return
        sent = kind == _SENT
        if sent:
            live.sending += took
        else:
            live.receiving += took
        self.touch(live)
        if flags & _NOTHING:
            return
        if live.salvaged and not sent:
            self._unsalvage(live, at)
        self.pending.chunks += (live.id, int(sent), at, size, flags, data)
        self.pending.bytes += len(data)
        live.heard = at
        if not flags & _CONTINUES:
            self.count_bytes(live, sent, at, size)
        if flags & _TRUNCATED:
            self.counters.of(live.server).truncated += 1
        live.waiting = False

    def _unsalvage(self, live: Live, at: int) -> None:
        """The host tells itself what had been taken from its black box."""
        self.pending.unsalvaged.append((live.id,))
        self.count_bytes(live, False, at, -live.salvaged)
        live.salvaged = 0

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
            self.add_failure(server, None, code, at, failure)
            return
        self.add_failure(live.server, live.id, code, at, failure)
        if not live.severe:
            live.error, live.message = failure.headline
            live.severe = bool(severe)
            live.stage = code if failure.type == DIED else live.stage
            self.touch(live)

    def _interfered(self, host: Host, pid: int, row: Row) -> None:
        _, _, means, _, at, _, amount, data = row
        live = self._find(host, pid, row)
        if not 0 < means < BITS:
            self.recorded -= 1
        elif live is not None:
            live.touched |= 1 << means
            if means == Means.PAUSED:
                self.was_held(live, at - amount, at)
            self.pending.interferences.append((live.id, means, at, amount, data.decode("utf-8", "backslashreplace")))
            self.touch(live)

    def _slow(self, host: Host, pid: int, row: Row) -> None:
        _, _, code, _, started, at, allowed, data = row
        live = self._find(host, pid, row)
        if live is not None:
            self.add_slow(live, code, started, at, allowed, data.decode("utf-8", "backslashreplace"))

    def replay(self, host: Host, key: int) -> None:
        """Take the facts that came before the request was known."""
        for pid, row in host.early.pop(key, ()):
            self._early_rows -= 1
            self._take(host, pid, iter((row,)))

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
