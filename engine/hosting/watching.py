"""Looks at every host twice a second from outside: samples CPU, marks who waits, notices who hangs and where."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from ..capture.writer import CaptureWriter
from ..debug.deaths import Place, first_own, in_words, place_members, places
from ..observe.stages import Stage
from .entries import Entry
from .hosts import OURS, HostProcess
from .processes import Families, below, mark_of
from .reconciling import Reconciler
from .runner import Runner
from .sampler import BUSY, Sampler

EVERY = 0.5
NO_BEAT = 1_000_000_000
BUSY_SHARE = 0.75
BUSY_SAMPLES = 3
_LIMIT = os.environ.get("SOCKETSCOPE_PROCESSES_LIMIT", "")
PROCESSES_LIMIT = int(_LIMIT) if _LIMIT.isdecimal() else 512
"""That one host may have below it."""


class Watch:
    """What is remembered of one host between two looks."""

    def __init__(self, host: HostProcess, reconciler: Reconciler) -> None:
        self.host = host
        self.reconciler = reconciler
        self.sampler = Sampler(host.pid)
        self.busy: dict[tuple[int, int], int] = {}
        """Threads that serve a request and leave no CPU to others, and for how many samples."""
        self.asked = False
        self.waiting: set[int] = set()


class Watcher:
    """Watches all hosts of a runner."""

    def __init__(self, runner: Runner, writer: CaptureWriter, changed: Callable[[], None]) -> None:
        self._runner = runner
        self._writer = writer
        self._changed = changed
        self._watches: dict[int, Watch] = {}
        self._tickets = -1

    def look(self, children: Families) -> None:
        """One look at everything."""
        hosts = {entry.host.number: entry for entry in self._runner.entries.values() if entry.host is not None}
        for number in set(self._watches) - set(hosts):
            del self._watches[number]
        for number, entry in hosts.items():
            assert entry.host is not None
            watch = self._watches.get(number)
            if watch is None:
                reconciler = Reconciler(self._runner, self._writer, entry, entry.host)
                watch = self._watches[number] = Watch(entry.host, reconciler)
            self._sample(entry, watch, children)
            self._judge(entry, watch)
            self._limit_processes(entry, entry.host, children)
            watch.reconciler.look()

    def _sample(self, entry: Entry, watch: Watch, children: Families) -> None:
        records = watch.sampler.sample(self._server_of(entry, watch.host), children)
        self._writer.add_cpu(records)
        threads = watch.sampler.threads
        waiting: set[int] = set()
        running: set[int] = set()
        busy: dict[tuple[int, int], int] = {}
        for request, pid, thread in self._writer.live(watch.host.number):
            usage = threads.get((pid, thread))
            if usage is None:
                continue
            (waiting if usage.asleep else running).add(request)
            if usage.wanted >= BUSY_SHARE:
                busy[pid, thread] = watch.busy.get((pid, thread), 0) + 1
        watch.busy = busy
        self._writer.mark_waiting(waiting)
        self._writer.mark_running(running)
        watch.waiting = waiting
        if records:
            self._changed()

    def _server_of(self, entry: Entry, host: HostProcess) -> Callable[[int, int], int]:
        """In a program with several servers a worker's CPU is its server's; the rest is the program's."""

        def server_of(pid: int, thread: int) -> int:
            works_for = None if thread == host.pid else self._writer.works_for(host.number, pid, thread)
            return works_for or entry.own.id

        return server_of

    def _limit_processes(self, entry: Entry, host: HostProcess, children: Families) -> None:
        """End what multiplies without end; whoever may have many children is given room for them."""
        limit = max(PROCESSES_LIMIT, 2 * int(entry.profile.attributes.get("max_children") or 0))
        strays = [pid for pid in children.get(os.getpid(), ()) if pid != host.pid and mark_of(pid) == host.run]
        count = sum(1 + len(below(pid, children)) for pid in (host.pid, *strays)) - 1
        if count > limit and entry.cause is None:
            sentence = (
                f"It made {count} processes, more than the {limit} that are allowed, and was ended with all of them."
            )
            entry.error = {"code": "too_many_processes", "sentence": sentence}
            host.kill()

    # Hangs

    def _judge(self, entry: Entry, watch: Watch) -> None:
        """Set or take back the warning that the tick shows."""
        host = watch.host
        silent = time.monotonic_ns() - host.last_beat
        if host.last_beat and silent > NO_BEAT:
            self._silent(entry, watch, silent)
        elif any(count >= BUSY_SAMPLES for count in watch.busy.values()):
            self._busy(entry, watch)
        elif entry.warning is not None and entry.warning["code"] != "importing":
            entry.warning = None
            watch.asked = False
            self._runner.story.tell(entry.own.id, host.pid, "it goes on")
            self._changed()

    def _silent(self, entry: Entry, watch: Watch, silent: int) -> None:
        host = watch.host
        seconds = silent / 1e9
        letter = host.letter
        self._runner.taker.salvage(entry, host)
        if letter in ("T", "t"):
            by = " by a debugger" if letter == "t" else ""
            self._warn(entry, "stopped", f"The process has been halted{by} for {seconds:.0f} s; send it SIGCONT.")
            return
        busiest = self._burning(watch)
        if not watch.asked:
            watch.asked = True
            host.ask_where(busiest or self._serving(host) or host.pid)
            return  # the answer will be there at the next look
        place = first_own(places(host.fault_text()), OURS)
        what = "The interpreter lock has been held" if busiest else "Nothing has moved in the process"
        self._warn(
            entry, "hung", f"{what} for {seconds:.0f} s{in_words(place)}; Restart ends it.", **place_members(place)
        )

    def _burning(self, watch: Watch) -> int | None:
        """The thread of the host that uses most of the time, a worker before any that only waits for the lock."""
        host, threads = watch.host, watch.sampler.threads
        serving = {thread for _, pid, thread in self._writer.live(host.number) if pid == host.pid}
        busy = [key[1] for key, usage in threads.items() if key[0] == host.pid and usage.wanted >= BUSY]
        return max(busy, key=lambda thread: (thread in serving, threads[host.pid, thread].share), default=None)

    def _serving(self, host: HostProcess) -> int | None:
        """Of the threads that serve requests, the one that has been longest in the user's code."""
        handled = [one for one in host.box.live() if one.pid == host.pid and one.stage >= Stage.HANDLE]
        return min(handled, key=lambda one: one.since).thread if handled else None

    def _busy(self, entry: Entry, watch: Watch) -> None:
        """Ask the host where its busy thread is, which it can tell as long as it shares the interpreter lock."""
        usages = watch.sampler.threads
        worker = max(watch.busy, key=lambda one: (watch.busy[one], usages[one].share))
        pid, thread = worker
        if pid != watch.host.pid:
            self._warn_busy(entry, watch, worker, None)
            return
        self._tickets -= 1
        self._runner.stack_answers[self._tickets] = lambda stacks: self._found_busy(entry, watch, thread, stacks)
        watch.host.tell("stacks", ticket=self._tickets)

    def _found_busy(self, entry: Entry, watch: Watch, thread: int, stacks: list[Any]) -> None:
        frames: list[dict[str, Any]] = next((s.get("frames", []) for s in stacks if s.get("thread") == thread), [])
        found = [Place(str(f.get("file")), int(f.get("line", 0)), str(f.get("function"))) for f in reversed(frames)]
        if entry.host is watch.host:
            self._warn_busy(entry, watch, (watch.host.pid, thread), first_own(found, OURS))

    def _warn_busy(self, entry: Entry, watch: Watch, worker: tuple[int, int], place: Place | None) -> None:
        seconds = watch.busy.get(worker, BUSY_SAMPLES) * EVERY
        pid, thread = worker
        who = f"Thread {thread}" if pid == watch.host.pid else f"Process {pid}"
        sentence = f"{who} has kept a processor busy for {seconds:.0f} s{in_words(place)}."
        self._warn(entry, "busy", sentence, pid=pid, thread=thread, **place_members(place))

    def _warn(self, entry: Entry, code: str, sentence: str, **members: Any) -> None:
        if entry.warning is None or entry.warning["code"] != code:
            self._runner.story.tell(entry.own.id, entry.host.pid if entry.host is not None else 0, sentence)
        entry.warning = {"code": code, "sentence": sentence, **members}
        self._changed()
