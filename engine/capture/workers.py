"""Which worker is which: threads and forked children by process and native id, numbers being reused all the time."""

from __future__ import annotations

import os

from ..channel.codec import Row
from .live import Host, Worker
from .pending import Pending

NAME_LIMIT = 200
_MOST, _DIGITS = 1 << 62, 18


class WorkerBook:
    """Gives workers their numbers; a worker that did something before its start was told is taken in at once."""

    def __init__(self, pending: Pending, next_worker: int) -> None:
        self.pending = pending
        self.next_worker = next_worker
        self.server_pids: dict[int, int] = {}
        """The host process of each server: a worker of another process is a forked child."""

    def known(self, host: Host, pid: int, thread: int) -> Worker | None:
        """The worker that a fact names. A parent speaks of its child by the child's pid."""
        return host.workers.get(pid, {}).get(thread) or host.workers.get(thread, {}).get(thread)

    def seen(self, host: Host, server: int, pid: int, thread: int, at: int) -> Worker:
        """The worker that does something now."""
        worker = self.known(host, pid, thread)
        if worker is None:
            worker = self._add(host, server, pid, thread, "", at, told=False)
        return worker

    def started(self, host: Host, pid: int, row: Row) -> None:
        """WORKER_STARTED."""
        _, _, number, thread, at, _, value, data = row
        own = value if value > 0 else pid
        name = data.decode("utf-8", "backslashreplace")[:NAME_LIMIT]
        known = host.workers.get(own, {}).get(thread)
        if known and not known.told and known.ended is None:
            known.told = True
            self.pending.worker_names.append((name, self._child(known.server, own), at, known.id))
        else:
            self._add(host, host.servers.get(number, 0), own, thread, name, at, told=True)

    def ended(self, host: Host, pid: int, row: Row) -> None:
        """WORKER_ENDED."""
        worker = self.known(host, pid, row[3])
        if worker and worker.ended is None:
            status = exit_status(row[6]) if row[6] >= 0 else None
            self.end(worker, row[4], status, row[5] if 0 < row[5] < _MOST else None, _bytes(row[7]))

    def end(
        self, worker: Worker, at: int, status: int | None, cpu: int | None = None, memory: int | None = None
    ) -> None:
        """This worker is no more; `cpu` in ns and `memory` in bytes are what a child has used."""
        worker.ended = at
        self.pending.worker_ends.append((at, status, cpu, memory, worker.id))

    def _add(self, host: Host, server: int, pid: int, thread: int, name: str, at: int, *, told: bool) -> Worker:
        worker = Worker(self.next_worker, server, pid, thread, told)
        self.next_worker += 1
        host.workers.setdefault(pid, {})[thread] = worker
        self.pending.workers.append((worker.id, server, pid, thread, name, self._child(server, pid), at))
        return worker

    def _child(self, server: int, pid: int) -> int:
        return int(self.server_pids.get(server, pid) != pid)


def _bytes(digits: bytes) -> int | None:
    """Peak memory as a fact has it; it comes from a process that runs user code."""
    return int(digits) if digits.isdigit() and len(digits) < _DIGITS else None


def exit_status(wait_status: int) -> int | None:
    """A wait status as people write it: the exit code, or minus the signal's number."""
    try:
        return os.waitstatus_to_exitcode(wait_status)
    except (ValueError, OverflowError):
        return None
