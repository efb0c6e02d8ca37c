"""What the supervisor asks the system about processes: who descends from whom, who belongs to which run; kill all."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable

import psutil

MARK = "SOCKETSCOPE_RUN"
"""Environment variable that every process of a host inherits, also one that left its session and its parent."""

_SUBREAPER = 36


def become_subreaper() -> bool:
    """From now on orphaned descendants of this process become its children. False where the system cannot do it."""
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0) == 0)


def descendants() -> list[psutil.Process]:
    """Every living process below this one."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process().children(recursive=True)
    return []


def of_run(run: str) -> list[psutil.Process]:
    """The descendants that belong to one host's run: they carry its mark, wherever they have moved to."""
    return [process for process in descendants() if mark_of(process.pid) == run]


def mark_of(pid: int) -> str | None:
    """The run that a process belongs to, read from the environment that it was started with."""
    prefix = MARK.encode() + b"="
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            names = file.read().split(b"\0")
    except OSError:
        return None
    return next((os.fsdecode(name[len(prefix) :]) for name in names if name.startswith(prefix)), None)


def kill(processes: Iterable[psutil.Process]) -> None:
    """SIGKILL to each; psutil makes sure that a process number that was given to another process is spared."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()


def kill_run(run: str, deadline: float = 1.0) -> bool:
    """Kill what is left of a run, also what is forked meanwhile. True when nothing is left."""
    return _kill_until_none(lambda: of_run(run), deadline)


def kill_descendants(deadline: float = 1.0) -> bool:
    """Kill everything below this process. True when nothing is left."""
    return _kill_until_none(descendants, deadline)


def _kill_until_none(find: Callable[[], list[psutil.Process]], deadline: float) -> bool:
    until = time.monotonic() + deadline
    while left := find():
        kill(left)
        reap_orphans(())
        if time.monotonic() > until:
            return False
        # Nothing tells when the last of a changing crowd is gone: look again soon.
        select.select([], [], [], 0.002)
    return True


Families = dict[int, list[int]]
"""The children of each process."""


def families() -> Families:
    """Who descends from whom, by one pass over /proc: asking psutil for each process alone would take one for each."""
    children: Families = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _stat(int(name))):
            children.setdefault(int(fields[1]), []).append(int(name))
    return children


def below(pid: int, children: Families) -> list[int]:
    """The descendants of a process."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        own = children.get(waiting.pop(), [])
        found += own
        waiting += own
    return found


def reap_orphans(known: Iterable[int], children: Families | None = None) -> list[int]:
    """Collect dead children that nobody here waits for; `known` are those that somebody does."""
    own = (families() if children is None else children).get(os.getpid(), [])
    reaped = []
    for pid in set(own).difference(known):
        if letter(pid) == "Z":
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
                reaped.append(pid)
    return reaped


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to a host's whole process group; nothing happens when it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def signal_thread(pid: int, thread: int, number: int) -> None:
    """Send a signal to one thread of another process."""
    ctypes.CDLL(None, use_errno=True).tgkill(pid, thread, number)


def catches(pid: int, number: int) -> bool:
    """Whether a process has a handler for a signal, and will not die of it."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            caught = next((line for line in file if line.startswith(b"SigCgt:")), b"SigCgt: 0")
    except OSError:
        return False
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def letter(pid: int) -> str:
    """The state letter of /proc: R runs, S sleeps, T stopped, t traced, Z dead; "" when there is no such process."""
    fields = _stat(pid)
    return fields[0].decode("ascii") if fields else ""


def is_gone(pid: int) -> bool:
    """Whether a process does nothing any more, though its parent may not have noticed."""
    return letter(pid) in ("", "Z", "X")


def _stat(pid: int) -> list[bytes]:
    """State, parent and the rest of a process's line; nothing when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []
