"""What the supervisor knows of one server of the workspace: its state over many runs, and its line in each tick."""

from __future__ import annotations

import socket
import time
from collections import deque
from typing import Any

from ..channel.codec import Row
from ..observe.facts import Kind, Outcome
from .gating import Held
from .hosts import HostProcess
from .lines import Lines
from .parts import Part, Tally
from .profile import Profile
from .queued import Queue
from .versions import Version

CRASH_LIMIT = 3
MAX_WORKERS = 64
"""Of a pool that says nothing else."""
CRASH_WINDOW = 300.0
EARLY_LIMIT = 4096
EARLIER = 256
"""So many that stood in a line before are shown with the one that does."""

FAILED = frozenset((int(Outcome.ERROR), int(Outcome.KILLED)))
UNCOUNTED = frozenset((int(Kind.STAGE), int(Kind.RECEIVED), int(Kind.SENT)))
"""Kinds of rows that `Entry.count` need not see: nearly all."""


class Entry:
    """One server profile under its key. `state` is stopped, starting, listening, draining or failed."""

    def __init__(self, key: str, profile: Profile) -> None:
        self.key = key
        self.profile = profile
        self.state = "stopped"
        self.listener: socket.socket | None = None
        self.address: Any = None
        """Where it listens or listened last; a restart listens there again."""
        self.host: HostProcess | None = None
        self.ids: list[int] = []
        self.own = Part(0, 0, profile.name, "", "", "", 0, Tally(), key=key)
        self.parts: dict[int, Part] = {}
        self.error: dict[str, Any] | None = None
        self.warning: dict[str, Any] | None = None
        self.stuck: list[dict[str, Any]] = []
        """The tick's lines of requests that do not get on."""
        self.stopped_reason: str | None = None
        self.cause: str | None = None
        """Why we ended the host, when we did."""
        self.gates: dict[int, list[dict[str, Any]]] = {}
        """As the host takes them, by the number of the server that they are for; 0: every server of the host."""
        self.faults: dict[int, list[dict[str, Any]]] = {}
        """In the same way."""
        self.held = Held()
        self.version = Version()
        self.lines = Lines()
        self.restarting = False
        self.keep_alive = False
        self.crashes: deque[float] = deque(maxlen=CRASH_LIMIT)
        self.waiting: list[int] = []
        """Tickets of orders that are answered when the server listens, fails or has stopped."""
        self._requests: dict[int, Part] = {}
        self._closed_early: dict[int, bool] = {}

    @property
    def running(self) -> bool:
        """Whether there is a host."""
        return self.host is not None

    @property
    def queue(self) -> Queue:
        """The accept queue of its own listener."""
        return self.own.queue

    @property
    def all_gates(self) -> list[dict[str, Any]]:
        """The gates of all its servers."""
        return [gate for gates in self.gates.values() for gate in gates]

    @property
    def all_faults(self) -> list[dict[str, Any]]:
        """The faults of all its servers."""
        return [fault for faults in self.faults.values() for fault in faults]

    def key_of(self, server: int) -> str:
        """The key of the line in the tick that shows a server of the host."""
        return self.parts.get(server, self.own).key

    def predecessor(self, server_class: str, address: str) -> Part | None:
        """What served there before, in a process that has gone: a reloader starts a new one at each change."""
        return next(
            (
                part
                for part in self.parts.values()
                if part.gone and part.address == address and part.server_class == server_class
            ),
            None,
        )

    def add_part(self, part: Part, before: Part | None) -> None:
        """A server that the program has made. It takes the line of the one before it."""
        part.key = f"{self.key}/{part.number}"
        if before is not None:
            del self.parts[before.number]
            part.key, part.tally = before.key, before.tally
            part.earlier = (*before.earlier, before.id)[-EARLIER:]
        self.parts[part.number] = part

    # Facts

    def count(self, row: Row) -> None:
        """Keep the counts for the tick; called for every row but those of stages and bytes."""
        kind, request, code, worker, at, _, value, _ = row
        if kind == Kind.REQUEST_OPENED:
            self._opened(request, code, at)
        elif kind == Kind.REQUEST_CLOSED:
            self._closed(request, failed=code in FAILED)
        elif kind in (Kind.WORKER_STARTED, Kind.WORKER_ENDED):
            self._worker(code, worker, value, started=kind == Kind.WORKER_STARTED)
        elif kind == Kind.SERVER_STOPPED and code in self.parts:
            self.parts[code].stopped = True

    def count_unless_known(self, request: int, number: int, at: int) -> None:
        """A request of which only the black box knows."""
        self._opened(request, number, at)

    def closed_unheard(self, request: int, *, failed: bool = False) -> None:
        """A request is over, though its end was not told: dropped on the way, or `failed` with its process."""
        if request in self._requests:
            self._closed(request, failed=failed)

    def _opened(self, request: int, number: int, at: int) -> None:
        part = self.parts.get(number)
        if part is not None and request not in self._requests:
            self._requests[request] = part
            part.tally.total += 1
            part.tally.live += 1
            part.tally.recent.append(at)
            if request in self._closed_early:
                self._closed(request, failed=self._closed_early.pop(request))

    def _closed(self, request: int, *, failed: bool) -> None:
        part = self._requests.pop(request, None)
        if part is not None:
            part.tally.live -= 1
            part.tally.failed += failed
            return
        # A forked child may tell of the end before its parent has told of the beginning.
        self._closed_early[request] = failed
        if len(self._closed_early) > EARLY_LIMIT:
            del self._closed_early[next(iter(self._closed_early))]

    def _worker(self, number: int, worker: int, value: int, *, started: bool) -> None:
        part = self.parts.get(number)
        if part is None or self.host is None or worker == self.host.pid:
            return
        if started and worker == value:
            part.tally.children += 1
        elif not started and value != -1 and part.tally.children:
            part.tally.children -= 1

    def close_all(self) -> None:
        """The host has ended: what was being served has failed."""
        for request in list(self._requests):
            self._closed(request, failed=True)
        for part in self.parts.values():
            part.tally.children = 0
            part.stopped = True

    def crashed_too_often(self) -> bool:
        """Note a crash; True when there were three within five minutes."""
        now = time.monotonic()
        self.crashes.append(now)
        return len(self.crashes) == CRASH_LIMIT and now - self.crashes[0] < CRASH_WINDOW

    # The tick

    @property
    def max_workers(self) -> int | None:
        """How many threads a pool may have; None: it is none."""
        if self.profile.kind != "server" or self.profile.concurrency != "pool":
            return None
        return int(self.profile.attributes.get("max_workers") or MAX_WORKERS)

    def status(self, now: int) -> list[dict[str, Any]]:
        """The lines of this server and, if it is a program, of the servers that it made."""
        lines = [self._line(now)]
        lines += [self._part_line(part, now) for part in self.parts.values() if part is not self.own]
        return lines

    def _line(self, now: int) -> dict[str, Any]:
        parts = list(self.parts.values()) or [self.own]
        profile = self.profile
        is_script = profile.kind == "script"
        return {
            "key": self.key,
            "name": profile.name,
            "class": "" if is_script else profile.server_class,
            "transport": "" if is_script else profile.family,
            "concurrency": "" if is_script else profile.concurrency,
            "address": self.own.address,
            "tls": bool(profile.tls_cert),
            "kind": profile.kind,
            "id": self.ids[-1] if self.ids else None,
            "ids": [*self.ids, *(one for part in self.parts.values() if part is not self.own for one in part.ids)],
            "pid": self.host.pid if self.host is not None else None,
            "state": self.state,
            "live": sum(part.tally.live for part in parts),
            "total": sum(part.tally.total for part in parts),
            "failed": sum(part.tally.failed for part in parts),
            "rate": sum(part.tally.rate(now) for part in parts),
            "children": sum(part.tally.children for part in parts),
            "max_children": profile.attributes.get("max_children") or 40,
            "started": self.own.started,
            "error": self.error,
            "warning": self.warning or self.queue.warning,
            "queue": self.queue.to_json(),
            "max_workers": self.max_workers,
            "stopped_reason": self.stopped_reason,
            "paused": len(self.held.pauses) + self.lines.stopped,
            "code": self.version.to_json(),
        }

    def _part_line(self, part: Part, now: int) -> dict[str, Any]:
        tally = part.tally
        only = len(self.parts) == 1
        return {
            "key": part.key,
            "script": self.key,
            "name": part.name,
            "class": part.server_class,
            "transport": part.transport,
            "concurrency": part.concurrency,
            "address": part.address,
            "kind": "part",
            "id": part.id,
            # What a program prints belongs to it as a whole; its only server shows it, too.
            "ids": [*part.ids, *self.ids[-1:]] if only else [*part.ids],
            "pid": part.pid or self.host.pid if self.host is not None else None,
            "state": "listening" if self.running and not part.stopped else "stopped",
            "live": tally.live,
            "total": tally.total,
            "failed": tally.failed,
            "rate": tally.rate(now),
            "children": tally.children,
            "max_children": 40,
            "started": part.started,
            "error": None,
            "warning": part.queue.warning,
            "queue": part.queue.to_json(),
            "stopped_reason": None,
            "paused": self.held.count(part.number),
        }
