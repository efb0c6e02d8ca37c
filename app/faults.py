"""Faults: keeps each server's in the workspace, orders them, and knows how many are at work."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.link.link import Link
from app.link.tick import Trouble
from app.models.faults import FaultSetting
from app.workspace import Workspace
from engine.debug.kinds import KINDS


class Faults(QObject):
    """What is done to the requests of which server."""

    changed = Signal()
    """The faults of some server, the switch for all, or an error."""
    refused = Signal(str)
    """Why faults were not taken."""

    def __init__(self, link: Link, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._workspace = workspace
        self._loose: dict[str, tuple[FaultSetting, ...]] = {}
        """Of servers that a script made: they are in no workspace."""
        self._told: dict[str, tuple[FaultSetting, ...]] = {}
        self._errors: dict[str, dict[int, str]] = {}
        self.on = True
        link.ticked.connect(self._tell)
        link.respawned.connect(self._on_respawned)

    def of(self, key: str) -> tuple[FaultSetting, ...]:
        """The faults of a server."""
        entry = self._workspace.entry(key)
        return entry.faults if entry is not None else self._loose.get(key, ())

    def errors(self, key: str) -> Mapping[int, str]:
        """What the supervisor says is wrong with a server's faults, by their numbers."""
        return self._errors.get(key, {})

    def enabled(self) -> dict[str, int]:
        """How many are on, by the server's key; whatever the switch for all says."""
        keys = [*(entry.key for entry in self._workspace.entries), *self._loose]
        counts = {key: sum(fault.enabled for fault in self.of(key)) for key in keys}
        return {key: count for key, count in counts.items() if count}

    def next_number(self, key: str) -> int:
        """A number that no fault of this server has."""
        return 1 + max((fault.number for fault in self.of(key)), default=0)

    def transport(self, key: str) -> str:
        """tcp, udp, unix or unixgram; "" where nobody knows yet."""
        status, entry = self._link.tick.server(key), self._workspace.entry(key)
        if status is not None and status.transport:
            return status.transport
        return entry.profile.family if entry is not None and entry.profile.kind == "server" else ""

    def add(self, key: str) -> None:
        """A fault of the first kind that suits, to be changed."""
        kind = next(kind for kind in KINDS if kind.suits(self.transport(key)))
        self.put(key, FaultSetting(self.next_number(key), kind.word, kind.defaults()))

    def put(self, key: str, fault: FaultSetting) -> None:
        """Add a fault, or change the one with its number."""
        faults = {one.number: one for one in self.of(key)} | {fault.number: fault}
        self._keep(key, tuple(faults.values()))

    def remove(self, key: str, number: int) -> None:
        """Take a fault away; what it delays goes on at once."""
        self._keep(key, tuple(fault for fault in self.of(key) if fault.number != number))

    def toggle(self, key: str, number: int) -> None:
        """Switch one fault."""
        for fault in self.of(key):
            if fault.number == number:
                self.put(key, dataclasses.replace(fault, enabled=not fault.enabled))

    def switch(self, on: bool) -> None:
        """Let those that are on act, or none at all."""
        self.on = on
        self._link.order("faults_on", on=on)
        self.changed.emit()

    def _keep(self, key: str, faults: tuple[FaultSetting, ...]) -> None:
        if self._workspace.entry(key) is not None:
            self._workspace.set_faults(key, faults)
        else:
            self._loose[key] = faults
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        """Order the faults of every server that the supervisor knows and has not been told of."""
        known = {server.key for server in self._link.tick.servers}
        self._told = {key: faults for key, faults in self._told.items() if key in known}
        for key in known:
            faults = self.of(key)
            if faults != self._told.get(key, ()):
                self._told[key] = faults
                self._order(key, faults)

    def _order(self, key: str, faults: tuple[FaultSetting, ...]) -> None:
        def taken(_reply: Mapping[str, Any]) -> None:
            if self._errors.pop(key, None):
                self.changed.emit()

        def refused(trouble: Trouble) -> None:
            number = trouble.extras.get("fault")
            self._errors[key] = {number: trouble.sentence} if isinstance(number, int) else {}
            self.refused.emit(trouble.sentence)
            self.changed.emit()

        self._link.order("faults", taken, refused, key=key, faults=[fault.to_json() for fault in faults])

    def _on_respawned(self) -> None:
        """Another supervisor knows no faults."""
        self._told.clear()
        if not self.on:
            self._link.order("faults_on", on=False)
