"""A line for a gate's condition: completes the filter language's words, and says at which sign it cannot be read."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit

from app.text import safe_text, set_role, set_tip, tip, tr
from engine.capture.filters import FilterError
from engine.hosting.gating import GATE_WORDS, read_condition


class ConditionEdit(QLineEdit):
    """Empty: every request matches."""

    def __init__(self, explanation: str = "") -> None:
        """`explanation` takes the place of that of breakpoints; `{}` in it stands for the words."""
        super().__init__()
        self.setAccessibleName(tr("Condition"))
        self.setPlaceholderText(tr("any request"))
        self.setMaxLength(2000)
        set_role(self, "mono")
        words = " ".join(word.word for word in GATE_WORDS)
        set_tip(self, (explanation or tr("Hold only requests that match. Words: {}")).format(words))
        self._offers = QStandardItemModel(self)
        self._completer = QCompleter(self._offers, self)
        self._completer.setWidget(self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.activated.connect(self._complete)
        self.textEdited.connect(self._offer)

    def problem(self) -> str:
        """Why the condition cannot be read, and where; "" when it can."""
        try:
            read_condition(self.text())
        except FilterError as error:
            return tr("At sign {n}: {sentence}").format(n=error.position + 1, sentence=safe_text(error.message, 300))
        return ""

    def _typed(self) -> str:
        return self.text()[: self.cursorPosition()].rpartition(" ")[2]

    def _offer(self) -> None:
        sign = "-" if self._typed().startswith("-") else ""
        typed = self._typed().removeprefix("-").lower()
        self._offers.clear()
        for word in GATE_WORDS if typed else ():
            if word.word.startswith(typed) and word.word != typed:
                item = QStandardItem(sign + word.word)
                item.setData(tip(word.explanation), Qt.ItemDataRole.ToolTipRole)
                self._offers.appendRow(item)
        if self._offers.rowCount():
            self._completer.complete()
        elif (popup := self._completer.popup()) is not None:
            popup.hide()

    def _complete(self, word: str) -> None:
        before, after = self.text()[: self.cursorPosition()], self.text()[self.cursorPosition() :]
        kept = before[: len(before) - len(self._typed())]
        self.setText(f"{kept}{word}{after}")
        self.setCursorPosition(len(kept) + len(word))
