"""Who works in a thread pool: workers come, are called, and go. All but the queue is guarded by one lock."""

from __future__ import annotations

import threading
from collections import deque
from itertools import count
from typing import TYPE_CHECKING

from ..observe.logs import Log
from .bell import Bell
from .crowd import alive, crowd
from .member import Job, Member, Order

if TYPE_CHECKING:
    from .pool import ThreadPoolMixIn

LEAD, LEAVE, REST = Order.LEAD, Order.LEAVE, Order.REST

log = Log("socketscope.servers")


class Roster:
    """The workers of one server. Methods with a leading underscore are for those who hold `lock`."""

    def __init__(self, server: ThreadPoolMixIn) -> None:
        self.server = server
        self.lock = threading.Lock()
        self.members: set[Member] = set()
        self.candidates: set[Member] = set()
        """Those who take turns at leading."""
        self.resting: list[Member] = []
        self.pending: deque[Job] = deque()
        """Requests that wait for a worker."""
        self.serving = False
        """Whether a loop serves; else workers leave when they have nothing to do."""
        self.leading = False
        """Whether workers may accept; else the loop does."""
        self.loop_leads = False
        """Whether the loop has the lead for the time being."""
        self.bell = Bell()
        """Calls the loop."""
        self._numbers = count(1)
        self._room = threading.Condition(self.lock)
        self._warned = False

    def _make_room(self) -> None:
        self._room.notify()
        if self.loop_leads:
            self.bell.ring()

    def _enlist(self, member: Member) -> Member:
        member.detached = False
        self.candidates.add(member)
        if self.loop_leads:
            self.bell.ring()
        return member

    def _call(self, member: Member, order: Job | Order) -> None:
        if order is LEAVE:
            self.members.discard(member)
        member.order = order
        member.gate.release()

    def _hire(self, order: Job | Order) -> bool:
        """A new worker. False if there are as many as allowed, or the system gives no more threads."""
        if len(self.members) >= self.server.max_workers:
            return False
        if len(alive) > crowd.limit:
            crowd.grow()
        member = Member(self, order, next(self._numbers))  # type: ignore[arg-type]  # it is a Crew
        try:
            self._start(member)
        except RuntimeError as error:
            if not self.members:
                raise
            self._warn(error)
            return False
        self._warned = False
        return True

    def _start(self, member: Member) -> None:
        self.members.add(member)
        if member.order is LEAD:
            self._enlist(member)
        elif member.order is REST:
            self.resting.append(member)
        threads = self.server._threads
        threads.append(member.thread)
        try:
            member.thread.start()
        except BaseException:
            threads.discard(member.thread)
            self._forget(member)
            raise

    def _forget(self, member: Member) -> None:
        self.members.discard(member)
        self.candidates.discard(member)
        if member in self.resting:
            self.resting.remove(member)

    def _warn(self, error: RuntimeError) -> None:
        if not self._warned:
            log.warning("Cannot start a worker: %s. %d go on", error, len(self.members))
        self._warned = True

    def lost(self, member: Member, error: BaseException) -> None:
        """`member` dies of `error`: another takes its place, if there is something to do."""
        log.error("%s has ended by %s, and is replaced", member.thread.name, type(error).__name__)
        with self.lock:
            self._forget(member)
            leaderless = self.serving and self.leading and not self.candidates and not self.resting
            try:
                if self.pending:
                    self._hire(self.pending.popleft())
                elif leaderless or (self.serving and len(self.members) < self.server.min_workers):
                    self._hire(LEAD if leaderless else REST)
            except RuntimeError as failure:
                self._warn(failure)
