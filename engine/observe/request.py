"""A request on its way through the pipeline, and the worker that serves it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from . import live
from .facts import Outcome
from .identity import identity
from .stages import Stage

if TYPE_CHECKING:
    from .place import Place

T = TypeVar("T")

# Bound once: user code may replace what is in the time module.
now = time.monotonic_ns
cpu_now = time.thread_time_ns

QUEUE = Stage.QUEUE
SHORT = 20_000
"""A stage this short (ns) is not worth a system call for its CPU time: it is taken to have been on a CPU throughout."""


class Worker:
    """A thread, or a forked child, that serves requests.

    `thread` is the native id; `ident` Python's. `status` is a child's wait status, -1 while or where unknown.
    """

    __slots__ = ("child", "clock", "cpu", "ident", "name", "pid", "place", "request", "status", "thread", "told")

    def __init__(self, place: Place, *, ident: int, thread: int, name: str, pid: int = 0, child: bool = False) -> None:
        self.place = place
        self.ident = ident
        self.thread = thread
        self.name = name
        self.pid = pid or identity.pid
        self.child = child
        self.status = -1
        self.request: Request | None = None
        self.told = False
        self.clock = 0
        """This thread's CPU time when its last stage began or ended, ns."""
        self.cpu = -1
        """CPU time of the stage that this worker ended last, ns."""

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
    """

    __slots__ = (
        "acceptor", "address", "bytes_in", "bytes_out", "closed", "error", "given", "held", "hooks", "id", "kept_in",
        "kept_out", "key", "local", "opened", "outcome", "peer", "place", "since", "slot", "stage", "told",
        "transport", "trouble", "worker",
    )  # fmt: skip

    def __init__(self, place: Place, acceptor: Worker) -> None:
        self.place = place
        self.hooks = place.hooks
        self.acceptor = acceptor
        self.worker: Worker | None = None
        self.id = 0
        self.given: Any = None
        self.address: Any = None
        self.key: Any = None
        self.transport = place.transport
        self.peer = self.local = ""
        self.stage = Stage.GET_REQUEST
        self.opened = self.since = self.closed = 0
        self.outcome: Outcome | None = None
        self.error: BaseException | None = None
        self.trouble: tuple[Outcome, int] | None = None
        """What the last socket call met, and how many bytes had passed by then."""
        self.held = True
        """Whether a call site of ours will close this request; else its socket's end does."""
        self.bytes_in = self.bytes_out = 0
        self.kept_in = self.kept_out = 0
        """Payload bytes that the recorder has kept."""
        self.told = 0
        """`since` of the running stage that the recorder has told of."""
        self.slot = -1
        """Its place in the black box."""

    @property
    def server(self) -> Any:
        """The server that accepted it."""
        return self.hooks.server

    def cpu(self, stage: Stage) -> int:
        """CPU time of the stage that just ended, ns, exact to 20 µs; valid within the stage_finished hook."""
        return self.by(stage).cpu

    def by(self, stage: Stage) -> Worker:
        """Whose stage it is: the accepting thread's, or the worker's."""
        return self.acceptor if stage < QUEUE or self.worker is None else self.worker

    def run(self, stage: Stage, call: Callable[..., T], *arguments: Any) -> T:
        """Call a stage's method and tell how it went. What it returns or raises passes through."""
        hooks = self.hooks
        by = self.acceptor if stage < QUEUE or self.worker is None else self.worker
        clock = by.clock
        started = now()
        self.since = started  # these two stores stand together: the flusher reads them as a pair
        self.stage = stage
        if hooks.stage_started is not None:
            hooks.stage_started(self, stage, started)
        error: BaseException | None = None
        try:
            return call(*arguments)
        except BaseException as raised:
            error = raised
            self.fail(stage, raised)
            raise
        finally:
            ended = now()
            if self.stage is stage:  # else it goes on elsewhere
                self.since = 0
            by.cpu = elapsed = ended - started
            if elapsed < SHORT:
                by.clock += elapsed
            else:
                by.clock = cpu_now()
                by.cpu = min(elapsed, by.clock - clock)
            if hooks.stage_finished is not None:
                hooks.stage_finished(self, stage, started, ended, error)
            error = None  # or the traceback would hold this frame, and the frame the traceback

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
        worker.request = self
        worker.clock = cpu_now()
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
        self.error = error
        if self.hooks.failed is not None:
            self.hooks.failed(self, stage, error)

    def close(self) -> None:
        """Tell that it is over. Only the first call counts."""
        if self.closed:
            return
        self.closed = now()
        live.forget(self)
        if self.outcome is None:
            self.outcome = self._judge()
        self.error = None
        if self.hooks.request_closed is not None:
            self.hooks.request_closed(self)

    def _judge(self) -> Outcome:
        if self.error is not None:
            return outcome_of(self.error) or Outcome.ERROR
        if self.trouble is not None and self.trouble[1] == self.bytes_in + self.bytes_out:
            return self.trouble[0]
        return Outcome.DONE


def outcome_of(error: BaseException) -> Outcome | None:
    """RESET or TIMED_OUT where the other end is to blame for `error`, else None."""
    if isinstance(error, ConnectionError):
        return Outcome.RESET
    return Outcome.TIMED_OUT if isinstance(error, TimeoutError) else None
