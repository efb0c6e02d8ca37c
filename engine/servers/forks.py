"""ForkingMixIn: a process a request."""

from __future__ import annotations

import os
import select
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NoReturn

from ..observe import live
from ..observe.place import Place
from ..observe.request import Request, Worker
from . import pipeline

if TYPE_CHECKING:
    from .base import BaseServer as _Server
else:
    _Server = object  # a mix-in: its `super()` is the server that it is mixed into

if hasattr(os, "fork"):

    class ForkingMixIn(_Server):
        """Mix in first: each request gets a child process of its own.

        Only own children are waited for, each by its id: a program's other children keep their exit status.
        """

        timeout: float | None = 300
        active_children: set[int] | None = None
        max_children: int = 40
        """With so many children, the next request waits until one has ended."""
        block_on_close: bool = True
        """Whether `server_close` waits for the children."""
        _place: Place | None = None
        _workers: dict[int, Worker] | None = None

        def collect_children(self, *, blocking: bool = False) -> None:
            """Take leave of children that have ended; `blocking` waits for all of them."""
            if self.active_children is None:
                return
            while len(self.active_children) >= self.max_children and self._await_one():
                pass
            self._reap(0 if blocking else os.WNOHANG)

        def handle_timeout(self) -> None:
            """No request came: a good time to collect children."""
            self.collect_children()

        def service_actions(self) -> None:
            """Collect children."""
            self.collect_children()

        def process_request(self, request: Any, client_address: Any) -> None:
            """Fork a child for a request."""
            if self._serving is None:  # `handle_request` calls no service_actions
                self._reap(os.WNOHANG)
            watched = live.find(request) if self._place is not None else None
            if watched is not None:
                watched.queue()
            pid = os.fork()
            if not pid:
                self._be_child(request, client_address, watched)
            if self.active_children is None:
                self.active_children = set()
            self.active_children.add(pid)
            if watched is not None:
                self._hand_over(watched, pid)
            self.close_request(request)

        def server_close(self) -> None:
            """Close the listener and wait for the children."""
            super().server_close()
            self.collect_children(blocking=self.block_on_close)

        def _be_child(self, request: Any, client_address: Any, watched: Request | None) -> NoReturn:
            status = 1
            try:
                if watched is not None:
                    watched.place.enter_child(watched)
                    pipeline.finish(watched, self.finish_request, request, client_address)
                else:
                    self.finish_request(request, client_address)
                status = 0
            except Exception:
                pipeline.report(self, request, client_address, watched)
            finally:
                self._leave_child(request, watched, status)

        def _leave_child(self, request: Any, watched: Request | None, status: int) -> NoReturn:
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

        def _hand_over(self, watched: Request, pid: int) -> None:
            """The request is the child's now."""
            live.forget(watched)
            if self._workers is None:
                self._workers = {}
            self._workers[pid] = watched.place.child_worker(watched, pid)

        def _reap(self, flags: int) -> None:
            for pid in (self.active_children or set()).copy():
                self._collect(pid, flags)

        def _collect(self, pid: int, flags: int) -> None:
            try:
                ended, status = os.waitpid(pid, flags)
            except ChildProcessError:  # somebody else took it: all that is known is that it ended
                ended, status = pid, -1
            except OSError:
                return
            if ended:
                self._collected(pid, status)

        def _collected(self, pid: int, status: int) -> None:
            if self.active_children is not None:
                self.active_children.discard(pid)
            worker = self._workers.pop(pid, None) if self._workers else None
            if worker is not None:
                worker.end(status)

        def _await_one(self) -> bool:
            """Wait until one child has ended, and collect it. False if the loop is to stop instead."""
            children = sorted(self.active_children or ())
            if not hasattr(os, "pidfd_open"):
                self._collect(children[0], 0)
                return True
            with ExitStack() as opened:
                poll, pids = select.poll(), {}
                for pid in children:
                    try:
                        descriptor = os.pidfd_open(pid)
                    except OSError:  # gone, or no descriptor left
                        self._collect(pid, 0)
                        return True
                    opened.callback(os.close, descriptor)
                    poll.register(descriptor, select.POLLIN)
                    pids[descriptor] = pid
                return self._collect_ready(poll, pids)

        def _collect_ready(self, poll: select.poll, pids: dict[int, int]) -> bool:
            if self._waker is not None:
                poll.register(self._waker, select.POLLIN)
            ready = [descriptor for descriptor, _ in poll.poll() if descriptor in pids]
            for descriptor in ready:
                self._collect(pids[descriptor], 0)
            return bool(ready)
