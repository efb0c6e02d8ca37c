"""The workers of a thread pool: who leads, who serves, who rests.

One worker at a time holds the lead: it accepts a request, gives the lead back, and serves the request itself, so that
nothing is handed from thread to thread. The candidates take turns at leading; of short handlers one serves most. A
watchdog (see watchdog.py) detaches a candidate that is long in a handler, and calls the next. Where the serving loop
has the lead (all workers are busy, or the server accepts in a way of its own), requests are handed to those that rest:
the last to lie down is the first to be called, so that those not needed stay unneeded, and leave.
"""

from __future__ import annotations

import select
import threading
import weakref
from typing import TYPE_CHECKING, Any

from . import loops
from .bell import Bell
from .member import Job, Member, Order
from .roster import LEAD, LEAVE, REST, Roster

if TYPE_CHECKING:
    from .pool import ThreadPoolMixIn

_MOMENT = 0.01
"""Seconds in which a loop usually comes to call."""


class Crew(Roster):
    """All workers of one server, and its loop; `lead` is held by whoever accepts."""

    def __init__(self, server: ThreadPoolMixIn) -> None:
        super().__init__(server)
        self.lead = threading.Lock()
        self.leader: Member | None = None
        self.wanted = 1
        """How many candidates there should be."""
        self.asleep = False
        """Whether the watchdog has to be called when a handler begins."""
        self.recalled = False
        """Whether the loop wants the lead for itself."""
        self.failure: Exception | None = None
        """What user code has let through, if that is to stop the server."""
        self.loop: threading.Thread | None = None
        self._call_leader = Bell()
        self._poll: Any = None

    # -- the loop's share ----------------------------------------------------------------------------------------------

    def begin(self, leading: bool) -> None:
        """A loop serves from now on, and has the lead. Raises RuntimeError if not one thread can be started."""
        self.lead.acquire()
        self.leading, self.loop_leads, self.recalled = leading, True, False
        self.serving, self.asleep, self.failure = True, True, None
        self.loop = threading.current_thread()
        crews.add(self)
        self.bell.open()
        self._call_leader.open()
        if leading:
            self._poll = select.poll()
            self._poll.register(self.server, select.POLLIN)
            self._poll.register(self._call_leader, select.POLLIN)
            self.promote()
        with self.lock:
            while len(self.members) < self.server.min_workers and self._hire(REST):
                pass

    def end(self) -> None:
        """The loop ends. When this returns nobody accepts; who has a request serves it, the others leave."""
        self.dismiss()
        if not self.loop_leads:
            self.take_lead()
        self.leading = self.loop_leads = False
        self.loop = None
        self.bell.close()
        self._call_leader.close()
        self.lead.release()

    def dismiss(self) -> None:
        """Who has nothing to do leaves, and whoever has shall when it is done."""
        self.serving = False
        self._call_leader.ring()
        with self.lock:
            while self.resting:
                self._call(self.resting.pop(), LEAVE)

    def take_lead(self) -> None:
        """For the loop: wait until whoever accepts has done so, and do not let them accept any more."""
        self.recalled = True
        self._call_leader.ring()
        self.lead.acquire()
        self._call_leader.clear()
        self.recalled = False
        with self.lock:
            self.loop_leads = True
            if self.candidates:  # one has come while we waited
                self.bell.ring()

    def give_lead(self) -> None:
        """For the loop: let the workers accept."""
        self.loop_leads = False
        self.lead.release()

    def promote(self) -> bool:
        """One more candidate. False if all workers are busy, and there can be no more."""
        with self.lock:
            if not self.resting:
                return self._hire(LEAD)
            self._call(self._enlist(self.resting.pop()), LEAD)
            return True

    def detach(self, member: Member, turn: int) -> None:
        """`member` is long in the handler of this `turn`: until that ends it takes no part in leading."""
        with self.lock:
            if member.turn == turn:
                member.detached = True
                self.candidates.discard(member)

    def is_full(self) -> bool:
        """Whether a request would find no worker, and no place in the queue."""
        most, limit = self.server.max_workers, self.server.queue_limit
        return not self.resting and len(self.members) >= most and len(self.pending) >= limit

    # -- handing over --------------------------------------------------------------------------------------------------

    def assign(self, job: Job, *, wait: bool) -> bool:
        """Give `job` to a worker, or queue it; False if there is no room, and nobody is to `wait` for it.

        Raises RuntimeError if there is no worker, and none can be started.
        """
        with self.lock:
            while not self._assign(job):
                if not wait:
                    return False
                self._room.wait()
        return True

    def _assign(self, job: Job) -> bool:
        if self.resting:
            self._call(self.resting.pop(), job)
        elif not self._hire(job):
            if len(self.pending) >= self.server.queue_limit:
                return False
            self.pending.append(job)
            self._call_leader.ring()  # should there be one, it has nothing better to do
        return True

    # -- the workers' share --------------------------------------------------------------------------------------------

    def wait(self) -> None:
        """For the leader: until somebody comes, or the loop calls."""
        bell = self._call_leader.fileno()
        if any(descriptor == bell for descriptor, _ in self._poll.poll()):
            self._call_leader.clear()

    def pause(self) -> None:
        """For the leader: the server has been suspended, and the loop is about to call."""
        select.select([self._call_leader], [], [], _MOMENT)

    def survive(self, error: Exception) -> None:
        """For the leader: user code has let `error` through."""
        if self.server.on_error == "stop":
            self.failure = error
            self.serving = False
            self.bell.ring()
        else:
            loops.survive(self.server, self.server._ss_loops[0], error)

    def is_needless(self) -> None:
        """For a candidate: its turn has not come for a long time."""
        self.wanted = max(1, self.wanted - 1)

    def next_job(self) -> Job | None:
        """The request that waits longest in the queue."""
        with self.lock:
            if not self.pending:
                return None
            self._make_room()
            return self.pending.popleft()

    def rest(self, member: Member) -> Job | Order:
        """`member` has done what it was told. Returns what to do next, as soon as there is something."""
        order = self._choose(member)
        return self.await_call(member) if order is REST else order

    def await_call(self, member: Member) -> Job | Order:
        """For one that rests: until it is called, or has rested too long."""
        order: Job | Order = REST
        while order is REST:
            if member.gate.acquire(timeout=self._patience()):
                return member.order
            order = self._wearied(member)
        return order

    def _choose(self, member: Member) -> Job | Order:
        with self.lock:
            self.candidates.discard(member)
            if self.pending:
                self._make_room()
                return self.pending.popleft()
            if not self.serving:
                self.members.discard(member)
                return LEAVE
            if self.leading and len(self.candidates) < self.wanted:
                self._enlist(member)
                return LEAD
            self.resting.append(member)
            self._make_room()
            return REST

    def _patience(self) -> float:
        limit = self.server.worker_idle_timeout
        return -1 if limit is None or len(self.members) <= self.server.min_workers else limit

    def _wearied(self, member: Member) -> Job | Order:
        """Nobody has called `member` for a long time."""
        with self.lock:
            if member not in self.resting:  # called at the last moment
                member.gate.acquire()
                return member.order
            if len(self.members) <= self.server.min_workers:
                return REST
            self.resting.remove(member)
            self.members.discard(member)
            return LEAVE


crews: weakref.WeakSet[Crew] = weakref.WeakSet()
"""All that have ever served."""


def _stop_at_exit() -> None:
    """A program ends whose loop nobody waits for: nobody is to wait for workers that wait for requests."""
    for crew in list(crews):
        if crew.loop is not None and crew.loop.daemon:
            crew.server._BaseServer__shutdown_request = True  # by its mangled name


# Private, but what concurrent.futures does for the same reason: `atexit` comes after threads have been waited for.
_before_threads_are_awaited = getattr(threading, "_register_atexit", None)
if _before_threads_are_awaited is not None:
    _before_threads_are_awaited(_stop_at_exit)
