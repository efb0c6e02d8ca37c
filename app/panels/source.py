"""A few lines of source with the failing one marked: coloured by Pygments, put in as plain text only."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextDocument, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from app.models.highlighting import spans_of
from app.text import safe_text, set_role, set_tip, tr
from app.theme import mono, theme, theme_source
from app.widgets.codepaint import token_colour

Lines = Sequence[tuple[int, str]]
WIDTH = 200
NUMBER_GAP = 3
"""Characters beside the number: the mark before it, two blanks after it."""


class SourceView(QPlainTextEdit):
    """Read-only source lines with their numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        keyboard = Qt.TextInteractionFlag.TextSelectableByKeyboard
        self.setTextInteractionFlags(self.textInteractionFlags() | keyboard)
        self.setAccessibleName(tr("Source lines"))
        set_tip(self, tr("The lines around the one that raised"))
        set_role(self, "bare")
        self.setFont(mono())
        self.document().setDocumentMargin(2)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._marked = -1
        self._colours = _Colours(self.document())
        theme_source().theme_changed.connect(self._paint)

    def show_lines(self, lines: Lines, marked: int) -> None:
        """Show lines, one of them marked."""
        width = len(str(lines[-1][0])) if lines else 0
        texts = textwrap.dedent("\n".join(_plain(text) for _, text in lines)).split("\n")[: len(lines)]
        numbers = [number for number, _ in lines]
        self._marked = numbers.index(marked) if marked in numbers else -1
        self._colours.set_code(texts, width + NUMBER_GAP)
        rows = zip(numbers, texts, strict=True)
        self.setPlainText("\n".join(f"{'▶' if n == marked else ' '}{n:>{width}}  {text}" for n, text in rows))
        self._paint()

    def _paint(self) -> None:
        self.setFont(mono())
        self._colours.rehighlight()
        self.setExtraSelections([self._failing_line()] if self._marked >= 0 else [])

    def _failing_line(self) -> QTextEdit.ExtraSelection:
        form = QTextCharFormat()
        form.setBackground(theme().selection)
        form.setProperty(QTextFormat.Property.FullWidthSelection, True)
        made = QTextEdit.ExtraSelection()
        made.cursor = QTextCursor(self.document().findBlockByNumber(self._marked))
        made.format = form
        return made


class _Colours(QSyntaxHighlighter):
    """Colours the code of each line, whose numbers stand before it."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._spans: list[list[tuple[int, int, str]]] = []
        self._offset = 0

    def set_code(self, texts: Sequence[str], offset: int) -> None:
        self._spans = [list(spans) for spans in spans_of(texts)]
        self._offset = offset

    # Qt's overrides

    def highlightBlock(self, text: str) -> None:  # noqa: N802
        row = self.currentBlock().blockNumber()
        self.setFormat(0, self._offset, theme().faint)
        for start, length, token in self._spans[row] if row < len(self._spans) else ():
            self.setFormat(self._offset + start, length, token_colour(token, theme()))


def _plain(text: str) -> str:
    return safe_text(text.expandtabs(4), WIDTH)
