"""Sees to it that somebody accepts while handlers run: as few workers as keep the interpreter busy, but always one.

Looks at a crew once a millisecond while there are handlers to look at. A worker that takes a turn while another holds
the interpreter costs both of them; a turn that nobody takes while a handler waits for the network is lost. So a handler
that waits loses its place among the candidates at once, and one that works does after a while. How many candidates are
best for handlers too short to be caught is tried out: one more, or one less, and who served more in the same time.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .crew import Crew
    from .member import Member

TICK = 1
"""Milliseconds between two looks."""
LONG = 10_000_000
"""A handler that runs so long (ns) is no short one, even if it has used the processor all the time."""
WINDOW = 8
"""Looks over which a number of candidates is tried; and without a handler in so many the watchdog sleeps."""
BUSY = 0.85
"""Share of a processor that the process uses when more workers would not help."""
BETTER, NO_WORSE = 1.08, 0.97
"""What more candidates must bring to stay, and what fewer may cost; as a ratio of rates."""
PAUSES = 4, 128
"""Windows between two trials that fail, first and at most."""

now = time.monotonic_ns
process_time = time.process_time_ns


class Watchdog:
    """Looks at one crew."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._trials = Trials()
        self._looks = self._quiet = self._vacant = 0
        self._at = now()
        self._spent = process_time()
        self._turns = 0

    def tick(self) -> None:
        """Look."""
        crew = self._crew
        at = now()
        self._quiet = 0 if self._look(at) else self._quiet + 1
        self._vacant += not crew.lead.locked()
        self._looks += 1
        if self._quiet > WINDOW:
            return self._sleep()
        if self._looks >= WINDOW:
            self._judge(at)
        while len(crew.candidates) < crew.wanted and crew.promote():
            pass
        return None

    def _look(self, at: int) -> bool:
        """Detach who is long in a handler. Returns whether anything happens at all."""
        active = False
        for member in tuple(self._crew.candidates):
            turn = member.turn
            if turn != member.seen:
                member.seen, member.since = turn, 0
                active = True
            elif turn & 1:
                active = True
                if _is_long(member, at):
                    self._crew.detach(member, turn)
        return active

    def _judge(self, at: int) -> None:
        """A window is over."""
        crew, spent = self._crew, process_time()
        turns = sum(member.turn for member in tuple(crew.members))
        elapsed = max(at - self._at, 1)
        rate, busy = max(turns - self._turns, 0) / elapsed, (spent - self._spent) / elapsed > BUSY
        most = min(crew.server.max_workers, len(crew.members) + 1 + crew.wanted)
        crew.wanted = min(self._trials.next(crew.wanted, rate, busy, 2 * self._vacant > self._looks), most)
        self._looks = self._vacant = 0
        self._at, self._spent, self._turns = at, spent, turns

    def _sleep(self) -> None:
        crew = self._crew
        self._looks = self._vacant = self._quiet = 0
        crew.asleep = True
        if any(member.turn & 1 for member in tuple(crew.candidates)):  # it began before it could see that we sleep
            crew.asleep = False


def _is_long(member: Member, at: int) -> bool:
    """Whether a handler that has been seen before waits, or has worked for long."""
    spent = _cpu_of(member.thread.native_id or 0)
    if not member.since:
        member.since, member.spent = at, spent
        return False
    elapsed = at - member.since
    return elapsed > LONG or spent - member.spent < elapsed // 2


def _cpu_of(thread: int) -> int:
    """CPU time of a live thread, ns: its clock, as Linux numbers them; 0 if it has gone."""
    try:
        return time.clock_gettime_ns((~thread << 3) | 6)
    except OSError:
        return 0


class Trials:
    """How many candidates to have next, by how many were served with how many."""

    def __init__(self) -> None:
        self._before: tuple[int, float] | None = None
        """The number, and the rate, that what is tried now has to be better than."""
        self._pause = PAUSES[0]
        self._resting = 0
        self._up = True

    def next(self, wanted: int, rate: float, busy: bool, vacant: bool) -> int:
        """`rate` was served by `wanted`; `busy`: a processor is in use; `vacant`: mostly nobody waited for clients."""
        if self._before is not None:
            wanted = self._compare(wanted, rate, self._before)
        if busy:
            self._before = None
            return max(1, wanted - 1)
        if self._resting:
            self._resting -= 1
            return wanted
        return self._try(wanted, rate, vacant)

    def _compare(self, wanted: int, rate: float, before: tuple[int, float]) -> int:
        self._before = None
        if rate > before[1] * (BETTER if wanted > before[0] else NO_WORSE):
            self._pause = PAUSES[0]
            return wanted
        self._resting, self._pause = self._pause, min(2 * self._pause, PAUSES[1])
        self._up = not self._up
        return before[0]

    def _try(self, wanted: int, rate: float, vacant: bool) -> int:
        if vacant and (self._up or wanted == 1):
            self._before = wanted, rate
            return wanted + max(1, wanted // 2)
        if wanted == 1:
            return 1
        self._before = wanted, rate
        return wanted - max(1, wanted // 4)
