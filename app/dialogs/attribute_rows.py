"""The page of the server dialog with a row for each class attribute that the chosen kind of server has."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from app.text import label, set_role, set_tip, tr
from engine.hosting.profile import Profile

from .attribute import Attribute, read_value
from .attributes import ATTRIBUTES
from .fields import Form, Row

Editor = QCheckBox | QComboBox | QLineEdit


class AttributeForm(Form):
    """Server's and handler's class attributes; those that the kind of server does not have are not shown."""

    def __init__(self, profile: Profile, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("attributes")
        self._rows: list[tuple[Attribute, Editor, Row]] = []
        titles = {"server": tr("Server class"), "handler": tr("Handler class")}
        values = {"server": profile.attributes, "handler": profile.handler_attributes}
        for owner, title in titles.items():
            self.section(title)
            for attribute in (a for a in ATTRIBUTES if a.owner == owner):
                self._add(attribute, values[owner].get(attribute.name, attribute.default))
        self.finish()

    def show_kind(self, family: str, concurrency: str) -> None:
        """Show the attributes that this kind of server has."""
        for attribute, _, row in self._rows:
            row.set_shown(attribute.applies(family, concurrency))

    def values(self, owner: str) -> dict[str, Any]:
        """The attributes that differ from their defaults, of the server or of the handler."""
        pairs = ((a, _value(a, e)) for a, e, row in self._rows if a.owner == owner and row.shown)
        return {attribute.name: value for attribute, value in pairs if value != attribute.default}

    def editor(self, owner: str, name: str) -> Editor:
        """The editor of one attribute."""
        return next(e for a, e, _ in self._rows if (a.owner, a.name) == (owner, name))

    def _add(self, attribute: Attribute, value: Any) -> None:
        editor = _tick(value) if attribute.kind is bool else _editor(attribute, value)
        tip = tr(attribute.explanation)
        note = label(tip, role="small", wrap=True)
        check = partial(self._problem, attribute, editor)
        row = self.add(attribute.name, editor, tip, _changed(editor), check, beside=note)
        set_role(row.title, "mono")
        self._rows.append((attribute, editor, row))

    def _problem(self, attribute: Attribute, editor: Editor) -> str:
        if not isinstance(editor, QLineEdit):
            return ""
        value, sentence = read_value(attribute, editor.text())
        if sentence or not attribute.ceiling:
            return sentence
        most = next(_value(a, e) for a, e, _ in self._rows if (a.owner, a.name) == (attribute.owner, attribute.ceiling))
        sentence = tr("{name} cannot be more than {ceiling}, which is {most}.")
        return sentence.format(name=attribute.name, ceiling=attribute.ceiling, most=most) if value > most else ""


def _tick(value: Any) -> QCheckBox:
    box = QCheckBox()
    box.setChecked(bool(value))
    box.setFixedSize(96, 24)
    return box


def _editor(attribute: Attribute, value: Any) -> QComboBox | QLineEdit:
    return _choice(attribute, value) if attribute.choices else _line(attribute, value)


def _choice(attribute: Attribute, value: Any) -> QComboBox:
    box = QComboBox()
    box.addItems(attribute.choices)
    box.setCurrentText(str(value))
    box.setFixedWidth(96)
    return box


def _line(attribute: Attribute, value: Any) -> QLineEdit:
    line = QLineEdit("None" if value is None else f"{value:g}" if isinstance(value, float) else str(value))
    line.setFixedWidth(96)
    line.setPlaceholderText(tr(attribute.unit))
    set_tip(line, tr(attribute.explanation))
    return line


def _value(attribute: Attribute, editor: Editor) -> Any:
    if isinstance(editor, QCheckBox):
        return editor.isChecked()
    text = editor.currentText() if isinstance(editor, QComboBox) else editor.text()
    return read_value(attribute, text)[0]


def _changed(editor: Editor) -> SignalInstance:
    if isinstance(editor, QCheckBox):
        return editor.toggled
    return editor.currentTextChanged if isinstance(editor, QComboBox) else editor.textChanged
