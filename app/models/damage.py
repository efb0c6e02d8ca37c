"""A capture that is damaged while it is shown: told once, and never raised into Qt's slots."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from PySide6.QtCore import QObject, Signal

from engine.capture.reader import BadCapture


class Damage(QObject):
    """Each model that reads has one."""

    found = Signal(str)
    """A sentence; the same one is not told again until `forget`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._told = ""

    def noticed(self) -> Self:
        """`with damage.noticed():` around any reading; what damage left undone stays as it was."""
        return self

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if not isinstance(error, BadCapture):
            return False
        if str(error) != self._told:
            self._told = str(error)
            self.found.emit(self._told)
        return True

    def forget(self) -> None:
        """There is another capture."""
        self._told = ""
