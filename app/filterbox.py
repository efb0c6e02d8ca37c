"""The filter box: says at once whether its text can be read, completes words, and filters after a short rest."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit

from app.context import View
from app.text import label, safe_text, set_role, set_tip, tip, tr
from engine.capture.filters import FILTER_WORDS, FilterError, parse, suggestions

REST = 180
"""ms of no typing after which the filter is applied."""
OFFERS = 16
"""Completions shown at once."""


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
        self._offers = QStandardItemModel(self)
        self._completer = QCompleter(self._offers, self)
        self._completer.setWidget(self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.activated.connect(self._complete)
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(self.apply)
        self.textEdited.connect(self._on_edited)
        self.textChanged.connect(lambda _text: self._rest.start())
        view.filter_changed.connect(self._show)
        self._explain("")

    def begin_text(self) -> None:
        """Have the keyboard between the quotes of `text:""`, behind what is there already."""
        before = self.text().strip()
        if not before.endswith('text:""'):
            before = f'{before} text:""'.strip()
            self.setText(before)
        self.setFocus()
        self.setCursorPosition(len(before) - 1)

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
        """Offer what may be typed next, once something of it has been typed."""
        found = suggestions(self.text(), self.cursorPosition()) if self._typed() else []
        self._offers.clear()
        for suggestion in found[:OFFERS]:
            item = QStandardItem(suggestion.text)
            item.setData(tip(suggestion.explanation), Qt.ItemDataRole.ToolTipRole)
            self._offers.appendRow(item)
        popup = self._completer.popup()
        if found:
            self._completer.complete()
        elif popup is not None:
            popup.hide()

    def _is_choosing(self) -> bool:
        popup = self._completer.popup()
        return popup is not None and popup.isVisible() and popup.currentIndex().isValid()

    def _typed(self) -> str:
        """The word that is being typed, up to the cursor."""
        return self.text()[: self.cursorPosition()].rpartition(" ")[2]

    def _complete(self, word: str) -> None:
        before, after = self.text()[: self.cursorPosition()], self.text()[self.cursorPosition() :]
        kept = before[: len(before) - len(self._typed())]
        self.setText(f"{kept}{word}{after}")
        self.setCursorPosition(len(kept) + len(word))
        self._on_edited()

    # Qt's overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._is_choosing():
                event.ignore()  # the list of offers takes it
            else:
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
