"""ThreadingMixIn: a thread a request."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from socket import SOCK_STREAM
from typing import TYPE_CHECKING, Any

from ..observe import live
from ..observe.place import Place
from ..observe.request import Request
from ..observe.stream import Stream
from . import pipeline, recorded
from .connections import discard
from .crowd import alive, crowd
from .pace import Pace, pace
from .thread import Thread, are_usual

if TYPE_CHECKING:
    from .base import BaseServer as _Server
else:
    _Server = object  # a mix-in: its `super()` is the server that it is mixed into


class _Threads(dict[threading.Thread, None]):
    """Threads to wait for. One that ends takes out those that ended before it, each at the cost of one look.

    It cannot take out itself: it has not quite ended, and `server_close` waits until all have. Threads that do
    not tell of their end are dropped whenever their number has doubled.
    """

    def __init__(self) -> None:
        super().__init__()
        self._due = 4
        self._leaving: deque[threading.Thread] = deque()

    def append(self, thread: threading.Thread) -> None:
        """Remember `thread`, unless it is a daemon."""
        if thread.daemon:
            return
        if isinstance(thread, Thread):
            thread.leave = self._leave
        elif len(self) >= self._due:
            self.reap()
            self._due = max(4, 2 * len(self))
        self[thread] = None

    def discard(self, thread: threading.Thread) -> None:
        """Forget `thread`, which never began."""
        self.pop(thread, None)

    def pop_all(self) -> list[threading.Thread]:
        """Forget all threads and return them."""
        threads = list(self)
        self._leaving.clear()
        for thread in threads:
            self.pop(thread, None)
        return threads

    def join(self) -> None:
        """Wait for all threads, but for the calling one."""
        for thread in self.pop_all():
            if thread is not threading.current_thread():
                thread.join()

    def reap(self) -> None:
        """Forget threads that have ended."""
        for thread in list(self):
            if not thread.is_alive():
                self.pop(thread, None)

    def _leave(self, thread: threading.Thread) -> None:
        """`thread` is about to end. Two looks each: those that were still busy ending the last time are caught up."""
        leaving = self._leaving
        leaving.append(thread)
        with suppress(IndexError):  # all threads are being forgotten
            for _ in range(2):
                first = leaving.popleft()
                if first is thread or first.is_alive():
                    leaving.append(first)
                else:
                    self.pop(first, None)


class _NoThreads:
    """Stands for `_Threads` where nobody will wait."""

    def append(self, thread: threading.Thread) -> None:
        """Do not remember."""

    def discard(self, thread: threading.Thread) -> None:
        """Nothing to forget."""

    def join(self) -> None:
        """Do not wait."""


class ThreadingMixIn(_Server):
    """Mix in first: each request gets a thread of its own.

    While clients wait to be accepted and connections are over soon, `serve_forever` waits until a thread has ended
    before it accepts the next; see pace.py. A subclass that overrides `process_request` decides for itself.
    """

    daemon_threads: bool = False
    """Whether the program may end while requests are being served."""
    block_on_close: bool = True
    """Whether `server_close` waits for threads that are no daemons."""
    _threads: _Threads | _NoThreads = _NoThreads()
    _ss_place: Place | None = None
    _ss_serving: int | None = None
    _ss_pace: Pace | None = None

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a request, in its thread."""
        watched = live.find(request) if self._ss_place is not None else None
        if watched is not None:
            return pipeline.work(self, watched)
        try:
            self.finish_request(request, client_address)
        except Exception:
            self.handle_error(request, client_address)
        finally:
            try:
                self.shutdown_request(request)
            except BaseException:
                discard(request)
                raise
            finally:
                if crowd.raised:
                    crowd.shrink()
        return None

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for a request."""
        if len(alive) > crowd.limit:
            crowd.grow()
        if self.block_on_close and "_threads" not in vars(self):
            vars(self).setdefault("_threads", _Threads())
        watched = live.find(request) if self._ss_place is not None else None
        if watched is None:
            thread = self._ss_thread(self.process_request_thread, (request, client_address))
        else:
            thread = self._ss_thread(self._ss_work, (watched,))
            watched.queue()
        if not thread.daemon:
            self._threads.append(thread)
        paced = self._ss_pace
        if paced is not None and paced.pressed and type(thread) is Thread:
            paced.expect(thread)
        try:
            thread.start()
        except BaseException:
            self._threads.discard(thread)
            if paced is not None:
                paced.forget()
            raise

    def _ss_thread(self, target: Callable[..., object], args: tuple[Any, ...]) -> threading.Thread:
        """The loop looks after the threads that it did not wait for; without one, `start` has to wait."""
        if self._ss_serving is None:
            return threading.Thread(target=target, args=args, daemon=bool(self.daemon_threads))
        return Thread(target, args, bool(self.daemon_threads))

    def _ss_make_pace(self) -> Pace | None:
        plain = type(self).process_request is ThreadingMixIn.process_request
        streams = getattr(self, "socket_type", None) == SOCK_STREAM
        return pace() if plain and streams and are_usual() else None

    def _ss_loop_ended(self) -> None:
        """The interpreter, should it end now, knows only of threads that run."""
        for thread in threading.enumerate():
            if isinstance(thread, Thread):
                thread.wait_until_it_runs()
        crowd.shrink()

    def _ss_busy_threads(self) -> list[threading.Thread]:
        own = threading.current_thread()
        return [thread for thread in threading.enumerate() if thread is not own and _serves(thread, self)]

    def _ss_stop_waiting_for_workers(self) -> None:
        if isinstance(self._threads, _Threads):
            self._threads.pop_all()

    def _ss_work(self, watched: Request) -> None:
        plain = type(self).process_request_thread is ThreadingMixIn.process_request_thread
        try:
            if plain and type(watched) is Stream and watched.noted:
                return recorded.work(self, watched)
            return self._ss_work_loudly(watched)
        finally:
            if crowd.raised:
                crowd.shrink()

    _ss_work.__name__ = "process_request_thread"  # a thread is named after what it runs, and people know this name

    def _ss_work_loudly(self, watched: Request) -> None:
        worker = watched.place.new_worker()
        watched.taken(worker)
        try:
            self.process_request_thread(watched.given, watched.address)
        finally:
            watched.close()
            worker.end()

    def server_close(self) -> None:
        """Close the listener and wait for the threads."""
        super().server_close()
        self._threads.join()


def _serves(thread: threading.Thread, server: object) -> bool:
    """Whether a thread is busy with a request of `server`. One that has ended has no target any more."""
    target = getattr(thread, "_target", None)
    name = getattr(target, "__name__", "")
    return name == "process_request_thread" and getattr(target, "__self__", None) is server
