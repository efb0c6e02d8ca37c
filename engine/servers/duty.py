"""A pre-forked worker's own life: it waits for a client, serves it, waits for the next, until it is sent home."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from ..observe import live, newborn
from ..observe.request import Worker, now
from . import loops
from .board import Board

if TYPE_CHECKING:
    from .prefork import PreforkMixIn

_GET_PDEATHSIG, _SET_PDEATHSIG = 2, 1


class Duty:
    """What one worker does, in its own process. When `home` is readable, it ends: the bell rang, or the parent died."""

    def __init__(
        self, server: PreforkMixIn, board: Board, place: int, home: int, parent: int, told: Worker | None
    ) -> None:
        self._server = server
        self._board = board
        self._place = place
        self._home = home
        self._parent = parent
        self._told = told
        self._busy = False
        self._leaving = False

    def work(self) -> NoReturn:
        """Serve; then end this process, whatever happens."""
        status = 1
        try:
            self._settle()
            newborn.begin()
            if self._server._ss_limiter is not None:
                self._server._ss_limiter.enter_child()
            self._serve()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            self._leave(status & 0xFF)

    def _leave(self, status: int) -> NoReturn:
        try:
            place = self._server._ss_place
            if place is not None:
                place.leave_child()
            for stream in (sys.stdout, sys.stderr):
                with suppress(AttributeError, OSError, ValueError):
                    stream.flush()
        finally:
            os._exit(status)

    # -- becoming a worker ---------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Take over what was the parent's, and let go of what is its own."""
        server = self._server
        self._inherited = server._ss_loops  # closing its wakers might wait for a lock that no thread here holds
        loop = loops.Loop()
        server._ss_loops = [loop]
        server._ss_waker, server._ss_serving = loop.waker, loop.ident
        live.requests.clear()
        server._ss_open.clear()
        if server._ss_child_selector is not None:
            server._ss_child_selector.abandon()
        if self._told is not None:
            self._told.place.enter_worker(self._told)
        self._mind_signals()
        if sys.platform == "linux":
            _end_with_parent()
        self._leaving = os.getppid() != self._parent

    def _mind_signals(self) -> None:
        """SIGTERM sends it home. Ctrl-C at a terminal reaches all of its processes: the parent sees to it."""
        if threading.current_thread() is not threading.main_thread():
            return
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, self._on_terminate)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _on_terminate(self, number: int, frame: FrameType | None) -> None:
        if not self._busy:
            raise SystemExit(0)
        self._leaving = True
        if os.getppid() != self._parent and self._server.stop_timeout is not None:  # nobody is left who would kill it
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, self._server.stop_timeout)

    # -- serving -------------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        server, home = self._server, self._home
        waker = server._ss_loops[0].waker.fileno()
        poll = self._poll(server.fileno(), home, waker)
        served, most = 0, server.max_requests
        while not self._leaving:
            ready = poll.poll()
            if len(ready) > 1 or ready[0][0] in (home, waker):
                if any(descriptor == home for descriptor, _ in ready) or self._has_to_stop():
                    return
                self._do(loops.run_errands)
                continue
            server._ss_lost_race = False
            self._do(_handle)
            if server._ss_stopping and self._has_to_stop():
                return
            if not server._ss_lost_race:
                served += 1
                if served == most:
                    return

    def _poll(self, *descriptors: int) -> select.poll:
        poll = select.poll()
        for descriptor in descriptors:
            poll.register(descriptor, select.POLLIN)
        return poll

    def _do(self, work: Callable[[Any], object]) -> None:
        """One request, or what others want done; what user code lets through is dealt with as in any other loop."""
        self._busy = True
        self._board.begin(self._place, now())
        try:
            work(self._server)
        except Exception as error:
            loops.survive(self._server, self._server._ss_loops[0], error)
        self._board.end(self._place)
        self._busy = False

    def _has_to_stop(self) -> bool:
        """Whether a handler has called `shutdown`, which means the whole server."""
        if self._server._ss_stopping:
            self._board.ask_to_stop()
        self._server._ss_loops[0].waker.hush()
        return self._server._ss_stopping


def _handle(server: Any) -> None:
    server._handle_request_noblock()


def _end_with_parent() -> None:
    """Have the kernel send SIGTERM when the parent's serving thread is gone, unless something is to be sent already.

    A worker that waits for a client hears of its parent's end from `home`; this is for one that is in a handler.
    """
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        call: Any = ctypes.CDLL(None, use_errno=True).prctl
        present = ctypes.c_int(0)
        call(_GET_PDEATHSIG, ctypes.byref(present), 0, 0, 0)
        if not present.value:
            call(_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
