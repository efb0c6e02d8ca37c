"""Saves a copy of a capture in a thread of its own: a large one takes seconds."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from engine.capture.reader import BadCapture
from engine.capture.saving import save_copy


class Saving(QThread):
    """One copy. It ends with `saved` or `failed`, in the thread of its owner."""

    saved = Signal(Path, int)
    """Where, and how many bytes."""
    failed = Signal(str)

    def __init__(self, source: Path, target: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self._target = target
        self.finished.connect(self.deleteLater)

    # Qt's overrides

    def run(self) -> None:
        try:
            self.saved.emit(self._target, save_copy(self._source, self._target))
        except (BadCapture, OSError) as error:
            self.failed.emit(str(error))
