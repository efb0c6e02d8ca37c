"""A title beside tabs: it takes the room that they leave, and is cut in its middle when that is too little."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QTabWidget

from app.text import label, set_role, set_tip

HEIGHT = 24


class TabTitle(QFrame):
    """The right corner of a tab widget. The whole title is in the tool tip."""

    def __init__(self, tabs: QTabWidget, name: str) -> None:
        super().__init__()
        self._tabs = tabs
        self.words = label(name=name, role="head", elide=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 3, 12, 3)
        layout.addWidget(self.words)
        set_role(self, "chrome")
        self.setFixedHeight(HEIGHT)
        tabs.setCornerWidget(self)

    def set_text(self, text: str) -> None:
        """Show another title."""
        if text != self.words.text():
            self.words.setText(text)
            set_tip(self.words, text)

    # Qt's overrides

    def sizeHint(self) -> QSize:
        """The tab widget asks for it whenever its size or a tab changes, and gives the tabs what is left."""
        room = self._tabs.width() - self._tabs.tabBar().sizeHint().width()
        return super().sizeHint().boundedTo(QSize(max(0, room), HEIGHT))
