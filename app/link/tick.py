"""A tick: what the supervisor says has changed, as typed records."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ServerState(StrEnum):
    """Where a server stands; the words are also the filter's and the card's."""

    STOPPED = "stopped"
    STARTING = "starting"
    LISTENING = "listening"
    DRAINING = "draining"
    FAILED = "failed"

    @property
    def up(self) -> bool:
        """Whether stop and restart mean something."""
        return self in (ServerState.STARTING, ServerState.LISTENING, ServerState.DRAINING)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an order or a server failed: a code for the program, a sentence for the person, extras for the offer."""

    code: str
    sentence: str
    extras: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Trouble:
        """Read the `error` object of a reply or of a server."""
        extras = {key: value for key, value in data.items() if key not in ("code", "sentence")}
        return cls(str(data.get("code", "failed")), str(data.get("sentence", "It failed.")), extras)


@dataclass(frozen=True, slots=True)
class CodeVersion:
    """The version of its code that a server serves with; `number` 0: unknown. Times are monotonic ns."""

    number: int = 0
    at: int = 0
    reloaded: bool = False
    """Whether it was loaded into the running server."""
    error: Trouble | None = None
    """Why the newest code was not; the extras have file, line and `at`."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CodeVersion:
        """Read the `code` object of a server."""
        error = Trouble.from_json(data["error"]) if data.get("error") else None
        return cls(int(data.get("version") or 0), int(data.get("at") or 0), bool(data.get("reloaded")), error)


@dataclass(frozen=True, slots=True)
class TickTotals:
    """The counters of the status bar."""

    requests: int = 0
    emitted: int = 0
    recorded: int = 0
    dropped: int = 0
    evicted: int = 0
    size: int = 0
    limit_requests: int = 0
    limit_bytes: int = 0
    behind_ms: int = 0
    cost_ns: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """A listener's accept queue. `overflows`: how often it was found full since its server started; None: unknown."""

    depth: int
    limit: int
    overflows: int | None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Queue:
        """Read the `queue` of a server's line."""
        overflows = data.get("overflows")
        counted = None if overflows is None else int(overflows)
        return cls(int(data.get("depth") or 0), int(data.get("limit") or 0), counted)


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One server as it stands. `key` is the workspace's; `id` the capture's, of the present or last run."""

    key: str
    name: str = ""
    id: int | None = None
    ids: tuple[int, ...] = ()
    server_class: str = ""
    transport: str = "tcp"
    concurrency: str = "single"
    address: str = ""
    pid: int | None = None
    state: ServerState = ServerState.STOPPED
    live: int = 0
    total: int = 0
    failed: int = 0
    rate: float = 0.0
    error: Trouble | None = None
    warning: Trouble | None = None
    """It is up, but: code importing, hung, busy or stopped; the extras may have file, line and function."""
    children: int = 0
    max_children: int | None = None
    max_workers: int | None = None
    """How many threads a pool may have."""
    queue: Queue | None = None
    """None: it is no stream server that listens, or the system does not tell."""
    started: int | None = None
    stopped_reason: str = ""
    paused: int = 0
    """How many of its requests are held at breakpoints."""
    script: str | None = None
    """The key of the script's profile that made this server, if one did."""
    kind: str = "server"
    """"server", "script" (a program, as a whole) or "part" (a server that a program made)."""
    tls: bool = False
    code: CodeVersion = field(default_factory=CodeVersion)

    @property
    def listens(self) -> bool:
        """Whether clients can connect to it: a program only runs, and the servers that it made listen."""
        return self.state is ServerState.LISTENING and self.kind != "script"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ServerStatus:
        """Read one of a tick's servers; members that are missing keep their defaults."""
        values = {name: data[name] for name in cls.__slots__ if data.get(name) is not None}
        values["queue"] = Queue.from_json(data["queue"]) if data.get("queue") else None
        values["server_class"] = str(data.get("class") or "")
        values["ids"] = tuple(data.get("ids") or ())
        values["state"] = ServerState(data.get("state", "stopped"))
        for name in ("error", "warning"):
            values[name] = Trouble.from_json(data[name]) if data.get(name) else None
        values["code"] = CodeVersion.from_json(data.get("code") or {})
        return cls(**values)


@dataclass(frozen=True, slots=True)
class PausedRequest:
    """One request that is held at a gate. Times are monotonic ns."""

    number: str
    """What decisions name."""
    key: str = ""
    id: int | None = None
    """The capture's; None until its row is there."""
    gate: int = 0
    point: str = ""
    when: str = "before"
    since: int = 0
    patience: float | None = None
    """Seconds after which it goes on by itself."""
    pid: int = 0
    worker: str = ""
    child: bool = False
    """Whether the worker is a forked process."""
    blocks: bool = False
    """Nobody else is served meanwhile."""
    datagram: bool = False
    error: str = ""
    data: bytes | None = None
    """The first of the bytes at stake; None: none that could be changed."""
    size: int = 0
    peer: bool = True
    """Whether the peer is still there."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PausedRequest:
        """Read one of a tick's paused requests; data that is no Base64 counts as none."""
        values = {name: data[name] for name in cls.__slots__ if data.get(name) is not None}
        values["number"] = str(data["number"])
        try:
            values["data"] = base64.b64decode(data["data"], validate=True) if data.get("data") is not None else None
        except binascii.Error:
            values["data"] = None
        return cls(**values)


@dataclass(frozen=True, slots=True)
class StuckRequest:
    """A request that does not get on. `about` tells why, as `app.models.whereabouts` reads it."""

    request: int
    key: str
    since: int
    about: Mapping[str, Any]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StuckRequest:
        """Read one of a tick's stuck requests."""
        return cls(int(data["request"]), str(data.get("key", "")), int(data.get("since") or 0), data)


@dataclass(frozen=True, slots=True)
class StoppedThread:
    """A thread that waits at a line. `thread` is what orders name, `id` the capture's number of its request."""

    key: str
    pid: int
    thread: int
    native: int = 0
    id: int | None = None
    reason: str = ""
    since: int = 0
    running: bool = False
    """It was told to go on to another line, and has not come there yet."""
    path: str = ""
    line: int = 0
    function: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StoppedThread:
        """Read one of a tick's stopped threads."""
        return cls(**{name: data[name] for name in cls.__slots__ if data.get(name) is not None})


@dataclass(frozen=True, slots=True)
class MovedPoint:
    """A breakpoint that is not where it was set: `at` is the line where it stops, 0 for nowhere."""

    path: str
    line: int
    at: int
    message: str


@dataclass(frozen=True, slots=True)
class LineState:
    """How the line breakpoints of a server stand: why there is no debugger, or in how many processes there is one."""

    key: str
    error: str = ""
    attached: int = 0
    moved: tuple[MovedPoint, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LineState:
        """Read one of a tick's."""
        moved = tuple(
            MovedPoint(str(one["path"]), int(one["line"]), int(one["at"]), str(one["message"]))
            for one in data.get("moved") or ()
        )
        return cls(str(data["key"]), str(data.get("error") or ""), int(data.get("attached") or 0), moved)


@dataclass(frozen=True, slots=True)
class Tick:
    """Everything that changes, at one moment (`at`, monotonic ns)."""

    number: int = 0
    at: int = 0
    totals: TickTotals = field(default_factory=TickTotals)
    servers: tuple[ServerStatus, ...] = ()
    paused: tuple[PausedRequest, ...] = ()
    stuck: tuple[StuckRequest, ...] = ()
    stopped: tuple[StoppedThread, ...] = ()
    lines: tuple[LineState, ...] = ()

    def server(self, key: str | None) -> ServerStatus | None:
        """The server with this key, if the supervisor knows it."""
        return next((server for server in self.servers if server.key == key), None)

    def listener(self, key: str) -> ServerStatus | None:
        """The server with this key, if it listens, or the first that does of those that this program made."""
        return next((server for server in self.servers if server.listens and key in (server.key, server.script)), None)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tick:
        """Read a `tick` message."""
        given = data.get("totals") or {}
        counters = {name: round(given[name]) for name in TickTotals.__slots__ if given.get(name) is not None}
        servers = tuple(ServerStatus.from_json(server) for server in data.get("servers") or ())
        paused = tuple(PausedRequest.from_json(one) for one in data.get("paused") or ())
        stuck = tuple(StuckRequest.from_json(one) for one in data.get("stuck") or ())
        stopped = tuple(StoppedThread.from_json(one) for one in data.get("stopped") or ())
        lines = tuple(LineState.from_json(one) for one in data.get("lines") or ())
        at = int(data.get("at") or 0)
        return cls(int(data["tick"]), at, TickTotals(**counters), servers, paused, stuck, stopped, lines)
