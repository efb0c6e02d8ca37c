"""Names requests that are stuck: they hold the interpreter, keep a processor busy, wait for a lock or for a worker.

A request that waits for its peer, for time to pass or at a gate is not stuck: that is what servers do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..capture.live import Serving
from ..capture.writer import CaptureWriter
from ..debug.deaths import first_own, in_words, place_members
from ..debug.slow import is_calm
from ..debug.whereabouts import Doing
from ..observe.stages import Stage
from .entries import Entry
from .finding import NO_BEAT, Finder, places_of
from .hosts import OURS, HostProcess
from .runner import Runner
from .sampler import BUSY, Sampler, Usage
from .stuckrequest import CODES, Stuck, described, mark_deadlocks, sentence_of

AFTER = 1_000_000_000
"""What has stood still for less is not looked at, ns."""
BUSY_SHARE = 0.75
BUSY_SAMPLES = 3
CHILD_BUSY_SAMPLES = 2
"""No beat tells of a child that holds its interpreter: it is named sooner."""
TOLD_LIMIT = 40
HOLDERS_EVERY = 4
"""Looks."""
ASKED_AT_ONCE = 64
DEPTH = 16
"""Frames that tell what a thread waits for, and in which line."""
CHILDREN_AT_ONCE = 8


class StuckWatch:
    """Looks at one host's requests after each sample of its threads."""

    def __init__(
        self, entry: Entry, host: HostProcess, runner: Runner, writer: CaptureWriter, finder: Finder, sampler: Sampler,
        changed: Callable[[], None],
    ) -> None:  # fmt: skip
        self._entry = entry
        self._host = host
        self._runner = runner
        self._writer = writer
        self._finder = finder
        self._sampler = sampler
        self._changed = changed
        self._busy: dict[tuple[int, int], int] = {}
        """Threads that leave no CPU to others, and for how many samples."""
        self._found: dict[int, Stuck] = {}
        self._calm: dict[int, int] = {}
        """Requests that have been asked, and how much CPU time their threads had used by then, ns."""
        self._slow: set[int] = set()
        """Requests of children that have been told as slow."""
        self._looks = 0

    def look(self, serving: Sequence[Serving]) -> None:
        """Judge anew; what has to be asked for is judged when the answer comes."""
        self._looks += 1
        self._count_busy()
        if self._host.silent > NO_BEAT:
            self._look_at_silent(serving)
            return
        stands = self._standing(serving)
        if any(not one.pid for one in stands.values()):
            # A child that computes in C tells no fact, but has left in the black box that it has the request.
            self._runner.taker.salvage(self._entry, self._host)
            stands = self._standing(self._writer.live(self._host.number))
        self._slow &= stands.keys()
        self._calm = {number: cpu for number, cpu in self._calm.items() if number in stands}
        self._found = {number: stuck for number, stuck in self._found.items() if self._still(stuck, stands)}
        for one in stands.values():
            if not one.pid:
                self._found[one.request] = Stuck(one, {"doing": Doing.QUEUE, "busy": len(serving)})
        self._ask([one for one in stands.values() if one.pid and self._suspect(one)])
        self._tell()

    def _standing(self, serving: Sequence[Serving]) -> dict[int, Serving]:
        """Those of which nothing has been heard for a while."""
        now = time.monotonic_ns()
        return {one.request: one for one in serving if not one.paused and now - one.since >= AFTER}

    def _count_busy(self) -> None:
        busy = [key for key, usage in self._sampler.threads.items() if usage.wanted >= BUSY_SHARE]
        self._busy = {key: self._busy.get(key, 0) + 1 for key in busy}

    def _still(self, stuck: Stuck, stands: dict[int, Serving]) -> bool:
        one = stands.get(stuck.serving.request)
        return one is not None and one.pid == stuck.serving.pid and bool(one.pid) and self._suspect(one)

    def _suspect(self, one: Serving) -> bool:
        """Whether it is worth asking: it has computed for long, or has not for a whole sample."""
        usage = self._usage(one)
        return self._is_busy(one) or usage is None or usage.asleep

    def _usage(self, one: Serving) -> Usage | None:
        return self._sampler.threads.get((one.pid, one.thread))

    def _is_busy(self, one: Serving) -> bool:
        least = BUSY_SAMPLES if one.pid == self._host.pid else CHILD_BUSY_SAMPLES
        return self._busy.get((one.pid, one.thread), 0) >= least

    def _ask(self, suspects: list[Serving]) -> None:
        suspects = [one for one in suspects if not self._has_not_moved(one)]
        own = in_turn([one for one in suspects if one.pid == self._host.pid], ASKED_AT_ONCE, self._looks)
        if own:
            threads = [one.thread for one in own]
            self._finder.ask(self._host, self._host.pid, threads, partial(self._judge, own), DEPTH)
        # Each child is interrupted: at most once a second.
        children = [one for one in suspects if one.pid != self._host.pid and one.pid % 2 == self._looks % 2]
        for one in in_turn(children, CHILDREN_AT_ONCE, self._looks // 2):
            self._finder.ask(self._host, one.pid, [one.thread], partial(self._judge, [one]))

    def _has_not_moved(self, one: Serving) -> bool:
        """Whether its thread has not run since it was asked. Who holds the lock that it waits for may have changed."""
        usage = self._usage(one)
        if one.request in self._found and self._looks % HOLDERS_EVERY == 0:
            return False
        return usage is not None and self._calm.get(one.request) == usage.cpu

    def _judge(self, asked: Sequence[Serving], entries: Sequence[dict[str, Any]]) -> None:
        if self._entry.host is not self._host:
            return
        found = {entry["thread"]: entry for entry in entries}
        for one in asked:
            about = found.get(one.thread)
            if about is not None:
                self._take(one, about)
        self._tell()

    def _take(self, one: Serving, about: dict[str, Any]) -> None:
        self._note_slow(one, about)
        usage, busy = self._usage(one), self._is_busy(one)
        self._calm[one.request] = usage.cpu if usage is not None else -1
        if busy or about["doing"] == Doing.LOCK:
            doing = Doing.RUNNING if busy else Doing.LOCK
            self._found[one.request] = Stuck(one, described({**about, "doing": doing}, self._owners()))
            return
        self._found.pop(one.request, None)

    def _note_slow(self, one: Serving, about: dict[str, Any]) -> None:
        """Of its own threads a host tells itself; of its children's nobody else does."""
        allowed, now = round(self._entry.profile.slow_after * 1e9), time.monotonic_ns()
        late = allowed and now - one.since >= allowed
        if one.pid != self._host.pid and late and one.request not in self._slow and not is_calm(about, one.stage):
            self._slow.add(one.request)
            rest = {name: value for name, value in about.items() if name not in ("pid", "thread")}
            self._writer.add_slow(one.request, one.stage, one.since, now, allowed, rest)

    def _owners(self) -> dict[tuple[int, int], int]:
        """Whom each worker serves."""
        return {(one.pid, one.thread): one.request for one in self._writer.live(self._host.number) if one.pid}

    # Silence: nobody in the process answers

    def _look_at_silent(self, serving: Sequence[Serving]) -> None:
        host, letter = self._host, self._host.letter
        seconds = host.silent / 1e9
        self._runner.taker.salvage(self._entry, host)
        if letter in ("T", "t"):
            by = " by a debugger" if letter == "t" else ""
            self._warn("stopped", f"The process has been halted{by} for {seconds:.0f} s; send it SIGCONT.")
            return
        burning = self._burning(serving)
        thread = burning or self._serving_longest() or host.pid
        self._finder.ask(host, host.pid, [thread], lambda entries: self._hung(thread, burning is not None, entries))

    def _burning(self, serving: Sequence[Serving]) -> int | None:
        """The thread of the host that uses most of the time, a worker before any that only waits for the lock."""
        threads = self._sampler.threads
        own = {one.thread for one in serving if one.pid == self._host.pid}
        busy = [key for key, usage in threads.items() if key[0] == self._host.pid and usage.wanted >= BUSY]
        return max(
            (key[1] for key in busy), key=lambda one: (one in own, threads[self._host.pid, one].share), default=None
        )

    def _serving_longest(self) -> int | None:
        """Of the threads that serve requests, the one that has been longest in the user's code."""
        handled = [one for one in self._host.box.live() if one.pid == self._host.pid and one.stage >= Stage.HANDLE]
        return min(handled, key=lambda one: one.since).thread if handled else None

    def _hung(self, thread: int, burning: bool, entries: Sequence[dict[str, Any]]) -> None:
        host = self._host
        if self._entry.host is not host or host.silent < NO_BEAT:
            return
        about = next((entry for entry in entries if entry["thread"] == thread), None)
        serving = next(
            (one for one in self._writer.live(host.number) if one.thread == thread and one.pid == host.pid), None
        )
        self._found = {}
        if about is not None and serving is not None:
            about = described({**about, "doing": Doing.INTERPRETER}, {})
            self._found = {serving.request: Stuck(serving, about)}
        place = first_own(places_of(about), OURS) if about is not None else None
        what = "The interpreter lock has been held" if burning else "Nothing has moved in the process"
        who = f" by request #{serving.request}" if burning and serving is not None else ""
        sentence = f"{what}{who} for {host.silent / 1e9:.0f} s{in_words(place)}; Restart ends it."
        self._warn("hung", sentence, **place_members(place))

    # What is told

    def _tell(self) -> None:
        """The warning of the server: the worst of what is stuck, or that it goes on."""
        entry = self._entry
        mark_deadlocks(self._found)
        ranks = list(CODES)
        worst = min(self._found.values(), key=lambda one: (ranks.index(one.doing), one.serving.since), default=None)
        entry.stuck = self._lines()
        if worst is not None:
            members = {name: worst.about[name] for name in ("file", "line", "function") if name in worst.about}
            one = worst.serving
            self._warn(
                CODES[worst.doing], sentence_of(worst), request=one.request, pid=one.pid, thread=one.thread, **members
            )
        elif entry.warning is not None and entry.warning["code"] != "importing":
            entry.warning = None
            self._runner.story.tell(entry.own.id, self._host.pid, "it goes on")
            self._changed()

    def _lines(self) -> list[dict[str, Any]]:
        """For the tick: those that have been stuck for longest; a thousand behind one lock teach no more than these."""
        oldest = sorted(self._found.values(), key=lambda one: one.serving.since)[:TOLD_LIMIT]
        return [stuck.line(self._entry.key) for stuck in oldest]

    def _warn(self, code: str, sentence: str, **members: Any) -> None:
        entry = self._entry
        entry.stuck = self._lines()
        if entry.warning is None or entry.warning["code"] != code:
            self._runner.story.tell(entry.own.id, self._host.pid, sentence)
        entry.warning = {"code": code, "sentence": sentence, **members}
        self._changed()


def in_turn(some: list[Serving], most: int, turn: int) -> list[Serving]:
    """At most so many of them: others at each turn, and all of them sooner or later."""
    begin = turn * most % max(len(some), 1)
    return (some[begin:] + some[:begin])[:most] if len(some) > most else some
