"""How much CPU each process and thread of a host uses, seen from outside: also while it holds its interpreter lock."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

from ..capture.records import CpuRecord
from .processes import Families, below

THREAD_LIMIT = 256
"""Beyond so many threads only the process is sampled; reading thousands would cost more than it tells."""
PROCESS_LIMIT = 64
BUSY = 0.5
ASLEEP = ("S", "D", "I")
STIRRED = 0.002
"""A thread that was only asked where it is has used this share at most, and has not woken up."""

ServerOf = Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class Usage:
    """One thread's last sample."""

    at: int
    cpu: int
    delay: int
    share: float
    wanted: float
    """Its share if no other process had stood in its way."""
    asleep: bool
    """It used next to no CPU since the sample before, and waits in the kernel."""


class Sampler:
    """Samples one host and what descends from it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._known: dict[int, psutil.Process] = {}
        self._processes: dict[int, tuple[int, float]] = {}
        self.threads: dict[tuple[int, int], Usage] = {}

    def sample(self, server_of: ServerOf, children: Families) -> list[CpuRecord]:
        """One record for each process and thread that was there the last time, too.

        `server_of` gives the number in the capture of the server that a process's thread works for.
        """
        records: list[CpuRecord] = []
        processes: dict[int, tuple[int, float]] = {}
        threads: dict[tuple[int, int], Usage] = {}
        for process in self._tree(children):
            with contextlib.suppress(psutil.Error, OSError):
                records += self._process(server_of, process, processes)
                records += self._threads(server_of, process.pid, threads)
        self._processes, self.threads = processes, threads
        self._known = {pid: process for pid, process in self._known.items() if pid in processes}
        return records

    def _tree(self, children: Families) -> Iterator[psutil.Process]:
        for pid in [self._pid, *below(self._pid, children)[:PROCESS_LIMIT]]:
            with contextlib.suppress(psutil.Error):
                if pid not in self._known:
                    self._known[pid] = psutil.Process(pid)
                yield self._known[pid]

    def _process(
        self, server_of: ServerOf, process: psutil.Process, seen: dict[int, tuple[int, float]]
    ) -> list[CpuRecord]:
        times = process.cpu_times()
        at, cpu = time.monotonic_ns(), times.user + times.system
        seen[process.pid] = (at, cpu)
        before = self._processes.get(process.pid)
        if before is None:
            return []
        share = max(0.0, (cpu - before[1]) * 1e9 / max(at - before[0], 1))
        server = server_of(process.pid, process.pid)
        return [CpuRecord(server, at, process.pid, 0, share, process.memory_info().rss)]

    def _threads(self, server_of: ServerOf, pid: int, seen: dict[tuple[int, int], Usage]) -> list[CpuRecord]:
        names = os.listdir(f"/proc/{pid}/task")
        if len(names) > THREAD_LIMIT:
            return []
        records = []
        for name in names:
            key = (pid, int(name))
            with contextlib.suppress(OSError, ValueError, IndexError):
                usage = seen[key] = self._thread(key)
                if key in self.threads:
                    records.append(CpuRecord(server_of(*key), usage.at, pid, key[1], usage.share, None))
        return records

    def _thread(self, key: tuple[int, int]) -> Usage:
        folder = f"/proc/{key[0]}/task/{key[1]}"
        with open(f"{folder}/schedstat", "rb") as file:
            cpu, delay = map(int, file.read().split()[:2])
        with open(f"{folder}/stat", "rb") as file:
            letter = file.read().rpartition(b")")[2].split()[0].decode("ascii")
        at = time.monotonic_ns()
        before = self.threads.get(key)
        if before is None:
            return Usage(at, cpu, delay, 0.0, 0.0, asleep=False)
        elapsed = max(at - before.at, 1)
        share = (cpu - before.cpu) / elapsed
        wanted = share + (delay - before.delay) / elapsed
        return Usage(at, cpu, delay, share, wanted, asleep=share <= STIRRED and letter in ASLEEP)
