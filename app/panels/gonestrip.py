"""Says why a paused request is held no longer though nobody let it go, and keeps what was typed for it."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app.link.tick import PausedRequest
from app.models.requestcolumns import state_word
from app.panels.live import row
from app.text import label, safe_text, set_tip, tr
from engine.capture.records import RequestRecord, State


class GoneStrip(QWidget):
    """Hidden until somebody has gone; one sentence, and a button where something had been typed."""

    def __init__(self) -> None:
        super().__init__()
        self._typed = ""
        self.paused: PausedRequest | None = None
        """Who is told of."""
        self.sentence = label(name=tr("Held no longer"), role="error", wrap=True)
        self.copy = QToolButton()
        self.copy.setText(tr("Copy what was typed"))
        self.copy.clicked.connect(self._copy)
        set_tip(self.copy, tr("The bytes that were typed for it, in their notation, to the clipboard"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 2)
        layout.addLayout(row(self.sentence, self.copy))
        self.clear()

    def tell(self, paused: PausedRequest, record: RequestRecord | None, typed: str) -> None:
        """This one has gone."""
        self._typed, self.paused = typed, paused
        self.copy.setVisible(bool(typed))
        self.setVisible(True)
        self.renew(record)

    def renew(self, record: RequestRecord | None) -> None:
        """That its worker has died is known a little later."""
        if self.paused is not None:
            self.sentence.setText(gone_text(self.paused, record))

    def clear(self) -> None:
        """There is nothing to tell any more."""
        self._typed, self.paused = "", None
        self.setVisible(False)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._typed)
        self.clear()


def gone_text(paused: PausedRequest, record: RequestRecord | None) -> str:
    """Why it is held no longer."""
    which = tr("#{n}").format(n=paused.id) if paused.id is not None else tr("A request")
    if record is not None and record.state is State.KILLED:
        cause = safe_text(record.error or state_word(record.state), 80)
        return tr("{which} is held no longer, its worker has ended: {cause}").format(which=which, cause=cause)
    return tr("{which} has gone on by itself, with its bytes as they were.").format(which=which)
