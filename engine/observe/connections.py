"""An observer that knows where each connection stands, and can be told whenever that changes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from .observer import Observer
from .request import now
from .stages import Stage

if TYPE_CHECKING:
    from .request import Request, Worker

SERVED = frozenset((Stage.HANDSHAKE, Stage.SETUP, Stage.HANDLE))
"""Stages in which somebody works for the connection."""


class ConnectionState(Enum):
    """Where a connection, or a datagram, stands."""

    NEW = "new"
    """Accepted; nobody works for it yet."""
    ACTIVE = "active"
    """Its handler runs, and owes the peer something."""
    IDLE = "idle"
    """The handler has sent, and nothing has come since."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Connection:
    """One that is alive. Times are `time.monotonic_ns()`."""

    id: int
    peer: str
    local: str
    transport: str
    state: ConnectionState
    since: int
    """When it came into this state."""
    opened: int
    stage: Stage
    worker: str
    """The thread's or child's name, empty before there is one."""
    bytes_in: int
    bytes_out: int


class Connections(Observer):
    """Follows the connections of the servers that it is added to; override `changed` to be told.

    A connection that a forked child serves stays NEW for its parent until the child has ended.
    """

    def __init__(self) -> None:
        self._states: dict[Request, tuple[ConnectionState, int]] = {}
        self._lock = threading.Lock()

    def changed(self, request: Request, old: ConnectionState | None, new: ConnectionState) -> None:
        """A connection has come from one state into another; `old` None: it has just been accepted.

        Called in the thread in which it happened. Like every hook it must return at once.
        """

    def snapshot(self) -> list[Connection]:
        """Those that are alive, in the order in which they were accepted."""
        with self._lock:
            states = list(self._states.items())
        return [_connection(request, state, since) for request, (state, since) in states]

    def request_opened(self, request: Request) -> None:
        self._turn(request, ConnectionState.NEW)
        if request.worker is not None:  # it is older than this observer
            self._turn(request, ConnectionState.ACTIVE)

    def request_closed(self, request: Request) -> None:
        self._turn(request, ConnectionState.CLOSED)

    def stage_started(self, request: Request, stage: Stage, at: int) -> None:
        if stage in SERVED:
            self._turn(request, ConnectionState.ACTIVE)

    def received(self, request: Request, data: bytes, at: int) -> None:
        if request.worker is not None:
            self._turn(request, ConnectionState.ACTIVE)

    def sent(self, request: Request, data: bytes, at: int) -> None:
        self._turn(request, ConnectionState.IDLE)

    def entered_child(self, request: Request) -> None:
        self._lock = threading.Lock()
        self._states = {request: self._states[request]} if request in self._states else {}

    def entered_worker(self, worker: Worker) -> None:
        self._lock = threading.Lock()
        self._states = {}

    def _turn(self, request: Request, new: ConnectionState) -> None:
        with self._lock:
            old = self._states.get(request, (None, 0))[0]
            if old is new or (old is None and new is not ConnectionState.NEW):
                return
            if new is ConnectionState.CLOSED:
                del self._states[request]
            else:
                self._states[request] = new, now()
        self.changed(request, old, new)


def _connection(request: Request, state: ConnectionState, since: int) -> Connection:
    worker = request.worker.name if request.worker is not None else ""
    return Connection(
        request.id,
        request.peer,
        request.local,
        request.transport,
        state,
        since,
        request.opened,
        request.stage,
        worker,
        request.bytes_in,
        request.bytes_out,
    )
