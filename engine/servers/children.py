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

from .crowd import alive

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


def forget(pid: int, flags: int = 0) -> bool:
    """As `collect`, for whoever does not care how it ended: whether it has."""
    try:
        return os.waitpid(pid, flags)[0] != 0
    except ChildProcessError:
        return True


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
    if _warned or len(alive) == 1:
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


class _Deaths:
    """Descriptors of children in one that can be selected on: an epoll, to which a child is added in one step."""

    def __init__(self) -> None:
        self.epoll = select.epoll()
        self.known: dict[int, int] = {}
        """Descriptors by pid."""
        self._pids: dict[int, int] = {}

    def add(self, pid: int, descriptor: int) -> None:
        """Hear of this child from now on."""
        self.epoll.register(descriptor, select.EPOLLIN)
        self.known[pid] = descriptor
        self._pids[descriptor] = pid

    def ended(self) -> list[int]:
        """Children that have ended; they are forgotten."""
        return [self.forget(self._pids[descriptor]) for descriptor, _ in self.epoll.poll(0)]

    def forget(self, pid: int) -> int:
        """Give its descriptor back. The epoll has to be told: siblings may have inherited the descriptor."""
        descriptor = self.known.pop(pid)
        del self._pids[descriptor]
        self.epoll.unregister(descriptor)
        os.close(descriptor)
        return pid

    def abandon(self) -> None:
        """In a forked child: the epoll is its parent's."""
        for descriptor in self._pids:
            os.close(descriptor)
        self.epoll.close()
        self.known, self._pids = {}, {}

    def close(self) -> None:
        """Give all back."""
        for pid in list(self.known):
            self.forget(pid)
        self.epoll.close()


class ChildSelector(selectors.BaseSelector):
    """A loop's selector that hears of children, too: has them collected, and returns what else is ready.

    It does little for each child, for a process that has just forked pays for every page of memory that it touches.
    """

    def __init__(self, inner: selectors.BaseSelector, parent: Parent) -> None:
        self._inner = inner
        self._parent = parent
        self._deaths: _Deaths | None = None
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
        for pid in [*self._take_ended(ready), *self._blind]:
            self._parent._ss_collect_child(pid, os.WNOHANG)
        return ready

    def _listen(self) -> None:
        """Hide the listener while the parent does not accept: it would be ready all the time."""
        if self._parent._ss_accepts_now():
            if self._resting is not None:
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
        own = self._parent._ss_own_children()
        known = self._deaths.known if self._deaths is not None else {}
        for pid in own:
            if pid not in known and pid not in self._blind:
                self._hear_of(pid)
        if len(known) + len(self._blind) > len(own):
            self._blind.intersection_update(own)
            for pid in [pid for pid in known if pid not in own]:
                self._deaths.forget(pid)  # type: ignore[union-attr]  # it knows some

    def _hear_of(self, pid: int) -> None:
        descriptor = pidfd(pid)
        if descriptor is None:
            self._blind.add(pid)
            return
        if self._deaths is None:
            self._deaths = _Deaths()
            self._inner.register(self._deaths.epoll, selectors.EVENT_READ)
        self._deaths.add(pid, descriptor)

    def _take_ended(self, ready: list[tuple[selectors.SelectorKey, int]]) -> list[int]:
        """Take out of what is ready that children have ended, and return which."""
        if self._deaths is not None:
            for number, (key, _) in enumerate(ready):
                if key.fileobj is self._deaths.epoll:
                    del ready[number]
                    return self._deaths.ended()
        return []

    def abandon(self) -> None:
        """In a forked child: its siblings are not its affair."""
        if self._deaths is not None:
            self._deaths.abandon()
            self._deaths = None

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
        deaths, self._deaths = self._deaths, None
        if deaths is not None:
            self._inner.unregister(deaths.epoll)
            deaths.close()
        self._wake_up()
