"""PreforkMixIn: a few processes, forked beforehand, that serve one request after the other."""

from __future__ import annotations

import os
import selectors
import socket
import struct
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ..observe.observer import Observer
from .children import ChildSelector
from .terms import check_prefork
from .workforce import Workforce

if TYPE_CHECKING:
    from .base import BaseServer as _Server
else:
    _Server = object  # a mix-in: its `super()` is the server that it is mixed into

USUAL = 4, 16
"""So many workers at least and at most, if nobody says how many."""
_AT_ONCE = struct.pack("ll", 0, 1)
"""A struct timeval of 1 µs."""

if hasattr(os, "fork"):

    class PreforkMixIn(_Server):
        """Mix in first: `serve_forever` forks `workers` processes, each of which accepts and serves one at a time.

        The parent only minds them: it runs `service_actions`, replaces a worker that ends (after a pause, if it was
        young), and lets all finish when it stops. A worker is a copy of the parent as it was at the fork: what a
        handler changes, others do not see; at its end no `atexit` functions run. A handler that calls `shutdown` stops
        the whole server. `handle_request` serves a request in the calling process, as without mix-in.

        Class attributes are read, and checked, when the server is made: ValueError names the one that is wrong.
        """

        workers: int | None = None
        """How many processes serve, 1 to 1,024. None: two for each CPU that may be used, for a worker waits for its
        client half of the time; at least 4, at most 16."""
        max_requests: int | None = None
        """A worker is replaced after so many requests, 1 to 1,000,000,000. None: never."""
        worker_timeout: float | None = None
        """A worker that is at one request for longer, in seconds, is killed and replaced. None: never."""
        stop_timeout: float | None = 30.0
        """How long requests in flight may take when the server stops, seconds; then they are cut. None: no limit."""

        _ss_child_selector: ChildSelector | None = None
        _ss_workforce: Workforce | None = None
        _ss_lost_race = False
        """Whether another worker was quicker."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            check_prefork(self)
            super().__init__(*args, **kwargs)

        @property
        def active_children(self) -> set[int]:
            """The workers' process ids, while it serves."""
            return set(self._ss_own_children())

        def collect_children(self, *, blocking: bool = False) -> None:
            """Nothing to do, as the loop hears of each worker's end; for those who know ForkingMixIn."""

        def _ss_add_observer(self, observer: Observer) -> None:
            """Workers that were forked before know nothing of it: they are replaced."""
            super()._ss_add_observer(observer)
            self._ss_renew()

        def _ss_remove_observer(self, observer: Observer) -> None:
            super()._ss_remove_observer(observer)
            self._ss_renew()

        def _ss_renew(self) -> None:
            if self._ss_workforce is not None:
                self._ss_workforce.renew()

        def _ss_worker_count(self) -> int:
            if self.workers is not None:
                return self.workers
            usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
            return min(max(2 * usable, USUAL[0]), USUAL[1])

        def _ss_loop(self, selector: selectors.BaseSelector, poll_interval: float) -> None:
            self._ss_child_selector = ChildSelector(selector, self)
            with _shared(self.socket):
                self._ss_workforce = Workforce(self)
                try:
                    super()._ss_loop(self._ss_child_selector, poll_interval)
                finally:
                    self._ss_child_selector.close()
                    self._ss_child_selector = None
                    if self._ss_draining:
                        self._ss_refuse(selector)
                    self._ss_workforce.close()
                    self._ss_workforce = None

        def _ss_refuse(self, selector: selectors.BaseSelector) -> None:
            """A drain: idle workers leave, who is queued is served here, and nobody comes after, though workers that
            are busy have the listener, too."""
            if self._ss_workforce is not None:
                self._ss_workforce.renew()
            self._ss_accept_queued(selector)
            with suppress(OSError):  # closed meanwhile, or of a system that cannot
                if self.socket.type == socket.SOCK_STREAM:
                    self.socket.shutdown(socket.SHUT_RDWR)

        def _ss_accept_queued(self, selector: selectors.BaseSelector) -> None:
            if self._ss_workforce is not None:  # else it has been done
                super()._ss_accept_queued(selector)

        def _ss_accept_failed(self, error: OSError) -> None:
            if isinstance(error, BlockingIOError):
                self._ss_lost_race = True
            else:
                super()._ss_accept_failed(error)

        # For the loop's ChildSelector, in the parent

        def _ss_own_children(self) -> Collection[int]:
            return self._ss_workforce.pids if self._ss_workforce is not None else ()

        def _ss_collect_child(self, pid: int, flags: int) -> None:
            if self._ss_workforce is not None:
                self._ss_workforce.collect(pid, flags)

        def _ss_accepts_now(self) -> bool:
            """The workers do; this is a good moment to see to them."""
            if self._ss_workforce is not None:
                self._ss_workforce.mind()
            return False

        def _ss_loop_patience(self, timeout: float | None) -> float | None:
            return timeout if self._ss_workforce is None else self._ss_workforce.patience(timeout)


@contextmanager
def _shared(listener: socket.socket) -> Iterator[None]:
    """While several processes wait at `listener`, one that comes too late for a client must not wait for the next.

    Connections are accepted without waiting. A datagram socket still waits to send, but hardly to receive.
    """
    patience = listener.gettimeout()
    if listener.type != socket.SOCK_DGRAM:
        listener.setblocking(False)
        before = None
    else:
        listener.setblocking(True)
        before = listener.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, len(_AT_ONCE))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _AT_ONCE)
    try:
        yield
    finally:
        with suppress(OSError):  # closed meanwhile
            listener.settimeout(patience)
            if before is not None:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, before)
