"""Worker lanes of the last ten seconds: one painted picture, a block for each request."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.models.workers import LanesModel


class LanesView(QAbstractScrollArea):
    """Paints a LanesModel. A click on a block, or Enter, chooses its request."""

    request_chosen = Signal(object)
    """int"""

    def __init__(self, model: LanesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def select_request(self, request: int | None) -> None:
        """Outline a request's block; emits nothing."""

    def set_empty_text(self, sentence: str) -> None:
        """What to say when there is no lane."""
