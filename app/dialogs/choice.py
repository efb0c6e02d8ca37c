"""A few exclusive words side by side, one of which is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QRadioButton, QWidget

from app.text import set_tip, tr


class Choice(QWidget):
    """Radio buttons in a row, from (value, title, explanation)."""

    changed = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str, str]], chosen: str) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QRadioButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        for value, title, explanation in options:
            button = QRadioButton(tr(title))
            set_tip(button, tr(explanation))
            self._buttons[value] = button
            self._group.addButton(button)
            layout.addWidget(button)
        layout.addStretch(1)
        self._buttons[chosen].setChecked(True)
        self.setFocusProxy(self._buttons[chosen])
        self._group.buttonToggled.connect(self._on_toggled)

    def value(self) -> str:
        """The chosen value."""
        return next(value for value, button in self._buttons.items() if button.isChecked())

    def choose(self, value: str) -> None:
        """Choose another."""
        self._buttons[value].setChecked(True)

    def _on_toggled(self, button: QRadioButton, checked: bool) -> None:
        if checked:
            self.changed.emit(self.value())
