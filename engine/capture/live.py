"""What the writer remembers of requests that are being served, of their workers and of the hosts they live in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..channel.codec import Row
from ..channel.receiver import Ledger
from ..observe.facts import Outcome
from ..observe.stages import Stage
from .records import State

STATES: dict[int, State] = {
    Outcome.DONE: State.DONE,
    Outcome.REJECTED: State.REJECTED,
    Outcome.ERROR: State.ERROR,
    Outcome.RESET: State.RESET,
    Outcome.TIMED_OUT: State.TIMED_OUT,
    Outcome.KILLED: State.KILLED,
}
SALVAGED = 1 << 16
"""A flag beside facts.Piece in the file: these bytes come from the black box, and give way if the host tells them."""
BEYOND = 1 << 16
"""Requests, at most, that are remembered beyond one that is still to come."""
FAILED_STATES = frozenset((State.ERROR, State.KILLED))
"""Somebody's mistake; that a peer goes, or is slow, is none."""


class Worker:
    """A thread or a forked child. `told`: its start was reported, not concluded from what it did."""

    __slots__ = ("ended", "id", "pid", "server", "thread", "told")

    def __init__(self, identity: int, server: int, pid: int, thread: int, told: bool) -> None:
        self.id = identity
        self.server = server
        self.pid = pid
        self.thread = thread
        self.told = told
        self.ended: int | None = None


class Live:
    """One request between its first and its last fact."""

    __slots__ = (
        "acceptor", "bytes_in", "bytes_out", "closed", "dirty", "error", "heard", "host", "id", "key", "local",
        "message", "opened", "paused", "pauses", "peer", "receiving", "running", "salvaged", "sending", "server",
        "severe", "slow", "stage", "stage_at", "state", "stored", "touched", "waiting", "worker",
    )  # fmt: skip

    def __init__(self, identity: int, host: Host, key: int, server: int, opened: int) -> None:
        self.id = identity
        self.host = host
        self.key = key
        self.server = server
        self.opened = opened
        self.peer = ""
        self.local = ""
        self.acceptor: tuple[int, int] | None = None
        self.worker: Worker | None = None
        self.closed: int | None = None
        self.state = State.QUEUED
        self.stage = int(Stage.GET_REQUEST)
        self.stage_at = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.receiving = 0
        self.sending = 0
        """Time in calls, ns."""
        self.heard = 0
        """When its last bytes came or went."""
        self.error: str | None = None
        self.message: str | None = None
        self.severe = False
        self.running: dict[tuple[int, int], None] | None = None
        self.touched = 0
        self.slow = 0
        """The first stage that lasted too long."""
        """A bit for each facts.Means."""
        self.salvaged = 0
        """Bytes taken from the black box."""
        self.waiting = False
        self.paused = 0
        """Since when it is held at a gate, 0: it is not."""
        self.pauses: list[tuple[int, int]] | None = None
        """From when to when it was held."""
        self.stored = False
        self.dirty = False

    def standing(self) -> State:
        """The state as of now."""
        if self.closed is not None:
            return self.state
        if self.paused:
            return State.PAUSED
        if self.worker is None:
            return State.QUEUED
        return State.WAITING if self.waiting else State.RUNNING

    def serving(self) -> Serving:
        """Who serves it, and where it stands."""
        worker = self.worker
        pid, thread = (worker.pid, worker.thread) if worker is not None else (0, 0)
        since = max(self.opened, self.stage_at, self.heard)
        return Serving(self.id, pid, thread, Stage(self.stage), since, bool(self.paused), self.waiting)


class Serving(NamedTuple):
    """A request that is being served: where, and since when nothing has been told of it."""

    request: int
    pid: int
    thread: int
    """Native; 0, as `pid`: nobody has taken it from the queue."""
    stage: Stage
    since: int
    """When its stage began or bytes passed last, ns."""
    paused: bool
    waiting: bool = False
    """Its thread sleeps in the kernel, says the sampler."""


class Past:
    """Which requests of one process were closed and forgotten, by their numbers; they begin with 1.

    One may be told of long after others that came later: its host tells nothing of a request that has just begun, and
    may then be unable to tell anything.
    """

    __slots__ = ("_beyond", "_floor")

    def __init__(self) -> None:
        self._floor = 0
        """All up to this one."""
        self._beyond: set[int] = set()

    def __contains__(self, number: int) -> bool:
        return number <= self._floor or number in self._beyond

    def add(self, number: int) -> None:
        """It is over. Where very many are beyond some that are not, the older half of those is given up."""
        if number <= self._floor:
            return
        self._beyond.add(number)
        if len(self._beyond) > BEYOND:
            self._floor = sorted(self._beyond)[BEYOND // 2]
            self._beyond = {one for one in self._beyond if one > self._floor}
        while self._floor + 1 in self._beyond:
            self._floor += 1
            self._beyond.discard(self._floor)


class Host:
    """One host process and its children. Requests are forgotten in two steps, for facts that come late."""

    def __init__(self, key: int) -> None:
        self.key = key
        self.servers: Mapping[int, int] = {}
        self.requests: dict[int, Live] = {}
        self.closed: dict[int, Live] = {}
        self.closed_before: dict[int, Live] = {}
        self.early: dict[int, list[tuple[int, Row]]] = {}
        """Facts, with the pid that told them, of requests whose opening has not been told yet."""
        self.early_since = 0
        self._past: dict[int, Past] = {}
        """By accepting process."""
        self.postponed: list[tuple[int, list[Row]]] = []
        """Rows, with the pid that told them, that followed the start of a server which is not known yet."""
        self.workers: dict[int, dict[int, Worker]] = {}
        self.ledger = Ledger()

    def find(self, key: int) -> Live | None:
        """A request that is being served or was closed a moment ago."""
        return self.requests.get(key) or self.closed.get(key) or self.closed_before.get(key)

    def over(self, key: int) -> bool:
        """Whether this request was closed and forgotten."""
        past = self._past.get(key >> 32)
        return past is not None and (key & 0xFFFFFFFF) in past

    def forget(self) -> None:
        """Take one step in forgetting closed requests and ended workers."""
        for key in self.closed_before:
            self._past.setdefault(key >> 32, Past()).add(key & 0xFFFFFFFF)
        self.closed_before, self.closed = self.closed, {}
        for pid, workers in list(self.workers.items()):
            for worker in [one for one in workers.values() if one.ended is not None]:
                del workers[worker.thread]
            if not workers:
                del self.workers[pid]
