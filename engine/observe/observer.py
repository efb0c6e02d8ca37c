"""What an observer can be told: one method a hook, all empty, to be overridden."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from .blackbox import BlackBox
    from .datagram import Datagram
    from .facts import Means
    from .hooks import Hooks
    from .request import Request, Worker
    from .stages import Stage
    from .stream import Stream


class Observer:
    """Looks on while a server works; override the hooks you want, the others cost nothing.

    Hooks are called in the thread (or forked child) in which the fact happened, and must return at once: an observer
    neither waits nor changes anything. One that raises is logged once, removed and counted. Times are
    `time.monotonic_ns()`.
    """

    trusted: ClassVar[bool] = False
    """Whether the hooks are known never to raise. Ours are; then each call is direct, without a guard around it."""

    def server_started(self, server: Any) -> None:
        """The server has its address and listens."""

    def server_stopped(self, server: Any) -> None:
        """The server has been closed."""

    def request_opened(self, request: Request) -> None:
        """A connection has been accepted, or a datagram has arrived."""

    def request_closed(self, request: Request) -> None:
        """The request is over: `request.outcome` and `request.closed` tell how and when."""

    def stage_started(self, request: Request, stage: Stage, at: int) -> None:
        """A stage has begun, in `request.stage` since `at`."""

    def stage_finished(
        self, request: Request, stage: Stage, started: int, ended: int, error: BaseException | None
    ) -> None:
        """A stage has ended, by `error` if that is not None. `request.cpu(stage)` is its CPU time in ns."""

    def received(self, request: Request, data: bytes, at: int) -> None:
        """The server has read `data`; see `observe.buffers.Partial` for bytes that nobody saw."""

    def sent(self, request: Request, data: bytes, at: int) -> None:
        """The kernel has taken `data` to send; see `observe.buffers.Partial` for bytes that nobody saw."""

    def worker_started(self, worker: Worker) -> None:
        """A thread or a forked child begins to serve requests."""

    def worker_ended(self, worker: Worker) -> None:
        """The thread or child has ended; `worker.status` is a child's wait status."""

    def failed(self, request: Request, stage: Stage, error: BaseException) -> None:
        """An exception has left a stage's method. Told once an exception, by the innermost stage.

        `request.cause` tells whose doing it is: the program's, the peer's, who has gone, or the clock's.

        `request.id` is 0 where no request is at fault (`service_actions`, a listener that cannot accept).
        """

    def interfered(self, request: Request, means: Means, amount: int, detail: str, at: int) -> None:
        """Somebody did not only look on: a gate or a fault has done this to the request."""

    def entered_child(self, request: Request) -> None:
        """This is a freshly forked process, made to serve `request` alone. Not a hook: every observer is told."""

    def leaving_child(self) -> None:
        """The forked process ends now, by `os._exit`. Not a hook: every observer is told."""

    def forking_worker(self, worker: Worker) -> None:
        """A process is about to be forked that will accept requests itself. Not a hook: every observer is told."""

    def entered_worker(self, worker: Worker) -> None:
        """This is that process. Not a hook: every observer is told."""

    def worker_collected(self, worker: Worker) -> None:
        """It has ended, or could not be forked. Not a hook: every observer is told."""


class Recording(Observer):
    """An observer that takes records of facts (see rows.py).

    If it is the only observer, what is in the ordinary comes as records instead of calls.
    """

    trusted: ClassVar[bool] = True

    journal: Callable[[bytes], None]
    """Takes a record. Neither waits nor raises."""
    file: Callable[[Stream], object]
    """Takes a connection that is over, if nothing has been told of it when it is `young` no more. Does not wait."""
    early = False
    """Whether it has to be told of one that is over at once."""
    young: dict[int, Stream]
    """Connections of which nothing has been told, by number. Whoever takes one out tells it."""
    telling: threading.RLock
    """Held by whoever tells of a connection that is not over yet."""
    box: BlackBox | None
    memory: Any
    """Where it is noted what is being served, in case a handler does not come back; and its memory."""

    def wake(self) -> None:
        """Records come after a pause: do not sleep over them."""

    def go_on(self, stream: Stream) -> None:
        """Tell all that happened to a connection and has not been told; it is quiet no longer."""

    def tell_part(self, stream: Stream, kind: int, call: tuple[int, int], data: bytes, total: int) -> None:
        """Bytes that came or went, on a connection that is not quiet, by a call that began and ended then.

        `total` of them so far.
        """

    def all_go_on(self, hooks: Hooks) -> None:
        """The same of all connections of a server: somebody else wants to know of them."""

    def tell_over(self, stream: Stream) -> None:
        """It is over, and nothing has been told of it."""

    def tell_process(self, stream: Stream) -> None:
        """`process_request` has ended, maybe after all else. Told twice it does no harm."""

    payload_limit = 0
    """Of each request and direction so many bytes are kept."""
    untold_limit = 0
    """A connection on which more bytes have passed in one direction is told of while it lives."""
    quiet: dict[int, Datagram]
    """Datagrams of which nothing has been told, by the thread that serves them. Whoever takes one out tells it."""
    asleep = False
    """Whether it has to be woken for what comes."""

    def lend_slot(self) -> int:
        """A place for datagrams, one at a time, to be noted in case their handler does not come back."""
        return -1

    def take_slot_back(self, slot: int) -> None:
        """It is needed no more."""

    def noting(self, slot: int, number: int, pid: int, thread: int) -> tuple[Callable[..., None], Callable[[], None]]:
        """What to call when the handler of one of the server's datagrams begins, and when it has come back.

        The first takes the request's number, when it had come and was asked for, what REQUEST_OPENED has as data,
        and the datagram.
        """
        raise NotImplementedError

    def speak_up(self, datagram: Datagram) -> None:
        """Be quiet no longer: tell what has not been told of it."""

    def over(self, request: Request) -> None:
        """The request is over; what is left of its records comes at once."""

    def handle_started(self, request: Request, at: int) -> None:
        """`handle` begins: what follows is user code that may never come back."""
