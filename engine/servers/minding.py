"""What a pool's serving loop does while the workers work."""

from __future__ import annotations

import selectors
import time
from typing import TYPE_CHECKING, Any

from ..observe.stages import Stage
from . import loops, pipeline
from .leading import workers_accept
from .watchdog import TICK, Watchdog

if TYPE_CHECKING:
    from .loops import Loop
    from .pool import ThreadPoolMixIn

_RECHECK = 0.5
"""Seconds between two looks whether a server that may not accept now may again, should nobody tell."""


class Minding:
    """The watchdog, `service_actions`, and accepting where the workers cannot."""

    def __init__(
        self, server: ThreadPoolMixIn, loop: Loop, selector: selectors.BaseSelector, poll_interval: float
    ) -> None:
        """`selector` knows the listener and the loop's waker."""
        self._server = server
        self._crew = server._ss_crew
        self._loop = loop
        self._selector = selector
        self._interval = poll_interval if server._ss_is_active() else None
        self._due = time.monotonic()
        self._watchdog = Watchdog(self._crew)
        self._ears: Any = None
        selector.register(self._crew.bell, selectors.EVENT_READ)
        if self._crew.leading:
            self._listen_for_calls()

    def _listen_for_calls(self) -> None:
        """Where there is a watchdog it listens by itself: that takes a fraction of what the selector takes."""
        import select

        self._ears = select.poll()
        self._ears.register(self._loop.waker, select.POLLIN)
        self._ears.register(self._crew.bell, select.POLLIN)

    def run(self) -> None:
        """Go on until the server is to stop."""
        while not self._server._ss_stopping:
            try:
                self._turn()
            except loops.BlindError as blind:
                raise blind.error from None
            except Exception as error:
                if error is self._crew.failure:
                    raise
                loops.survive(self._server, self._loop, error)
        loops.run_errands(self._server)

    def _turn(self) -> None:
        self._share_lead()
        if self._crew.asleep or self._crew.loop_leads:
            self._wait()
        else:
            self._watch()
        if self._crew.failure is not None:
            raise self._crew.failure
        if self._interval is not None and time.monotonic() >= self._due:
            self._serve_actions()

    def _watch(self) -> None:
        """Let the watchdog look, until somebody calls or there is something else to do."""
        crew, tick, poll = self._crew, self._watchdog.tick, self._ears.poll
        while not poll(TICK):
            tick()
            if crew.asleep or not crew.candidates or (self._interval is not None and time.monotonic() >= self._due):
                return
        self._hear()

    def _wait(self) -> None:
        """Until somebody calls, or comes and the loop has to accept, or something is due."""
        patience = None if self._interval is None else max(0.0, self._due - time.monotonic())
        if not self._server._ss_may_accept():
            patience = _RECHECK if patience is None else min(patience, _RECHECK)
        try:
            ready = [key.fileobj for key, _ in self._selector.select(patience)]
        except Exception as error:
            raise loops.BlindError(error) from error
        self._hear()
        if self._server in ready and not self._server._ss_stopping:
            self._server._handle_request_noblock()

    def _hear(self) -> None:
        self._crew.bell.clear()
        if self._loop.nudged:
            self._loop.nudged = False
            self._loop.waker.hush()
            loops.run_errands(self._server)

    def _share_lead(self) -> None:
        """Who accepts: the workers if they may and can, else the loop if there is room, else nobody."""
        server, crew = self._server, self._crew
        may = server._ss_may_accept()
        workers = may and crew.leading and bool(crew.candidates or crew.promote()) and workers_accept(server)
        if workers and crew.loop_leads:
            crew.give_lead()
        elif not workers and not crew.loop_leads:
            crew.take_lead()
        accepting = may and crew.loop_leads and (server.overflow != "wait" or not crew.is_full())
        if accepting and not self._loop.listening:
            self._selector.register(server, selectors.EVENT_READ)
        elif self._loop.listening and not accepting:
            self._selector.unregister(server)
        self._loop.listening = accepting

    def _serve_actions(self) -> None:
        server = self._server
        if server._ss_place is None:
            server.service_actions()
        else:
            pipeline.beside(server._ss_place, Stage.SERVICE_ACTIONS, server.service_actions)
        self._due = time.monotonic() + (self._interval or 0)
