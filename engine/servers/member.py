"""One worker of a thread pool: a thread that serves request after request."""

from __future__ import annotations

import threading
from enum import Enum
from typing import TYPE_CHECKING, Any

from ..observe.place import Place
from ..observe.request import Request, Worker
from .crowd import crowd
from .leading import accept, serve

if TYPE_CHECKING:
    from .crew import Crew

Job = tuple[Any, Any, Request | None]
"""A request as the server was given it, its address, and as observers know it if there are any."""


class Order(Enum):
    """What a worker is told, if not to serve a request."""

    LEAD = 1
    REST = 2
    LEAVE = 3


class Member:
    """A thread of a crew."""

    def __init__(self, crew: Crew, order: Job | Order, number: int) -> None:
        self.crew = crew
        self.order = order
        self.gate = threading.Lock()
        """Locked while nobody calls it."""
        self.gate.acquire()
        self.job: Job | None = None
        """What it accepted, as the leader."""
        self.turn = 0
        """Odd while it is in a handler."""
        self.seen = 0
        """`turn` as the watchdog saw it last."""
        self.since = self.spent = 0
        """When the watchdog saw the same turn for the second time, and the thread's CPU time then; ns, 0 for never."""
        self.detached = False
        self.ident = 0
        self.told: Worker | None = None
        """This thread, as observers know it, if there have been any."""
        server = crew.server
        name = f"{server.thread_name_prefix or type(server).__name__}-{number}"
        self.thread = threading.Thread(target=self._run, name=name, daemon=server.daemon_threads)

    def worker(self, place: Place) -> Worker:
        """This thread, as observers know it."""
        worker = self.told
        if worker is None:
            self.told = worker = place.lasting_worker()
        return worker

    def _run(self) -> None:
        self.ident = threading.get_ident()
        try:
            self._obey()
        except BaseException as error:
            self.crew.lost(self, error)
            raise
        finally:
            if self.told is not None:
                self.told.place.leave(self.told)
            if crowd.raised:
                crowd.shrink()

    def _obey(self) -> None:
        order = self.crew.await_call(self) if self.order is Order.REST else self.order
        while order is not Order.LEAVE:
            if order is Order.LEAD:
                self._take_turns()
            elif not isinstance(order, Order):
                self._serve(order)
            order = self.crew.rest(self)

    def _take_turns(self) -> None:
        """Lead and serve, as long as this worker is wanted among the candidates."""
        crew = self.crew
        lead, candidates, patience = crew.lead, crew.candidates, crew.server.worker_idle_timeout
        seconds = -1 if patience is None else patience
        while crew.serving and not self.detached and len(candidates) <= crew.wanted:
            if not lead.acquire(True, seconds):
                return crew.is_needless()
            try:
                crew.leader = self
                while not (self.job or crew.pending or crew.recalled) and crew.serving:
                    accept(crew.server, self)
            except Exception as error:
                crew.survive(error)
            finally:
                crew.leader = None
                lead.release()
            job, self.job = self.job, None
            self._serve(job or crew.next_job())
        return None

    def _serve(self, job: Job | None) -> None:
        crew = self.crew
        while job is not None:
            self.turn += 1
            if crew.asleep:
                crew.asleep = False
                crew.bell.ring()
            serve(crew.server, self, job)
            self.turn += 1
            job = crew.next_job() if crew.pending else None
