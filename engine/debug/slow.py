"""Notices stages that last too long, while they last: then their worker's stack still tells why.

Who waits for the peer is not slow: that is what servers do. So the time counts from the last byte that came or went,
and not at all while the worker is in `recv` on its own connection, or held at a gate.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..observe.request import Request
from ..observe.stages import Stage
from .whereabouts import Doing, whereabouts

AFTER, ACCEPTING = 1.0, 0.1
"""Seconds that a stage may last, and one of the accepting thread's, during which nobody else is let in."""
AT_ONCE = 16
"""Stacks that are looked at in one go."""
NO_STACK: dict[str, Any] = {"doing": Doing.QUEUE, "call": "", "kind": "", "holders": [], "frames": []}
_TAP = os.path.join("observe", "tap.py")
_DEBUGGER = "pydevd"
"""In the names of the files that a worker is in which a person has stopped at a line."""
_NEAR = 4
"""The tap's call is among so many innermost frames of a worker that waits for its peer."""
_getpid = os.getpid


@dataclass(frozen=True, slots=True)
class SlowStage:
    """A stage that lasts, as it was when it was noticed. Times are `time.monotonic_ns()`."""

    request: Request
    stage: Stage
    since: int
    at: int
    """When it was noticed."""
    limit: int
    """How long it was allowed to last, ns."""
    about: dict[str, Any]
    """What its worker is doing: see debug/whereabouts.py."""

    @property
    def frames(self) -> list[dict[str, Any]]:
        """Its worker's stack, {file, line, function} each, the innermost last; empty while it waits in the queue."""
        frames: list[dict[str, Any]] = self.about["frames"]
        return frames


class _Mark:
    """What is remembered of a request between two looks."""

    __slots__ = ("again", "at", "passed", "since", "told")

    def __init__(self, since: int, passed: int, at: int) -> None:
        self.since = since
        self.passed = passed
        self.at = at
        """When the stage began, or its last bytes passed, as far as we saw."""
        self.again = 0
        self.told = False


class Lookout:
    """Looks at requests now and then; `tell` hears of each slow stage once."""

    def __init__(self, tell: Callable[[SlowStage], object], after: float = AFTER, accepting: float = ACCEPTING) -> None:
        """Seconds; 0: never. Raises ValueError for less."""
        for name, seconds in (("after", after), ("accepting", accepting)):
            if not 0 <= seconds < 1e9:
                raise ValueError(f"{name} must be 0 or more seconds, not {seconds!r}")
        self._tell = tell
        self._after, self._accepting = round(after * 1e9), round(accepting * 1e9)
        self._marks: dict[int, _Mark] = {}

    def look(self, requests: Iterable[Request], now: int) -> None:
        """Look at all that are being served; those that are missing are over."""
        marks, due = {}, []
        for request in requests:
            since = request.since
            if since:
                mark = marks[request.id] = self._mark(request, since, now)
                limit = self.limit(request.stage)
                if limit and not mark.told and now >= mark.again and now - mark.at >= limit:
                    due.append((mark.at, request, mark))
        self._marks = marks
        if due:
            self._examine(sorted(due, key=lambda one: one[0])[:AT_ONCE], now)

    def limit(self, stage: Stage) -> int:
        """How long this stage may last, ns; 0: as long as it likes."""
        return self._accepting if stage < Stage.QUEUE else self._after

    def _mark(self, request: Request, since: int, now: int) -> _Mark:
        mark, passed = self._marks.get(request.id), request.bytes_in + request.bytes_out
        if mark is None or mark.since != since:
            return _Mark(since, passed, now if mark is None and passed else since)
        if mark.passed != passed:
            mark.passed, mark.at, mark.again = passed, now, 0
        return mark

    def _examine(self, due: list[tuple[int, Request, _Mark]], now: int) -> None:
        threads = [_thread(request) for _, request, _ in due]
        found = {entry["thread"]: entry for entry in whereabouts([thread for thread in threads if thread])}
        for (_, request, mark), thread in zip(due, threads, strict=True):
            about = found.get(thread) if thread else NO_STACK if request.worker is None else None
            if about is None or request.since != mark.since:
                continue  # it is served elsewhere, or went on just now
            if is_calm(about, request.stage):
                mark.again = now + (now - mark.at)
                continue
            mark.told = True
            rest = {name: value for name, value in about.items() if name != "thread"}
            self._tell(SlowStage(request, request.stage, mark.since, now, self.limit(request.stage), rest))


def _thread(request: Request) -> int:
    """The native number of the thread that has it; 0: none, or one of another process."""
    worker = request.worker if request.stage >= Stage.QUEUE else request.acceptor
    if worker is None:
        return 0
    return worker.thread if worker.pid == _getpid() else 0


def is_calm(about: dict[str, Any], stage: Stage) -> bool:
    """Whether the peer is waited for, or a person."""
    doing = about["doing"]
    if any(_DEBUGGER in frame["file"] for frame in about["frames"][-_NEAR:]):
        return True
    if doing in (Doing.HELD, Doing.SELECT, Doing.ACCEPT):
        return True
    if doing is not Doing.RECEIVE:
        return False
    return stage is Stage.HANDSHAKE or any(frame["file"].endswith(_TAP) for frame in about["frames"][-_NEAR:])
