"""Looks at every host twice a second from outside: samples CPU, marks who waits, has it judged who is stuck."""

from __future__ import annotations

import os
from collections.abc import Callable

from ..capture.writer import CaptureWriter
from .entries import Entry
from .finding import Finder
from .hosts import HostProcess
from .processes import Families, below, mark_of
from .reconciling import Reconciler
from .runner import Runner
from .sampler import Sampler
from .stuck import StuckWatch

EVERY = 0.5
_LIMIT = os.environ.get("SOCKETSCOPE_PROCESSES_LIMIT", "")
PROCESSES_LIMIT = int(_LIMIT) if _LIMIT.isdecimal() else 512
"""That one host may have below it."""


class Watch:
    """What looks at one host again and again."""

    def __init__(self, host: HostProcess, reconciler: Reconciler, sampler: Sampler, stuck: StuckWatch) -> None:
        self.host = host
        self.reconciler = reconciler
        self.sampler = sampler
        self.stuck = stuck


class Watcher:
    """Watches all hosts of a runner."""

    def __init__(self, runner: Runner, writer: CaptureWriter, finder: Finder, changed: Callable[[], None]) -> None:
        self._runner = runner
        self._writer = writer
        self._finder = finder
        self._changed = changed
        self._watches: dict[int, Watch] = {}

    def look(self, children: Families) -> None:
        """One look at everything."""
        hosts = {entry.host.number: entry for entry in self._runner.entries.values() if entry.host is not None}
        for number in set(self._watches) - set(hosts):
            del self._watches[number]
        for number, entry in hosts.items():
            assert entry.host is not None
            watch = self._watches.get(number)
            if watch is None:
                watch = self._watches[number] = self._watch(entry, entry.host)
            self._sample(entry, watch, children)
            self._limit_processes(entry, entry.host, children)
            watch.reconciler.look()

    def _watch(self, entry: Entry, host: HostProcess) -> Watch:
        sampler = Sampler(host.pid)
        stuck = StuckWatch(entry, host, self._runner, self._writer, self._finder, sampler, self._changed)
        return Watch(host, Reconciler(self._runner, self._writer, entry, host), sampler, stuck)

    def _sample(self, entry: Entry, watch: Watch, children: Families) -> None:
        records = watch.sampler.sample(self._server_of(entry, watch.host), children)
        self._writer.add_cpu(records)
        threads = watch.sampler.threads
        serving = self._writer.live(watch.host.number)
        known = [(one.request, threads[one.pid, one.thread]) for one in serving if (one.pid, one.thread) in threads]
        self._writer.mark_waiting(request for request, usage in known if usage.asleep)
        self._writer.mark_running(request for request, usage in known if not usage.asleep)
        watch.stuck.look(serving)
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
