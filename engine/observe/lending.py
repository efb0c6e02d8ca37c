"""What a recorder does about forked processes. Those that accept requests are each lent a slot of the black box."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock

from .blackbox import BlackBox, BlackBoxEntry
from .facts import Kind
from .identity import identity
from .observer import Recording
from .orphans import bury
from .request import Request, Worker
from .rows import pack

LINGER = 0.1
"""How long a process that ends may wait for its last facts to leave, seconds. What is left is counted as dropped."""


def in_child(acceptor: Worker) -> bool:
    """Whether what is accepted there is served in a forked child, of whose death a parent will tell."""
    return acceptor.child or acceptor.pid != identity.pid


def usage_of(worker: Worker) -> tuple[int, bytes]:
    """CPU time and peak memory of a worker that has ended, as facts.py has them."""
    return max(worker.cpu_total, 0), b"%d" % worker.peak_memory if worker.peak_memory >= 0 else b""


class Lending(Recording):
    """A recorder whose black box outlives its workers: what they did not send, their parent tells."""

    _count_and_journal: Callable[[bytes], None]
    box: BlackBox | None
    _drain: Callable[[float], object] | None
    _live: dict[int, Request]
    _lock: Lock
    _ship_all: Callable[[], None]
    _lent: Mapping[Worker, int] = {}
    """Slots of workers that have not been collected."""

    def entered_child(self, request: Request) -> None:
        self._live[request.id] = request
        self._count_early()

    def _count_early(self) -> None:
        """It may die before it ships any fact: each is counted as it is made."""
        self.early, self.journal, self.file = True, self._count_and_journal, bool

    def leaving_child(self) -> None:
        self.last_words()

    def last_words(self) -> None:
        """Ship what has gathered, and wait a moment until it has left: the process ends."""
        if not self._lock.acquire(timeout=LINGER):  # it may be held by this very thread, under a signal handler
            return
        try:
            self._ship_all()
            if self._drain is not None:
                self._drain(LINGER)
        finally:
            self._lock.release()

    def forking_worker(self, worker: Worker) -> None:
        if self.box is not None:
            self._lent = {**self._lent, worker: self.box.lend()}

    def entered_worker(self, worker: Worker) -> None:
        self._count_early()
        slot = self._lent.get(worker, -1)
        self._lent = {}
        if self.box is not None and slot >= 0:
            self.box.borrow(slot)

    def worker_collected(self, worker: Worker) -> None:
        slot = self._lent.get(worker, -1)
        self._lent = {other: lent for other, lent in self._lent.items() if other is not worker}
        if self.box is None or slot < 0:
            return
        entry = self.box.entry(slot)
        if entry is not None and entry.request >> 32 == worker.pid:
            for record in self._last_words(worker, slot, entry):
                self.journal(record)
        else:
            self.box.free(slot)
        self.wake()

    def _last_words(self, worker: Worker, slot: int, entry: BlackBoxEntry) -> list[bytes]:
        """The request's beginning may be among what was not sent; told twice it does no harm."""
        request = Request(worker.place, worker)
        request.id, request.slot, request.stage = entry.request, slot, entry.stage
        ends = f"{entry.peer}\0{worker.place.local}".encode("utf-8", "backslashreplace")
        number, thread = worker.place.number, worker.thread
        opened = pack(Kind.REQUEST_OPENED, entry.request, number, thread, entry.opened, 0, 0, ends)
        return [opened, *bury(worker, request, self.box)]
