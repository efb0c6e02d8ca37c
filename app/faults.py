"""Faults: keeps each server's in the workspace, orders them, and knows how many are at work."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QObject

from app.kept import Switched
from app.link.link import Link
from app.models.faults import FaultSetting
from app.workspace import Workspace
from engine.debug.kinds import KINDS


class Faults(Switched[FaultSetting]):
    """What is done to the requests of which server. Taken away or switched off, what it delays goes on at once."""

    def __init__(self, link: Link, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__("faults", "fault", link, workspace, parent)

    def enabled(self) -> dict[str, int]:
        """How many are on, by the server's key; whatever the switch for all says."""
        keys = [*(entry.key for entry in self._workspace.entries), *self._loose]
        counts = {key: sum(fault.enabled for fault in self.of(key)) for key in keys}
        return {key: count for key, count in counts.items() if count}

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

    def toggle(self, key: str, number: int) -> None:
        """Switch one fault."""
        for fault in self.of(key):
            if fault.number == number:
                self.put(key, dataclasses.replace(fault, enabled=not fault.enabled))
