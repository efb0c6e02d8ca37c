"""What can be done with a failure: a column of buttons, or a row of short ones where there is little room."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout, QPushButton, QSizePolicy, QWidget

from app.panels.live import paint_ground
from app.text import QT_TR_NOOP, set_tip, tr

BUTTONS = (
    (QT_TR_NOOP("Run again  Ctrl+R"), QT_TR_NOOP("Again"),
     QT_TR_NOOP("Send the same bytes once more, to the code as it is now, and compare the answers (Ctrl+R)")),
    (QT_TR_NOOP("Break here  F9"), QT_TR_NOOP("Break"),
     QT_TR_NOOP("Hold requests of this server before the stage that raised, or hold them no longer (F9)")),
    (QT_TR_NOOP("Open in editor  Ctrl+E"), QT_TR_NOOP("Editor"),
     QT_TR_NOOP("Open the failing line in your editor (Ctrl+E)")),
    (QT_TR_NOOP("Copy traceback"), QT_TR_NOOP("Traceback"), QT_TR_NOOP("Copy it as Python prints it (Ctrl+Shift+T)")),
    (QT_TR_NOOP("Copy as Python bytes"), QT_TR_NOOP("Bytes"), QT_TR_NOOP("Copy what was received as a bytes literal")),
)  # fmt: skip
"""Text, the same in short, and what it does."""
HEIGHT = 24
IN_A_ROW = 3


class FailureButtons(QWidget):
    """Run again, break here, copy the traceback, open the editor, copy the bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.compact = False
        self.all = tuple(QPushButton() for _ in BUTTONS)
        self._layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        for button, (text, _short, tip) in zip(self.all, BUTTONS, strict=True):
            button.setMinimumHeight(HEIGHT)
            button.setAccessibleName(tr(text))
            set_tip(button, tr(tip))
            self._layout.addWidget(button)
        self._layout.addStretch(1)
        self.set_compact(False)

    def set_compact(self, compact: bool) -> None:
        """Stand in a row with short words, or in a column with whole ones."""
        self.compact = compact
        for button, (text, short, _tip) in zip(self.all, BUTTONS, strict=True):
            button.setText(tr(short if compact else text))
        for button in self.all[IN_A_ROW:]:  # both are found elsewhere: by a key, and in the menu of the bytes
            button.setVisible(not compact)
        directions = QBoxLayout.Direction
        self._layout.setDirection(directions.LeftToRight if compact else directions.TopToBottom)
        self._layout.setContentsMargins(*(0, 4, 8, 6) if compact else (12, 8, 12, 8))
        self._layout.setSpacing(6 if compact else 8)
        policies = QSizePolicy.Policy
        self.setSizePolicy(policies.Preferred, policies.Fixed if compact else policies.Preferred)
        paint_ground(self, "content" if compact else "chrome")
