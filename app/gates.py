"""Gates and what they hold: keeps each server's gates in the workspace, orders them, and carries decisions out."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.kept import Switched
from app.link.link import Link
from app.link.tick import PausedRequest, ServerState, Tick
from app.models.gates import GateSetting
from app.models.selection import Selection
from app.workspace import Workspace
from engine.debug.gates import BEFORE

NEEDS_BYTES = "answer"
"""The decision that sends what stands in the editor to the peer."""
EDITABLE = frozenset({"continue", "step", "answer"})


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """What a person made of the bytes at stake; `problem` is a sentence while it cannot be read."""

    data: bytes = b""
    problem: str = ""
    over: int | None = None
    """Instead of so many bytes; those that arrived later follow."""


class Gates(Switched[GateSetting]):
    """Where requests are held, which one is looked at, and what a person wants to become of it."""

    paused_changed = Signal()
    """Something has been paused or goes on."""
    chosen_changed = Signal()
    gone = Signal(PausedRequest)
    """One is held no longer, though no person has let it go: its time was over, or its worker has died."""

    def __init__(self, link: Link, workspace: Workspace, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__("gates", "gate", link, workspace, parent)
        self._selection = selection
        self._drafts: dict[str, Draft] = {}
        self._held: dict[str, PausedRequest] = {}
        self._decided: set[str] = set()
        self._chosen = ""

    # Gates

    def at(self, key: str, point: str) -> GateSetting | None:
        """The gate before this stage that holds every request."""
        plain = (gate for gate in self.of(key) if gate.point == point and gate.when == BEFORE and not gate.condition)
        return next(plain, None)

    def toggle(self, key: str, point: str) -> None:
        """Set a gate before a stage, or take it away."""
        found = self.at(key, point)
        if found is not None:
            self.remove(key, found.number)
        else:
            self.put(key, GateSetting(self.next_number(key), point))

    def switch(self, on: bool) -> None:
        """Let all gates hold, or none; none also lets everything go that is held."""
        if not on:
            self._decided |= set(self._held)
        super().switch(on)

    # What is held

    @property
    def paused(self) -> tuple[PausedRequest, ...]:
        """What waits, by the latest tick."""
        tick: Tick = self._link.tick
        return tick.paused

    @property
    def chosen(self) -> PausedRequest | None:
        """What decisions are about: what was chosen in the list, else the selected request, else who waits longest."""
        paused = self.paused
        chosen = next((one for one in paused if one.number == self._chosen), None)
        selected = self._selection.request
        of_request = next((one for one in paused if selected is not None and one.id == selected), None)
        return chosen or of_request or min(paused, key=lambda one: one.since, default=None)

    def choose(self, number: str) -> None:
        """Look at a held request."""
        if number != self._chosen:
            self._chosen = number
            self.chosen_changed.emit()

    def draft(self, number: str) -> Draft | None:
        """What was made of the bytes at stake; None: nothing."""
        return self._drafts.get(number)

    def keep_draft(self, number: str, draft: Draft | None) -> None:
        """Remember what a person typed, until the request goes on."""
        self._drafts.pop(number, None)
        if draft is not None:
            self._drafts[number] = draft

    def decide(self, deed: str) -> None:
        """Let the chosen request go on, or end it. Bytes that cannot be read are told of, and nothing is lost."""
        paused = self.chosen
        if paused is None:
            return
        draft = self._drafts.get(paused.number) if deed in EDITABLE else None
        if draft is not None and draft.problem:
            self.refused.emit(draft.problem)
            return
        data = draft.data if draft is not None else paused.data if deed == NEEDS_BYTES else None
        members: dict[str, Any] = {} if data is None else {"data": base64.b64encode(data).decode()}
        if draft is not None and draft.over is not None:
            members["over"] = draft.over
        self._decided.add(paused.number)
        self._link.order("decide", None, self._on_refused, number=paused.number, deed=deed, **members)

    def halt(self, request: int) -> None:
        """Hold a live request at the next point that it comes to."""
        self._link.order("halt", None, self._on_refused, request=request)

    def release(self) -> None:
        """Let everything go on as it is."""
        self._decided |= set(self._held)
        self._link.order("release", None, self._on_refused)

    def _on_tick(self, tick: Tick) -> None:
        super()._on_tick(tick)
        before, self._held = self._held, {one.number: one for one in tick.paused}
        if before.keys() == self._held.keys():
            return
        left = [one for number, one in before.items() if number not in self._held]
        unasked = [one for one in left if one.number not in self._decided and not self._is_stopping(one.key)]
        self._decided &= self._held.keys()
        for one in unasked:
            self.gone.emit(one)
        self._drafts = {number: draft for number, draft in self._drafts.items() if number in self._held}
        self.paused_changed.emit()

    def _is_stopping(self, key: str) -> bool:
        """Stopping lets everything go, as who stopped it knows."""
        server = self._link.tick.server(key)
        return server is None or not server.state.up or server.state is ServerState.DRAINING
