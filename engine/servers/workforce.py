"""The workers of a pre-forking server as their parent sees them: started, minded, replaced, and sent home."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING

from ..observe import acting
from ..observe.logs import Log
from ..observe.request import Worker, now
from .board import Board
from .children import Ended, await_one, collect, warn_of_threads
from .duty import Duty

if TYPE_CHECKING:
    from .prefork import PreforkMixIn

YOUNG = 1.0
"""A worker that fails at this age or younger, in seconds, may be one of many to come: the next has to wait."""
BACK_OFF = 0.05, 5.0
"""How long it waits: first, and at most; seconds."""
WAKE_EVERY = 0.25
"""How often, at least, a parent looks for workers that are stuck, as a share of the time that they may take."""

log = Log("socketscope.servers")


class Post:
    """Where one worker at a time works."""

    __slots__ = ("born", "due", "pid", "told")

    def __init__(self) -> None:
        self.pid = 0
        """0: the post is vacant."""
        self.born = 0.0
        self.due = 0.0
        """When the next worker may be forked."""
        self.told: Worker | None = None


class Workforce:
    """All posts of one `serve_forever`. Only the thread that runs it may call, but for `renew`."""

    def __init__(self, server: PreforkMixIn) -> None:
        self._server = server
        self._posts = [Post() for _ in range(server._ss_worker_count())]
        self._board = Board(len(self._posts))
        self._failures = 0
        """Young workers that failed, one after the other."""
        self._home, self._bell = os.pipe()
        self._rung = False
        acting.renewable.add(self)

    @property
    def pids(self) -> Collection[int]:
        """The workers that have not been collected."""
        return [post.pid for post in self._posts if post.pid]

    def mind(self) -> None:
        """Fill vacant posts, and end workers that are stuck."""
        if not self._server._ss_may_accept():
            self.renew()
            return
        if self._rung:
            self._hang_new_bell()
        clock = time.monotonic()
        for place, post in enumerate(self._posts):
            if not post.pid and post.due <= clock:
                self._fork(place, post)
        self._end_stuck()

    def patience(self, timeout: float | None) -> float | None:
        """How long the loop may sleep, seconds."""
        clock, waits = time.monotonic(), [] if timeout is None else [timeout]
        if self._server._ss_may_accept():
            waits += [max(0.0, post.due - clock) for post in self._posts if not post.pid]
        if self._server.worker_timeout is not None:
            waits.append(self._server.worker_timeout * WAKE_EVERY)
        return min(waits, default=None)

    def renew(self) -> None:
        """Every worker finishes what it serves, and ends. Any thread may call this."""
        if not self._rung:
            self._rung = True
            with suppress(OSError):  # closed: all have ended
                os.write(self._bell, b"\0")

    def collect(self, pid: int, flags: int) -> None:
        """Take leave of a worker if it has ended, and see to what it leaves behind."""
        ended = collect(pid, flags)
        place = next((place for place, post in enumerate(self._posts) if post.pid == pid), None)
        if ended is None or place is None:
            return
        post = self._posts[place]
        post.pid, worker, post.told = 0, post.told, None
        orderly = ended.status == 0 and not self._board.busy_since(place)
        self._board.end(place)
        if worker is not None:
            worker.cpu_total, worker.peak_memory = ended.cpu, ended.peak_memory
            worker.place.worker_collected(worker, ended.status)
        if self._board.stop_asked():
            self._server._ss_request_stop()
        if orderly:
            post.due, self._failures = 0.0, 0
        else:
            self._failed(pid, ended, post)

    def _failed(self, pid: int, ended: Ended, post: Post) -> None:
        clock = time.monotonic()
        self._failures = self._failures + 1 if clock - post.born <= YOUNG else 0
        wait = self._back_off()
        post.due = clock + wait
        later = f"; another takes its place{f' in {wait:g} s' if wait else ''}"
        log.warning("Worker %d %s%s.", pid, _words(ended.status), "" if self._server._ss_stopping else later)

    def _back_off(self) -> float:
        return min(BACK_OFF[0] * 2.0 ** min(self._failures - 1, 30), BACK_OFF[1]) if self._failures else 0.0

    # -- forking -------------------------------------------------------------------------------------------------------

    def _fork(self, place: int, post: Post) -> None:
        warn_of_threads()
        _flush()
        parent, told = os.getpid(), self._server._ss_place
        post.told = told.fork_worker() if told is not None else None
        try:
            pid = os.fork()
        except OSError as error:
            self._not_forked(post, error)
            return
        if not pid:
            os.close(self._bell)
            Duty(self._server, self._board, place, self._home, parent, post.told).work()
        post.pid, post.born = pid, time.monotonic()
        if post.told is not None:
            post.told.place.worker_forked(post.told, pid)

    def _not_forked(self, post: Post, error: OSError) -> None:
        if post.told is not None:
            post.told.place.worker_collected(post.told, -1)
        self._failures += 1
        post.due = time.monotonic() + self._back_off()
        log.warning("Cannot fork a worker: %s; trying again in %g s.", error.strerror, self._back_off())

    def _hang_new_bell(self) -> None:
        """Those who have heard the old one may still be at work; who is forked from now on must not hear it."""
        for descriptor in (self._home, self._bell):
            os.close(descriptor)
        self._home, self._bell = os.pipe()
        self._rung = False

    # -- ending --------------------------------------------------------------------------------------------------------

    def _end_stuck(self) -> None:
        limit = self._server.worker_timeout
        if limit is None:
            return
        for place, post in enumerate(self._posts):
            since = self._board.busy_since(place)
            if post.pid and since and now() - since > limit * 1e9:
                log.warning("Worker %d has been at one request for more than %g s: it is killed.", post.pid, limit)
                os.kill(post.pid, signal.SIGKILL)
                self.collect(post.pid, 0)

    def close(self) -> None:
        """Let all workers finish, in the server's `stop_timeout`; then kill what is left. Collects all."""
        self.renew()
        patience = self._server.stop_timeout
        deadline = None if patience is None else time.monotonic() + patience
        try:
            while self.pids and (deadline is None or time.monotonic() < deadline):
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                for pid in await_one(self.pids, timeout=left):
                    self.collect(pid, os.WNOHANG)
        finally:
            self._kill_all()
            for descriptor in (self._home, self._bell):
                os.close(descriptor)

    def _kill_all(self) -> None:
        for pid in self.pids:
            log.warning("Worker %d has not finished in time: it is killed.", pid)
            os.kill(pid, signal.SIGKILL)
        for pid in self.pids:
            self.collect(pid, 0)


def _words(status: int) -> str:
    """How a worker ended, for the log."""
    if status < 0:
        return "has ended, nobody knows how"
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"has exited with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


def _flush() -> None:
    """What is still to be printed must not be printed by each worker as well."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
