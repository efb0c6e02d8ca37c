"""Worker lanes: who served what in the last seconds, with short-lived threads packed into few lanes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from engine.capture.reader import CaptureReader
from engine.capture.records import StageRecord

WINDOW = 10_000_000_000
"""Ten seconds, in ns."""


@dataclass(frozen=True, slots=True)
class Block:
    """One request in a lane."""

    request: int
    started: int
    ended: int | None
    """None: it is still served."""
    stages: tuple[StageRecord, ...]
    failed: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """One row: a place that workers take one after the other, or one process. Oldest block first."""

    label: str
    """T-3, pid 4711, MainThread."""
    blocks: tuple[Block, ...]
    cpu: float | None = None
    """Share of one core, None unknown."""
    exited: int | None = None
    """When the process ended, monotonic."""
    status: int | None = None
    """Its exit code, or minus the signal's number."""


class LanesModel(QObject):
    """The lanes of one server, or of all, as of the last refresh."""

    changed = Signal()

    def __init__(self, reader: CaptureReader | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lanes: tuple[Lane, ...] = ()
        self.now = 0

    def set_reader(self, reader: CaptureReader | None) -> None:
        """Show another capture."""

    def set_server(self, server: int | None) -> None:
        """Show one run of a server (its capture id); None: all."""

    def refresh(self, now: int) -> None:
        """Read the last ten seconds before `now`."""
