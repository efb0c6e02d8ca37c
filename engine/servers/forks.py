"""ForkingMixIn: a process a request."""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NoReturn

from ..observe import live, newborn
from ..observe.place import Place
from ..observe.request import Request, Worker
from . import pipeline
from .children import ChildSelector, await_one, collect, forget, warn_of_threads

if TYPE_CHECKING:
    from .base import BaseServer as _Server
else:
    _Server = object  # a mix-in: its `super()` is the server that it is mixed into

if hasattr(os, "fork"):

    class ForkingMixIn(_Server):
        """Mix in first: each request gets a child process of its own.

        Only own children are waited for, each by its id: a program's other children keep their exit status. A child
        has no listener; what it needs of other threads' locks it may wait for in vain, of which a RuntimeWarning tells.
        """

        timeout: float | None = 300
        active_children: set[int] | None = None
        max_children: int = 40
        """With so many children, no further request is accepted until one of them has ended."""
        block_on_close: bool = True
        """Whether `server_close` waits for the children."""
        _ss_noted = False
        _ss_place: Place | None = None
        _ss_child_workers: dict[int, Worker] | None = None
        _ss_child_selector: ChildSelector | None = None

        def collect_children(self, *, blocking: bool = False) -> None:
            """Take leave of children that have ended; `blocking` waits for all of them."""
            for pid in tuple(self._ss_own_children()):
                self._ss_collect_child(pid, 0 if blocking else os.WNOHANG)

        def handle_timeout(self) -> None:
            """No request came: a good time to collect children."""
            self.collect_children()

        def service_actions(self) -> None:
            """Collect children."""
            self.collect_children()

        def process_request(self, request: Any, client_address: Any) -> None:
            """Fork a child for a request."""
            self._ss_make_room()
            watched = live.find(request) if self._ss_place is not None else None
            if watched is not None:
                watched.queue()
            warn_of_threads()
            pid = os.fork()
            if not pid:
                self._ss_be_child(request, client_address, watched)
            if self.active_children is None:
                self.active_children = set()
            self.active_children.add(pid)
            if watched is not None:
                self._ss_hand_over(watched, pid)
            self.close_request(request)

        def server_close(self) -> None:
            """Close the listener and wait for the children."""
            super().server_close()
            self.collect_children(blocking=self.block_on_close)

        # -- in the child ----------------------------------------------------------------------------------------------

        def _ss_be_child(self, request: Any, client_address: Any, watched: Request | None) -> NoReturn:
            status = 1
            try:
                self._ss_close_inherited(request)
                newborn.begin()
                if watched is not None:
                    if self._ss_limiter is not None:
                        self._ss_limiter.enter_child(watched)
                    watched.place.enter_child(watched)
                    pipeline.finish(watched, self.finish_request, request, client_address)
                else:
                    self.finish_request(request, client_address)
                status = 0
            except Exception:
                pipeline.report(self, request, client_address, watched)
            finally:
                self._ss_leave_child(request, watched, status)

        def _ss_close_inherited(self, request: Any) -> None:
            """A child that outlives its parent must not keep the port. Datagrams are answered on the listener.

            Descriptors of its siblings do no harm: to close them costs more.
            """
            if isinstance(request, socket.socket) and request is not self.socket:
                self.socket.close()

        def _ss_leave_child(self, request: Any, watched: Request | None, status: int) -> NoReturn:
            try:
                if watched is not None:
                    pipeline.shut(self, watched)
                else:
                    self.shutdown_request(request)
            finally:
                try:
                    if watched is not None:
                        watched.place.leave_child()
                finally:
                    os._exit(status)

        # -- in the parent ---------------------------------------------------------------------------------------------

        def _ss_loop(self, selector: selectors.BaseSelector, poll_interval: float) -> None:
            self._ss_child_selector = ChildSelector(selector, self)
            try:
                super()._ss_loop(self._ss_child_selector, poll_interval)
            finally:
                self._ss_child_selector.close()
                self._ss_child_selector = None

        def _ss_own_children(self) -> Collection[int]:
            return self.active_children or ()

        def _ss_accepts_now(self) -> bool:
            return len(self.active_children or ()) < max(1, self.max_children)

        def _ss_is_active(self) -> bool:
            """A child that ends wakes the loop: to collect it there is no need to look time and again."""
            own = type(self).service_actions is ForkingMixIn.service_actions and "service_actions" not in vars(self)
            return not own and super()._ss_is_active()

        def _ss_loop_patience(self, timeout: float | None) -> float | None:
            return timeout

        def _ss_make_room(self) -> None:
            """The loop accepts nothing at the limit; `handle_request`, which knows none, waits here."""
            if self._ss_child_selector is None:
                self.collect_children()
            while not self._ss_accepts_now() and (
                ended := await_one(self._ss_own_children(), self._ss_waker_descriptor())
            ):
                for pid in ended:
                    self._ss_collect_child(pid, os.WNOHANG)

        def _ss_waker_descriptor(self) -> int | None:
            return None if self._ss_waker is None else self._ss_waker.fileno()

        def _ss_hand_over(self, watched: Request, pid: int) -> None:
            """The request is the child's now."""
            live.forget(watched)
            if self._ss_child_workers is None:
                self._ss_child_workers = {}
            self._ss_child_workers[pid] = watched.place.child_worker(watched, pid)

        def _ss_collect_child(self, pid: int, flags: int) -> None:
            worker = self._ss_child_workers.get(pid) if self._ss_child_workers else None
            if worker is not None:
                self._ss_collect_worker(worker, flags)
            elif forget(pid, flags) and self.active_children is not None:
                self.active_children.discard(pid)

        def _ss_collect_worker(self, worker: Worker, flags: int) -> None:
            """A child of which observers have been told."""
            ended = collect(worker.pid, flags)
            if ended is None:
                return
            if self.active_children is not None:
                self.active_children.discard(worker.pid)
            if self._ss_child_workers is not None:
                self._ss_child_workers.pop(worker.pid, None)
            worker.cpu_total, worker.peak_memory = ended.cpu, ended.peak_memory
            worker.end(ended.status)
