"""ThreadingMixIn: a thread a request."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ..observe import live
from ..observe.place import Place
from ..observe.request import Request
from . import pipeline

if TYPE_CHECKING:
    from .base import BaseServer as _Server
else:
    _Server = object  # a mix-in: its `super()` is the server that it is mixed into


class _Threads(list[threading.Thread]):
    """Threads to wait for. The dead ones are dropped whenever the list has doubled, so that each costs its share."""

    _due = 4

    def append(self, thread: threading.Thread) -> None:
        """Remember `thread`, unless it is a daemon."""
        if thread.daemon:
            return
        if len(self) >= self._due:
            self.reap()
            self._due = max(4, 2 * len(self))
        super().append(thread)

    def discard(self, thread: threading.Thread) -> None:
        """Forget `thread`, which never began."""
        if thread in self:
            self.remove(thread)

    def pop_all(self) -> list[threading.Thread]:
        """Forget all threads and return them."""
        self[:], threads = [], self[:]
        return threads

    def join(self) -> None:
        """Wait for all threads."""
        for thread in self.pop_all():
            thread.join()

    def reap(self) -> None:
        """Forget threads that have ended."""
        self[:] = [thread for thread in self if thread.is_alive()]


class _NoThreads:
    """Stands for `_Threads` where nobody will wait."""

    def append(self, thread: threading.Thread) -> None:
        """Do not remember."""

    def discard(self, thread: threading.Thread) -> None:
        """Nothing to forget."""

    def join(self) -> None:
        """Do not wait."""


class ThreadingMixIn(_Server):
    """Mix in first: each request gets a thread of its own."""

    daemon_threads: bool = False
    """Whether the program may end while requests are being served."""
    block_on_close: bool = True
    """Whether `server_close` waits for threads that are no daemons."""
    _threads: _Threads | _NoThreads = _NoThreads()
    _place: Place | None = None

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a request, in its thread."""
        watched = live.find(request) if self._place is not None else None
        if watched is not None:
            return pipeline.work(self, watched)
        try:
            self.finish_request(request, client_address)
        except Exception:
            self.handle_error(request, client_address)
        finally:
            self.shutdown_request(request)
        return None

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for a request."""
        if self.block_on_close:
            vars(self).setdefault("_threads", _Threads())
        watched = live.find(request) if self._place is not None else None
        if watched is None:
            thread = threading.Thread(target=self.process_request_thread, args=(request, client_address))
        else:
            thread = threading.Thread(target=self._work, args=(watched,))
            watched.queue()
        thread.daemon = self.daemon_threads
        self._threads.append(thread)
        try:
            thread.start()
        except BaseException:
            self._threads.discard(thread)
            raise

    def _work(self, watched: Request) -> None:
        worker = watched.place.new_worker()
        watched.taken(worker)
        try:
            if type(self).process_request_thread is ThreadingMixIn.process_request_thread:
                pipeline.work(self, watched)
            else:
                self.process_request_thread(watched.given, watched.address)
        finally:
            watched.close()
            worker.end()

    _work.__name__ = "process_request_thread"  # a thread is named after what it runs, and people know this name

    def server_close(self) -> None:
        """Close the listener and wait for the threads."""
        super().server_close()
        self._threads.join()
