"""The waterfall: one row a stage of one request, as bars over time, solid on a CPU and pale while waiting."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from engine.capture.records import RequestRecord
from engine.observe.stages import Stage


class Waterfall(QWidget):
    """All stages of a request. Arrow keys move, the mouse tells values."""

    stage_chosen = Signal(object)
    """Stage | None"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_request(self, request: RequestRecord | None, now: int = 0, failed: Stage | None = None) -> None:
        """Show a request; `now` ends the bars of what still runs, `failed` is the stage that raised."""

    def select_stage(self, stage: Stage | None) -> None:
        """Highlight a stage's row; emits nothing."""
