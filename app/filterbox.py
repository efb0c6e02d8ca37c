"""The filter box: says at once whether its text can be read, completes words, and filters after a short rest."""

from __future__ import annotations

from PySide6.QtCore import QStringListModel, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QCompleter, QLineEdit

from app.context import View
from app.text import label, safe_text, set_role, set_tip, tr
from engine.capture.filters import FILTER_WORDS, FilterError, parse

REST = 180
"""ms of no typing after which the filter is applied."""


class FilterBox(QLineEdit):
    """Green while what is typed is a filter, red with the reason in its tip while it is not."""

    def __init__(self, view: View) -> None:
        super().__init__()
        self._view = view
        self.setObjectName("filter")
        self.setAccessibleName(tr("Filter"))
        self.setFixedSize(340, 26)
        self.setMaxLength(2000)
        set_role(self, "mono")
        self._word = label(tr("Filter"), role="small")
        self._word.setParent(self)
        self._word.adjustSize()
        self.setTextMargins(self._word.width() + 6, 0, 0, 0)
        self.setClearButtonEnabled(True)
        self._words = QStringListModel([f"{word.word}" for word in FILTER_WORDS], self)
        self._completer = QCompleter(self._words, self)
        self._completer.setWidget(self)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.activated.connect(self._complete)
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(self.apply)
        self.textEdited.connect(self._on_edited)
        self.textChanged.connect(lambda _text: self._rest.start())
        view.filter_changed.connect(self._show)
        self._explain("")

    def apply(self) -> None:
        """Filter by the text now, if it can be read."""
        self._rest.stop()
        text = self.text().strip()
        sentence = why_not(text)
        self._explain(sentence)
        self._mark("" if not text else "bad" if sentence else "good")
        self._view.refuse_filter(sentence)
        if not sentence:
            self._view.set_filter(text)

    def _show(self, text: str) -> None:
        if text != self.text().strip():
            self.setText(text)
            self.apply()

    def _mark(self, state: str) -> None:
        if self.property("state") != state:
            self.setProperty("state", state)
            self.style().unpolish(self)
            self.style().polish(self)

    def _explain(self, sentence: str) -> None:
        words = " ".join(word.word for word in FILTER_WORDS)
        set_tip(self, sentence or tr("Show only requests that match (Ctrl+F). Words: {}").format(words))

    def _on_edited(self) -> None:
        prefix = self._prefix()
        self._completer.setCompletionPrefix(prefix)
        if prefix and self._completer.completionCount() and self._completer.currentCompletion() != prefix:
            self._completer.complete()
        else:
            popup = self._completer.popup()
            if popup is not None:
                popup.hide()

    def _prefix(self) -> str:
        """The word that is being typed, up to the cursor."""
        return self.text()[: self.cursorPosition()].rpartition(" ")[2].removeprefix("-")

    def _complete(self, word: str) -> None:
        before, after = self.text()[: self.cursorPosition()], self.text()[self.cursorPosition() :]
        kept = before[: len(before) - len(self._prefix())]
        self.setText(f"{kept}{word}{after}")
        self.setCursorPosition(len(kept) + len(word))

    # Qt's overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.apply()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._word.move(8, (self.height() - self._word.height()) // 2)


def why_not(text: str) -> str:
    """What is wrong with a filter, in one safe sentence; "" when nothing is."""
    try:
        parse(text)
    except FilterError as error:
        return safe_text(str(error))
    return ""
