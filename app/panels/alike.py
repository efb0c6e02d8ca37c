"""Above a failure: how many requests failed alike, and the way from one to the next."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget

from app.context import Context
from app.panels.live import row
from app.text import label, number, set_role, set_tip, tr
from engine.capture.records import Alike


class AlikeStrip(QWidget):
    """There only where a failure is not the only one of its kind."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._alike: Alike | None = None
        self.sentence = label(name=tr("Requests that failed alike"), role="small")
        self.previous_button = self._button("◂", tr("The request before that failed alike"), self._previous)
        self.next_button = self._button("▸", tr("The next request that failed alike"), self._next)
        self.all_button = self._button(tr("Show all"), tr("Filter the requests to those that failed alike"), self._all)
        self.setLayout(row(self.sentence, self.previous_button, self.next_button, self.all_button, None, spacing=6))
        self.hide()

    def show_request(self, request: int) -> None:
        """Count anew."""
        self._alike = alike = self._context.link.reader.alike(request)
        self.setVisible(alike is not None and alike.count > 1)
        if alike is not None:
            sentence = tr("{place} of {count} alike, #{first} to #{last}")
            words = {"place": number(alike.place), "count": number(alike.count)}
            self.sentence.setText(sentence.format(**words, first=alike.first, last=alike.last))
            self.previous_button.setEnabled(alike.previous is not None)
            self.next_button.setEnabled(alike.next is not None)

    def _button(self, text: str, hint: str, act: object) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(hint)
        set_role(button, "link")
        set_tip(button, hint)
        button.clicked.connect(act)
        return button

    def _previous(self) -> None:
        self._select(self._alike.previous if self._alike else None)

    def _next(self) -> None:
        self._select(self._alike.next if self._alike else None)

    def _select(self, request: int | None) -> None:
        if request is not None:
            self._context.view.set_following(False)
            self._context.selection.select_request(request)

    def _all(self) -> None:
        if self._alike is not None:
            self._context.view.set_filter(f"same:{self._alike.signature}")
