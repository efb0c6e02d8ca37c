"""Where held requests wait in this process, and the list of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ..observe.causes import peer_gone
from .pauses import UNDECIDED, Decision, Pause


class WaitingRoom:
    """Holds requests until somebody decides. `tell` hears of each pause, and of its end, and must not block.

    In a forked child nobody hears orders: `elsewhere` then waits in its way for the decision, if there is one.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self._tell = tell
        self._pid = os.getpid()
        self._pauses: dict[str, Pause] = {}
        self._closed = False
        self.elsewhere: Callable[[Pause], Decision] | None = None

    @property
    def pauses(self) -> list[Pause]:
        """Everything that waits in this process."""
        return list(self._pauses.values())

    def hold(self, pause: Pause) -> Decision:
        """Wait for the decision, at most as long as the gate's patience lasts."""
        if os.getpid() != self._pid:
            return self.elsewhere(pause) if self.elsewhere is not None else UNDECIDED
        self.enter(pause)
        pause.decided.wait(pause.patience)
        self.leave(pause)
        return pause.decision

    def enter(self, pause: Pause) -> None:
        """A request waits from now on; if no thread does, its `then` is called when it is over."""
        self._pauses[pause.number] = pause
        self._tell({"event": "paused", **pause.to_json()})
        if self._closed:
            pause.decide(UNDECIDED)

    def leave(self, pause: Pause) -> None:
        """It goes on."""
        if self._pauses.pop(pause.number, None) is not None:
            self._tell({"event": "released", "number": pause.number, "deed": pause.decision.deed})

    def decide(self, number: str, decision: Decision) -> bool:
        """Let one go on. False: it does not wait here."""
        pause = self._pauses.get(number)
        if pause is not None:
            pause.decide(decision)
        return pause is not None

    def release(self) -> None:
        """Let all go on as they are, and hold nobody from now on: the server is to stop."""
        self._closed = True
        self.release_all()

    def release_all(self) -> None:
        """Let all go on as they are."""
        for pause in self.pauses:
            pause.decide(UNDECIDED)

    def gone(self) -> list[str]:
        """Numbers of the pauses whose peer has left meanwhile."""
        return [pause.number for pause in self.pauses if peer_gone(pause.request.given)]

    def look(self) -> None:
        """Tell again of those for which more bytes have arrived."""
        for pause in self.pauses:
            if pause.grown():
                self._tell({"event": "paused", **pause.to_json()})

    def let_patience_end(self, at: int) -> None:
        """Those without a thread have nobody who counts their time: let go whose patience has ended by `at`, ns."""
        for pause in self.pauses:
            patience = pause.patience
            if pause.then is not None and patience is not None and at - pause.since > patience * 1e9:
                pause.decide(UNDECIDED)
