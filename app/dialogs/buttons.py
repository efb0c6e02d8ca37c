"""The foot of a dialog that makes something startable: Cancel, keep, keep and start, and beside them why not."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.text import label, set_role, set_tip, tr


class Buttons(QWidget):
    """Three buttons at the right; the last one is what Enter does."""

    def __init__(self, keep: str, start: str) -> None:
        super().__init__()
        self.cancel = QPushButton(tr("Cancel"))
        self.keep = QPushButton(keep)
        self.start = QPushButton(start)
        self.start.setDefault(True)
        set_role(self.start, "primary")
        set_tip(self.cancel, tr("Change nothing (Esc)"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self.why = label(name=tr("What is missing"), role="small", wrap=True)
        layout.addWidget(self.why, 1)
        for button in (self.cancel, self.keep, self.start):
            button.setAutoDefault(button is self.start)
            layout.addWidget(button)

    def enable(self, problem: str) -> None:
        """Let the work be kept, or say why it cannot be."""
        self.why.setText(problem)
        tips = {self.keep: tr("Keep it, do not start it"), self.start: tr("Keep it and start it (Enter)")}
        for button, tip in tips.items():
            button.setEnabled(not problem)
            set_tip(button, problem or tip)
