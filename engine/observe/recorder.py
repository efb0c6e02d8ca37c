"""The recorder: facts of the servers of one process, gathered as records and shipped in batches.

The hot path packs a record and appends it to a list: no lock and no system call. A daemon thread takes what has
gathered, at most every `INTERVAL` seconds, and hands it to the sender. It sleeps without a timer while nothing happens.
"""

from __future__ import annotations

import json
import os
import threading
import weakref
from _thread import start_new_thread
from collections.abc import Callable
from typing import Any

from .blackbox import TO_STAGE, VERIFY, BlackBox, write_worker
from .datagram import Datagram
from .exits import hear_before_exit
from .facts import Kind, Means
from .identity import identity
from .lending import usage_of
from .orphans import bury
from .request import Request, Worker, now
from .rows import BATCH, PIECE, facts_in, pack, steps_taken
from .silence import PATIENCE
from .stages import Stage
from .standing import Standing
from .stream import Stream

INTERVAL = 0.02
"""Seconds between two batches, at least."""
DETAIL = 200
"""Characters kept of what was done to a request."""

# Plain ints are packed faster than members of an enumeration.
SERVER_STARTED, SERVER_STOPPED = Kind.SERVER_STARTED, Kind.SERVER_STOPPED
WORKER_STARTED, WORKER_ENDED = Kind.WORKER_STARTED, Kind.WORKER_ENDED
REQUEST_OPENED, REQUEST_CLOSED = Kind.REQUEST_OPENED, Kind.REQUEST_CLOSED
STAGE, FAILED = Kind.STAGE, Kind.FAILED
INTERFERED = Kind.INTERFERED
QUEUE, SETUP, HANDLE = Stage.QUEUE, Stage.SETUP, int(Stage.HANDLE)

Send = Callable[[list[bytes]], int]
"""Takes records (see rows.py). Returns how many rows it could send of those that they stand for."""

_alive: weakref.WeakSet[Recorder] = weakref.WeakSet()


class Recorder(Standing):
    """Records everything. One recorder serves any number of servers of its process, and of its forked children."""

    def __init__(
        self,
        send: Send,
        describe: Callable[[BaseException], dict[str, Any]] | None = None,
        black_box: BlackBox | None = None,
        payload_limit: int = 1 << 20,
        drain: Callable[[float], object] | None = None,
    ) -> None:
        """`describe` makes the JSON of an exception; of each request and direction `payload_limit` bytes are kept.

        `drain` waits, at most so many seconds, until what `send` took has left: before a forked child ends.
        """
        self._send = send
        self._drain = drain
        self._describe = describe or _describe
        self.box = black_box
        self.memory: Any = black_box.memory if black_box is not None else None
        self._count: Callable[[int], object] = black_box.tallies.begin() if black_box is not None else bool
        self.payload_limit = payload_limit
        self.untold_limit = min(PIECE, payload_limit)
        self._records: list[bytes] = []
        self._over: list[Stream] = []
        self._fresh()
        _alive.add(self)
        hear_before_exit(self)

    def _fresh(self) -> None:
        self._records.clear()
        self._over.clear()
        self.early = False  # facts are counted as they are shipped
        self.journal = self._records.append
        self.file = self._over.append
        self._live: dict[int, Request] = {}
        self.quiet: dict[int, Datagram] = {}
        self.young: dict[int, Stream] = {}
        self.telling = threading.RLock()
        self.asleep = True
        self._flushing = False
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self._wake = threading.Event()
        self._lock = threading.Lock()

    # -- hooks ---------------------------------------------------------------------------------------------------------

    def server_started(self, server: Any) -> None:
        place = server._ss_place
        here = place.here()
        self._add(SERVER_STARTED, 0, place.number, here.thread, now(), 0, identity.pid, place.describe())

    def server_stopped(self, server: Any) -> None:
        place = server._ss_place
        self._add(SERVER_STOPPED, 0, place.number, place.here().thread, now(), 0, identity.pid, b"")

    def worker_started(self, worker: Worker) -> None:
        name = worker.name.encode("utf-8", "backslashreplace")
        self.journal(pack(WORKER_STARTED, 0, worker.place.number, worker.thread, now(), 0, worker.pid, name))
        if worker.child and self.asleep:  # the first fact of a thread is not its last
            self._rouse()
        if worker.child and worker.request is not None:
            self._live.pop(worker.request.id, None)  # the child tells the rest

    def worker_ended(self, worker: Worker) -> None:
        number, thread, used = worker.place.number, worker.thread, usage_of(worker)
        self.journal(pack(WORKER_ENDED, 0, number, thread, now(), used[0], worker.status, used[1]))
        if self.asleep:
            self._rouse()
        if worker.child and worker.request is not None:
            for record in bury(worker, worker.request, self.box):
                self.journal(record)

    def request_opened(self, request: Request) -> None:
        self._live[request.id] = request
        if self.box is not None and request.spot < 0:
            self.box.take(request, request.acceptor, VERIFY, request.opened)
        self.tell_opened(request)
        if self.asleep:
            self._rouse()

    def request_closed(self, request: Request) -> None:
        if isinstance(request, Datagram):
            self.speak_up(request)
        outcome = request.outcome or 0
        self.journal(pack(REQUEST_CLOSED, request.id, outcome, request.thread, request.closed, 0, 0, b""))
        self.over(request)

    def over(self, request: Request) -> None:
        self._live.pop(request.id, None)
        if request.slot >= 0 and self.box is not None:
            if request.acceptor.pid == identity.pid:
                self.box.free(request.slot)
            else:
                self.box.close(request.slot)
            request.slot = request.spot = -1
        if self.asleep:
            self._rouse()

    def stage_finished(
        self, request: Request, stage: Stage, started: int, ended: int, error: BaseException | None
    ) -> None:
        if not request.id:
            return
        by = request.acceptor if stage < QUEUE or request.worker is None else request.worker
        self.journal(pack(STAGE, request.id, stage, by.thread, started, ended, by.cpu, b""))
        if stage is SETUP:
            self.handle_started(request, ended)
        if self.asleep:
            self._rouse()

    def wake(self) -> None:
        if self.asleep:
            self._rouse()

    def handle_started(self, request: Request, at: int) -> None:
        if self.asleep:
            self._rouse()
        if request.spot >= 0:
            where = request.spot + TO_STAGE
            write_worker(self.memory, where, HANDLE, at, identity.pid, request.thread, threading.get_ident())

    def failed(self, request: Request, stage: Stage, error: BaseException) -> None:
        if isinstance(request, Datagram):
            self.speak_up(request)
        try:
            about = self._describe(error)
        except Exception:  # whatever is wrong with the exception, that there was one has to be told
            about = _describe(error)
        about["cause"] = request.cause.word
        if not request.id:
            about["server"] = request.place.number
        data = json.dumps(about, default=str).encode("utf-8", "backslashreplace")
        self._add(FAILED, request.id, stage, request.by(stage).thread, now(), 0, 1, data)

    def interfered(self, request: Request, means: Means, amount: int, detail: str, at: int) -> None:
        words = detail[:DETAIL].encode("utf-8", "backslashreplace")
        self._add(INTERFERED, request.id, means, request.thread, at, 0, amount, words)

    # -- rows and their shipping ---------------------------------------------------------------------------------------

    def _add(
        self, kind: int, request: int, code: int, thread: int, started: int, ended: int, value: int, data: bytes
    ) -> None:
        self.journal(pack(kind, request, code, thread, started, ended, value, data))
        self.wake()

    def _count_and_journal(self, record: bytes) -> None:
        self._count(facts_in(record))
        self._records.append(record)

    def tell_over(self, stream: Stream) -> None:
        records: list[bytes] = []
        stream.add_to(records)
        for record in records:
            self._count_and_journal(record)

    def _rouse(self) -> None:
        """Facts have come while the flusher slept."""
        self.asleep = False
        with self._lock:
            if not self._flushing:
                try:
                    self._start_flusher()
                    self._flushing = True
                except RuntimeError:  # no more threads, or the interpreter ends: what is left is flushed at exit
                    self.asleep = True
        self._wake.set()

    def _start_flusher(self) -> None:
        if self.early:  # a child pays dearly for a Thread and for waiting until it runs, and nobody awaits its end
            start_new_thread(self._run, ())
        else:
            thread = threading.Thread(target=self._run, name="socketscope recorder", daemon=True)
            thread.start()
            self._thread = thread

    def _run(self) -> None:
        while not self._closed.is_set():
            self.asleep = True
            # Looked at after `asleep` was set: whoever adds one from here on wakes us.
            if not (self._records or self._over or self.quiet or self.young or self._unsure):
                self._wake.wait()
            self.asleep = False
            self._wake.clear()
            self._closed.wait(INTERVAL)
            with self._lock:
                self._ship_all(PATIENCE)

    def flush(self) -> None:
        """Ship what has gathered, now, and where the requests stand that are alive, however young they are."""
        with self._lock:
            self._ship_all()

    def _ship_all(self, patience: int = 0) -> None:
        """Also where the requests stand that have been alive for so long, ns."""
        self._tell_in_order(patience)
        waiting = len(self._records)  # what comes while these are shipped can wait
        while waiting > 0:
            batch = self._records[: min(waiting, BATCH)]
            del self._records[: len(batch)]
            waiting -= len(batch)
            self._count_and_ship(batch)
        running = self._running()
        if running:
            self._count(len(running))
            self._ship(running)

    def _count_and_ship(self, batch: list[bytes]) -> None:
        if not self.early:
            self._count(sum(map(facts_in, batch)))
        self._ship(batch)

    def _ship(self, batch: list[bytes]) -> None:
        self._send(batch)
        if self.box is not None:
            self._note_shipped(batch)

    def close(self) -> None:
        """Ship what is left and stop the flusher."""
        self._closed.set()
        self._wake.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(1.0)
        self.flush()

    def forked(self) -> None:
        """In a forked child: rows and requests are the parent's, locks may be held by threads that are not here."""
        for stream in self.young.values():  # one of them may go on here: its beginning is the parent's to tell
            stream.quiet = False
            stream.log.clear()
            stream.steps_told = len(steps_taken(stream.steps))
            if stream.worker is not None:
                stream.worker.told = True
        self._fresh()
        if self.box is not None:
            self.box.forked()


def _describe(error: BaseException) -> dict[str, Any]:
    try:
        message = str(error)
    except Exception:  # its own `__str__` is broken
        message = ""
    return {"type": type(error).__name__, "message": message}


def _forked() -> None:
    for recorder in list(_alive):
        recorder.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
