"""Finds out where threads are: asks a host that hears, and has faulthandler tell of one that does not, or of a child.

What is found are entries as debug/whereabouts.py describes them, each with the `pid` of its process.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..debug.deaths import DumpedThread, Place, place_members, threads_in
from ..debug.whereabouts import Doing, judge_places
from .hosts import HostProcess
from .loop import Loop
from .runner import Runner

NO_BEAT = 1_000_000_000
"""A host that has been silent for longer does not hear, ns."""
DUMP_STEP = 0.02
DUMP_STEPS = 15
"""So often a dump is looked for before its process is given up."""
DUMPS_LIMIT = 64

Found = Callable[[list[dict[str, Any]]], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """One process that is to tell by a dump where it is."""

    host: HostProcess
    pid: int
    thread: int
    found: Found


class Finder:
    """Asks on behalf of whoever wants to know; the answer comes soon, and is empty if there is none."""

    def __init__(self, runner: Runner, loop: Loop) -> None:
        self._runner = runner
        self._loop = loop
        self._tickets = 0
        self._dumps: deque[Asked] = deque()

    def ask(self, host: HostProcess, pid: int, threads: Sequence[int] | None, found: Found, depth: int = 0) -> None:
        """Where the threads with these native numbers of a host, or of its child, are; None: all of them.

        `depth`: so many innermost frames will do; 0: as many as there are.
        """
        if pid == host.pid and host.silent < NO_BEAT:
            self._tickets -= 1
            self._runner.stack_answers[self._tickets] = lambda entries: found(with_pid(entries, pid))
            wanted = None if threads is None else list(threads)
            host.tell("stacks", ticket=self._tickets, threads=wanted, depth=depth)
        elif len(self._dumps) < DUMPS_LIMIT:
            self._dumps.append(Asked(host, pid, threads[0] if threads else pid, found))
            if len(self._dumps) == 1:
                self._dump()
        else:
            found([])

    def _dump(self) -> None:
        """One at a time: all of them write to the same place."""
        asked = self._dumps[0]
        if asked.host.ask_where(asked.pid, asked.thread):
            self._loop.later(DUMP_STEP, lambda: self._look(asked, "", DUMP_STEPS))
        else:
            self._tell(asked, "")

    def _look(self, asked: Asked, before: str, steps: int) -> None:
        text = asked.host.where_text()
        if (text and text == before) or not steps:
            self._tell(asked, text)
        else:
            self._loop.later(DUMP_STEP, lambda: self._look(asked, text, steps - 1))

    def _tell(self, asked: Asked, text: str) -> None:
        self._dumps.popleft()
        asked.found([self._entry(asked, thread) for thread in threads_in(text)])
        if self._dumps:
            self._loop.later(0, self._dump)

    def _entry(self, asked: Asked, thread: DumpedThread) -> dict[str, Any]:
        doing, call = judge_places(thread.frames)
        handled = asked.host.box.handled_by(asked.pid, thread.ident)
        return {
            "pid": asked.pid,
            "thread": asked.thread if thread.current else handled.thread if handled else 0,
            "name": "",
            "doing": doing,
            "call": call,
            "kind": "",
            "holders": [],
            "frames": [place_members(place) for place in reversed(thread.frames)],
        }


def with_pid(entries: Sequence[Any], pid: int) -> list[dict[str, Any]]:
    """What a host tells is its own, and may be anything: only what has the right form counts."""
    return [{**entry, "pid": pid} for entry in entries if isinstance(entry, dict) and _sound(entry)]


def _sound(entry: dict[str, Any]) -> bool:
    try:
        Doing(entry["doing"])
        places_of(entry)
        return all(isinstance(holder, dict) for holder in entry["holders"]) and isinstance(entry["thread"], int)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def places_of(entry: dict[str, Any]) -> list[Place]:
    """The frames of an entry, innermost first."""
    return [Place(str(one["file"]), int(one["line"]), str(one["function"])) for one in reversed(entry["frames"])]
