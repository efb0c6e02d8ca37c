"""The field for what shall be sent: it takes only as much as it can handle, and says so when somebody brings more."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtWidgets import QPlainTextEdit

from app.text import size, tr


class PayloadEdit(QPlainTextEdit):
    """A plain text field with a limit. Text that would go beyond it is not inserted at all: half of it were wrong."""

    refused = Signal()

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    # Qt's overrides

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802
        cursor = self.textCursor()
        length = self.document().characterCount() - 1  # it counts the end, too
        room = self._most - length + cursor.selectionEnd() - cursor.selectionStart()
        if len(source.text()) > room:
            self.refused.emit()
        else:
            super().insertFromMimeData(source)


def too_long(most: int) -> str:
    """Why a text was not taken."""
    return tr("That is too long: the field takes {n} of text. Nothing was inserted.").format(n=size(most))
