"""A field for one declared parameter: typed as people write it, or chosen where there are only a few values."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from app.text import set_role, set_tip, tr
from engine.debug.parameters import CHOICE, Parameter

WIDTH = 118


class ParameterEdit(QWidget):
    """Shows a value; `changed` after a person has changed it, also to what cannot be read."""

    changed = Signal()

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self.parameter = parameter
        self.editor: QComboBox | QLineEdit
        if parameter.unit == CHOICE:
            self.editor = QComboBox()
            self.editor.addItems(list(parameter.choices))
            self.editor.activated.connect(lambda _index: self.changed.emit())
        else:
            self.editor = QLineEdit()
            self.editor.setMaxLength(200)
            set_role(self.editor, "mono")
            self.editor.textEdited.connect(lambda _text: self.changed.emit())
        self.editor.setAccessibleName(tr(parameter.name))
        set_tip(self.editor, tr(parameter.explanation))
        self.editor.setFixedWidth(WIDTH)
        self.setFocusProxy(self.editor)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.editor)

    def show_value(self, value: Any) -> None:
        """Show a value; what is being typed and means the same, or nothing yet, stays."""
        if isinstance(self.editor, QComboBox):
            self.editor.setCurrentText(str(value))
        elif not self.editor.hasFocus() or not (self.problem() or self.value() == value):
            self.editor.setText(self.parameter.show(value))

    def value(self) -> Any:
        """What stands there. Raises ValueError with a sentence."""
        text = self.editor.currentText() if isinstance(self.editor, QComboBox) else self.editor.text()
        return self.parameter.read(text)

    def problem(self) -> str:
        """Why it cannot be read; "" when it can."""
        try:
            self.value()
        except ValueError as error:
            return str(error)
        return ""
