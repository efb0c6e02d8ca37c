"""ThreadPoolMixIn: reused threads, as many as are needed and no more than allowed."""

from __future__ import annotations

import selectors
import threading
from typing import TYPE_CHECKING, Any

from ..observe.facts import Outcome
from ..observe.live import find, get_ident
from . import pipeline
from .crew import Crew
from .leading import workers_accept
from .member import Job
from .minding import Minding
from .terms import check_pool
from .threads import ThreadingMixIn, _Threads
from .udp import UDPServer


class ThreadPoolMixIn(ThreadingMixIn):
    """Mix in first: requests are served by a bounded number of threads, which live on.

    The threads also accept, one at a time; unless `get_request` or `verify_request` is overridden: then the serving
    loop calls them, as in all other servers, and hands each request over. `daemon_threads` and `block_on_close` mean
    what they mean to ThreadingMixIn. Making a server raises ValueError for a limit that makes no sense.
    """

    max_workers: int = 64
    """How many threads there may be, 1 to 10,000."""
    min_workers: int = 1
    """How many threads stay when there is nothing to do, 1 to `max_workers`."""
    worker_idle_timeout: float | None = 30.0
    """Seconds after which a thread beyond `min_workers` that has nothing to do ends; None: never."""
    queue_limit: int = 128
    """How many accepted requests may wait for a thread, 0 to 1,000,000."""
    overflow: str = "wait"
    """What becomes of further requests: "wait" in the kernel's queue, "drop", or "caller": the loop serves them."""
    thread_name_prefix: str = ""
    """What the names of the threads begin with; if it is empty, the server's class."""

    if not TYPE_CHECKING:  # the signature is that of the server that this is mixed into

        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            check_pool(self)
            self._ss_crew = Crew(self)
            super().__init__(*arguments, **keywords)

    _ss_crew: Crew
    _ss_datagrams = False
    _ss_batching = False
    """Whether the loop takes several datagrams at once: here it has to look first whether there is room."""

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a request to a thread: to the calling one, if that is the leader."""
        watched = find(request) if self._ss_place is not None else None
        if watched is not None:
            watched.queue()
        leader = self._ss_crew.leader
        if leader is not None and leader.ident == get_ident():
            leader.job = request, client_address, watched
        else:
            self._ss_hand_over((request, client_address, watched))

    def _ss_hand_over(self, job: Job) -> None:
        if self.block_on_close:
            vars(self).setdefault("_threads", _Threads())
        if self._ss_crew.assign(job, wait=self.overflow == "wait"):
            return
        request, client_address, watched = job
        if self.overflow == "caller":
            if watched is not None:
                watched.taken(watched.acceptor)
            self.process_request_thread(request, client_address)
        elif watched is not None:
            watched.outcome = Outcome.REJECTED
            pipeline.shut(self, watched)
        else:
            self.shutdown_request(request)

    def _ss_loop(self, selector: selectors.BaseSelector, poll_interval: float) -> None:
        loop = self._ss_own_loop()
        if (
            loop is None or self._ss_crew.loop is not None
        ):  # one more thread in `serve_forever`: it accepts, like any loop
            return super()._ss_loop(selector, poll_interval)
        if self.block_on_close:
            vars(self).setdefault("_threads", _Threads())
        leading, timeout = workers_accept(self), self.socket.gettimeout()
        self._ss_datagrams = type(self).get_request is UDPServer.get_request
        if leading and not self._ss_datagrams:  # datagrams are answered on this socket: there it has to block
            self.socket.setblocking(False)
        try:
            self._ss_crew.begin(leading)
            Minding(self, loop, selector, poll_interval).run()
        finally:
            self._ss_crew.end()
            if leading and self.socket.fileno() >= 0:
                self.socket.settimeout(timeout)
        return None

    def _ss_busy_threads(self) -> list[threading.Thread]:
        own = threading.current_thread()
        members = tuple(self._ss_crew.members)
        return [member.thread for member in members if member.turn & 1 and member.thread is not own]

    def server_close(self) -> None:
        """Close the listener and wait for the requests that have been accepted."""
        self._ss_crew.dismiss()
        super().server_close()
