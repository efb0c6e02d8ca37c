"""An observer that tells of stages which last too long, with the stack of the worker that is in them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ..observe.observer import Observer
from ..observe.request import Request, Worker, now
from .slow import ACCEPTING, AFTER, Lookout, SlowStage

EVERY = 0.05
"""Seconds between two looks."""
IDLE = 20
"""Looks without a request after which its thread ends, until the next request."""

log = logging.getLogger("socketscope.watchdog")


class Watchdog(Observer):
    """Calls `told` once for each slow stage, in a thread of its own. Costs a request two entries in a dictionary.

    `after` and `accepting` are seconds that a stage may last, in a worker and in the accepting thread; 0: for ever.
    What `told` raises is logged. Requests that a forked child serves alone are not watched.
    """

    def __init__(self, told: Callable[[SlowStage], object], after: float = AFTER, accepting: float = ACCEPTING) -> None:
        self._told = told
        self._lookout = Lookout(self._tell, after, accepting)
        self._requests: dict[int, Request] = {}
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def request_opened(self, request: Request) -> None:
        self._requests[request.id] = request
        if self._thread is None:
            self._wake()

    def request_closed(self, request: Request) -> None:
        self._requests.pop(request.id, None)

    def entered_child(self, request: Request) -> None:
        self._begin_anew()

    def entered_worker(self, worker: Worker) -> None:
        self._begin_anew()

    def _begin_anew(self) -> None:
        """In a forked child: there is no thread, and its lock may be held by one that is not here."""
        self._lock = threading.Lock()
        self._thread = None
        self._requests = {}

    def _wake(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="engine-watchdog", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        idle, pause = 0, threading.Event()
        while idle <= IDLE or not self._ends():
            requests = list(self._requests.values())
            idle = 0 if requests else idle + 1
            self._lookout.look(requests, now())
            pause.wait(EVERY)

    def _ends(self) -> bool:
        """Whether nobody has come since the last look; who comes from then on wakes another thread."""
        with self._lock:
            self._thread = None
            if not self._requests:
                return True
            self._thread = threading.current_thread()
        return False

    def _tell(self, slow: SlowStage) -> None:
        try:
            self._told(slow)
        except Exception:  # whatever it is, the others have to be told
            log.exception("Telling of a slow stage failed")
