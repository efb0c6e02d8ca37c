"""Children of a server: each is waited for by its id, and heard of as soon as it ends; nobody else's are touched."""

from __future__ import annotations

import os
import select
import selectors
import sys
import threading
import warnings
from collections.abc import Collection, Mapping
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple, Protocol

BLIND_INTERVAL = 0.1
"""How often, in seconds, a loop looks after children that nothing tells it about: there was no pidfd to be had."""
OURS = "socketscope"
"""Names of our own threads begin with it: what they lock is made anew in a child."""

_MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024
_warned = False


class Ended(NamedTuple):
    """How a child ended: wait status, CPU time (ns), peak memory (bytes); -1 where somebody else has waited for it."""

    status: int = -1
    cpu: int = -1
    peak_memory: int = -1


def collect(pid: int, flags: int = 0) -> Ended | None:
    """Take leave of an own child; None if it lives on. Waits for it unless `flags` is `os.WNOHANG`."""
    try:
        ended, status, usage = os.wait4(pid, flags)
    except ChildProcessError:
        return Ended()
    if not ended:
        return None
    return Ended(status, int((usage.ru_utime + usage.ru_stime) * 1e9), usage.ru_maxrss * _MEMORY_UNIT)


def await_one(pids: Collection[int], beside: int | None = None, timeout: float | None = None) -> list[int]:
    """Wait until one of these children has ended; returns those that have, none if `beside` came first, or never.

    `beside` is a descriptor that becomes readable, `timeout` in seconds. Where there is no pidfd to be had, waits for
    nothing else and not longer than BLIND_INTERVAL: returns all, for the caller to see.
    """
    with ExitStack() as opened:
        poll, ends = select.poll(), {}
        for pid in pids:
            descriptor = pidfd(pid)
            if descriptor is None:
                select.select([] if beside is None else [beside], [], [], BLIND_INTERVAL)
                return list(pids)
            opened.callback(os.close, descriptor)
            poll.register(descriptor, select.POLLIN)
            ends[descriptor] = pid
        if beside is not None:
            poll.register(beside, select.POLLIN)
        ready = poll.poll(None if timeout is None else max(0, timeout * 1000))
        return [ends[descriptor] for descriptor, _ in ready if descriptor in ends]


def pidfd(pid: int) -> int | None:
    """A descriptor that becomes readable when the child ends; None if there is none to be had."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


def warn_of_threads() -> None:
    """Say once which other threads there are: a child waits for ever for a lock that one of them held at the fork."""
    global _warned
    if _warned or threading.active_count() == 1:
        return
    own = threading.current_thread()
    names = [one.name for one in threading.enumerate() if one is not own and not one.name.startswith(OURS)]
    if names:
        _warned = True
        message = f"Forking while other threads run ({', '.join(names)}): a child that needs a lock which one of them"
        warnings.warn(f"{message} holds will wait for ever.", RuntimeWarning, stacklevel=2)


class Parent(Protocol):
    """Whose children a ChildSelector hears of: a server with a loop."""

    def _ss_own_children(self) -> Collection[int]:
        """Those that have not been collected."""

    def _ss_collect_child(self, pid: int, flags: int) -> None:
        """This child has ended, or so it seems."""

    def _ss_accepts_now(self) -> bool:
        """Whether the loop is to listen for requests at present."""

    def _ss_loop_patience(self, timeout: float | None) -> float | None:
        """How long the loop may sleep, seconds, if it would for `timeout`."""


class ChildSelector(selectors.BaseSelector):
    """A loop's selector that hears of children, too: has them collected, and returns what else is ready."""

    def __init__(self, inner: selectors.BaseSelector, parent: Parent) -> None:
        self._inner = inner
        self._parent = parent
        self._pids: dict[int, int] = {}
        """By pidfd."""
        self._blind: set[int] = set()
        self._resting: selectors.SelectorKey | None = None
        """The listener, while the parent does not accept."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As BaseSelector's."""
        self._listen()
        self._watch()
        patience = self._parent._ss_loop_patience(timeout)
        if self._blind:
            patience = BLIND_INTERVAL if patience is None else min(BLIND_INTERVAL, patience)
        ready = self._inner.select(patience)
        ended = [key.fd for key, _ in ready if key.fd in self._pids]
        for pid in [*map(self._forget, ended), *self._blind]:
            self._parent._ss_collect_child(pid, os.WNOHANG)
        return [(key, events) for key, events in ready if key.fd not in ended]

    def _listen(self) -> None:
        """Hide the listener while the parent does not accept: it would be ready all the time."""
        if self._parent._ss_accepts_now():
            self._wake_up()
        elif self._resting is None:
            with suppress(KeyError):
                self._resting = self._inner.unregister(self._parent)  # type: ignore[arg-type]  # has a fileno

    def _wake_up(self) -> None:
        key, self._resting = self._resting, None
        if key is not None:
            with suppress(ValueError):  # closed meanwhile: the loop is about to end
                self._inner.register(key.fileobj, key.events, key.data)

    def _watch(self) -> None:
        own, known = set(self._parent._ss_own_children()), set(self._pids.values())
        for descriptor in [descriptor for descriptor, pid in self._pids.items() if pid not in own]:
            self._forget(descriptor)
        self._blind &= own
        for pid in own - known:
            found = pidfd(pid)
            if found is None:
                self._blind.add(pid)
            else:
                self._blind.discard(pid)
                self._inner.register(found, selectors.EVENT_READ)
                self._pids[found] = pid

    def _forget(self, descriptor: int) -> int:
        self._inner.unregister(descriptor)
        os.close(descriptor)
        return self._pids.pop(descriptor)

    def abandon(self) -> None:
        """In a forked child: its siblings are not its affair."""
        for descriptor in self._pids:
            os.close(descriptor)
        self._pids = {}

    # BaseSelector's

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        if fileobj is self._parent and self._resting is not None:
            key, self._resting = self._resting, None
            return key
        return self._inner.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    def close(self) -> None:
        """Give back what this one opened; the selector around which it is made stays open, and has the listener."""
        for descriptor in list(self._pids):
            self._forget(descriptor)
        self._wake_up()
