"""A request on its way through the pipeline, and the worker that serves it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from . import live
from .causes import Cause, cause_of
from .facts import Kind, Means, Outcome
from .identity import identity
from .rows import pack
from .stages import Stage

if TYPE_CHECKING:
    from .observer import Recording
    from .place import Place

T = TypeVar("T")

# Bound once: user code may replace what is in the time module.
now = time.monotonic_ns
cpu_now = time.thread_time_ns

# Members of an enumeration are slow to look up.
QUEUE, DONE, STAGE = Stage.QUEUE, Outcome.DONE, Kind.STAGE
SHORT = 100_000
"""A stage this short (ns) is taken to have been on a CPU throughout: to ask would cost as much as it took."""


class Worker:
    """A thread, or a forked child, that serves requests.

    `thread` is the native id; `ident` Python's. `status` is a child's wait status, -1 while or where unknown.
    """

    status = -1
    request: Request | None = None
    told = False
    clock = 0
    """This thread's CPU time, ns, read at `at`."""
    at = 0
    cpu = -1
    """CPU time of the stage that this worker ended last, ns."""
    cpu_total = -1
    """CPU time of a child that has ended, with the children that it waited for, ns; -1 while or where unknown."""
    peak_memory = -1
    """The most memory that a child which has ended ever had resident, bytes; -1 while or where unknown."""

    def __init__(self, place: Place, ident: int, thread: int, name: str, pid: int = 0, child: bool = False) -> None:
        self.place = place
        self.ident = ident
        self.thread = thread
        self.name = name
        self.pid = pid or identity.pid
        self.child = child
        # What is looked at for each request: to find that there is only the class's takes five times as long.
        self.told = False
        self.clock = self.at = 0

    @property
    def server(self) -> Any:
        """The server it works for."""
        return self.place.hooks.server

    def start(self) -> None:
        """Tell that it begins to work."""
        self.told = True
        hook = self.place.hooks.worker_started
        if hook is not None:
            hook(self)

    def end(self, status: int = -1) -> None:
        """Tell that it has ended."""
        self.status = status
        hook = self.place.hooks.worker_ended
        if hook is not None:
            hook(self)


class Request:
    """One connection, or one datagram. Made by the accepting thread, served by `worker`, unique by `id` in a host.

    `given` is the object that socketserver calls the request: a socket, or `(bytes, socket)`. All times in ns.
    What most requests never change or look at stands in the class: making one is on every connection's way.
    """

    id = 0
    given: Any = None
    address: Any = None
    key: Any = None
    peer = ""
    local = ""
    worker: Worker | None = None
    stage = Stage.GET_REQUEST
    opened = 0
    since = 0
    """Start of the stage that runs; 0 between two."""
    closed = 0
    outcome: Outcome | None = None
    error: BaseException | None = None
    cause = Cause.BUG
    """Whose doing `error` is."""
    trouble: tuple[Outcome, int] | None = None
    """What the last socket call met, and how many bytes had passed by then."""
    held = True
    """Whether a call site of ours will close this request; else its socket's end does."""
    bytes_in = 0
    bytes_out = 0
    took = 0
    """How long the call lasted, ns, by which bytes passed last; for the hooks."""
    unseen = 0
    """Bytes sent of which only the number is known."""
    via: Any = None
    """The server's socket, if this is a datagram that came with others: what the tap looks for."""
    quiet = False
    """Whether nothing has been told of it: see Datagram and Stream."""
    noted = False
    """Whether it takes note itself of what passes, so that the hooks need not be called: see Stream."""
    answers: Any = ()
    """The first answer to one that is quiet, with its time: whoever takes it out tells it."""
    told = 0
    """`since` of the running stage that the recorder has told of."""
    recorder: Recording | None = None
    """Who is told of it, if it keeps notes for him; then it is a Stream."""
    steps: Any = ()
    """Times that are told when all is over: see Stream."""
    steps_told = 0
    """Stages of these that the recorder has told of, for they have been over for a while."""
    slot = -1
    spot = -1
    """Its place in the black box, and where in its memory its bytes begin; -1: it has none."""

    def __init__(self, place: Place, acceptor: Worker) -> None:
        self.place = place
        self.hooks = place.hooks
        self.acceptor = acceptor
        self.thread = acceptor.thread
        """Native id of the thread that has it: the accepting one, then the worker's."""
        # To set what is looked at takes a fifth of what it takes to find that there is only the class's.
        self.worker = self.outcome = self.error = self.trouble = None
        self.closed = self.bytes_in = self.bytes_out = 0

    @property
    def server(self) -> Any:
        """The server that accepted it."""
        return self.hooks.server

    @property
    def transport(self) -> str:
        """One of tcp, udp, unix, unixgram."""
        return self.place.transport

    def cpu(self, stage: Stage) -> int:
        """CPU time of the stage that just ended, ns, exact to 100 µs; valid within the stage_finished hook."""
        return self.by(stage).cpu

    def ends(self) -> bytes:
        """The peer's address and ours, as the fact REQUEST_OPENED has them."""
        return f"{self.peer}\0{self.local}".encode("utf-8", "backslashreplace")

    def by(self, stage: Stage) -> Worker:
        """Whose stage it is: the accepting thread's, or the worker's."""
        return self.acceptor if stage < QUEUE or self.worker is None else self.worker

    def speak_up(self) -> None:
        """Something out of the ordinary happens: nothing may wait any longer to be told."""

    def heard(self, began: int, data: bytes) -> None:
        """If it is noted: `data` has been received by a call that began then."""
        raise NotImplementedError

    def said(self, began: int, data: bytes) -> None:
        """If it is noted: `data` has been sent by a call that began then."""
        raise NotImplementedError

    def run(self, stage: Stage, call: Callable[..., T], *arguments: Any) -> T:
        """Call a stage's method and tell how it went. What it returns or raises passes through."""
        by = self.acceptor if stage < QUEUE else self.worker or self.acceptor
        started = now()
        clock = by.clock + started - by.at
        self.since = started  # these two stores stand together: the flusher reads them as a pair
        self.stage = stage
        hooks = self.hooks
        if hooks.stage_started is not None:
            hooks.stage_started(self, stage, started)
        try:
            actor = hooks.actor
            result = call(*arguments) if actor is None else actor.run(self, stage, call, *arguments)
        except BaseException as error:
            self.fail(stage, error)
            self._end(stage, by, started, clock, error)
            raise
        ended = now()
        if hooks.recorder is not None and ended - started < SHORT:
            if self.stage is stage:  # else it goes on elsewhere
                self.since = 0
            hooks.recorder.journal(pack(STAGE, self.id, stage, by.thread, started, ended, ended - started, b""))
        else:
            self._end(stage, by, started, clock, None)
        return result

    def _end(self, stage: Stage, by: Worker, started: int, clock: int, error: BaseException | None) -> None:
        ended = now()
        if self.stage is stage:
            self.since = 0
        by.cpu = elapsed = ended - started
        if elapsed >= SHORT:
            by.clock, by.at = cpu_now(), ended
            by.cpu = min(max(by.clock - clock, 0), elapsed)
        if self.hooks.stage_finished is not None:
            self.hooks.stage_finished(self, stage, started, ended, error)

    def queue(self) -> None:
        """The request now waits for its worker."""
        started = now()
        self.since = started
        self.stage = QUEUE
        if self.hooks.stage_started is not None:
            self.hooks.stage_started(self, QUEUE, started)

    def taken(self, worker: Worker) -> None:
        """`worker` has the request now; tells it, and how long the request waited if it did."""
        self.worker = worker
        self.thread = worker.thread
        worker.request = self
        worker.clock, worker.at = cpu_now(), now()
        if not worker.told:
            worker.start()
        if self.stage is QUEUE:
            started, self.since = self.since, 0
            worker.cpu = 0
            if self.hooks.stage_finished is not None:
                self.hooks.stage_finished(self, QUEUE, started, now(), None)

    def fail(self, stage: Stage, error: BaseException) -> None:
        """Tell of an exception, once: the stages around the one that raised see the same one pass."""
        if error is self.error:
            return
        self.error, self.cause = error, cause_of(error, self)
        if self.hooks.failed is not None:
            self.hooks.failed(self, stage, error)

    def touched(self, means: Means, detail: str = "", amount: int = 0) -> None:
        """Tell that somebody acted on it: by which means, and in a few words how; `amount` as Means says."""
        if self.hooks.interfered is not None:
            self.hooks.interfered(self, means, amount, detail, now())

    def close(self) -> None:
        """Tell that it is over. Only the first call counts."""
        if self.closed:
            return
        self.settle(now())
        if self.hooks.request_closed is not None:
            self.hooks.request_closed(self)

    def settle(self, at: int) -> None:
        """It is over, but not told yet: know how it ended, and let go of all that it held."""
        self.closed = at
        live.requests.pop(self.key, None)
        if self.outcome is None:
            self.outcome = DONE if self.error is None and self.trouble is None else self._judge()
        if self.error is not None:
            self.error = None
        if self.worker is not None:
            self.worker.request = None  # or the two would keep each other, and the socket, for the garbage collector

    def _judge(self) -> Outcome:
        if self.error is not None:
            return self.cause.outcome
        if self.trouble is not None and self.trouble[1] == self.bytes_in + self.bytes_out:
            return self.trouble[0]
        return DONE


def outcome_of(error: BaseException) -> Outcome | None:
    """RESET or TIMED_OUT where the other end is to blame for `error`, else None."""
    if isinstance(error, ConnectionError):
        return Outcome.RESET
    return Outcome.TIMED_OUT if isinstance(error, TimeoutError) else None
