"""Clearing the capture, with a while to change one's mind: until then the requests are hidden, not deleted."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.link.link import Link

GRACE = 15_000
"""ms in which a clearing can be taken back."""


class Clearing(QObject):
    """`floor` is the number up to which requests are hidden, and `hidden` how many these are; 0: none."""

    changed = Signal()

    def __init__(self, link: Link, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self.floor = self.hidden = 0
        self._grace = QTimer(self, singleShot=True, interval=GRACE)
        self._grace.timeout.connect(self.carry_out)
        link.respawned.connect(self._start_over)

    @property
    def filter(self) -> str:
        """What hides them, in the filter's language."""
        return f"id:{self.floor + 1}-" if self.floor else ""

    def clear(self) -> int:
        """Hide every request that there is; returns how many. What was hidden before is deleted now."""
        self.carry_out()
        reader = self._link.reader
        count = reader.totals().requests
        self._hide(reader.last_id, count)
        if self.floor:
            self._grace.start()
        return count

    def undo(self) -> None:
        """Show them again."""
        self._hide(0, 0)

    def carry_out(self) -> None:
        """Delete what is hidden."""
        floor = self.floor
        if not floor:
            return
        self._grace.stop()
        # Hidden until they are gone: they would else come up once more.
        self._link.clear(floor + 1, lambda _reply: self._forget(floor))

    def _forget(self, floor: int) -> None:
        if self.floor == floor:
            self._hide(0, 0)

    def _start_over(self) -> None:
        """Another capture; who shows it asks anew."""
        self._grace.stop()
        self.floor = self.hidden = 0

    def _hide(self, floor: int, count: int) -> None:
        self._grace.stop()
        self.floor, self.hidden = floor, count
        self.changed.emit()
