"""The page of the server dialog with a row for each class attribute that the chosen kind of server has."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from app.text import label, set_role, set_tip, tr
from engine.hosting.profile import Profile

from .attributes import ATTRIBUTES, Attribute, read_value
from .fields import Form, Row

Editor = QCheckBox | QLineEdit


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
        editor = _tick(value) if attribute.kind is bool else _line(attribute, value)
        changed = editor.toggled if isinstance(editor, QCheckBox) else editor.textChanged
        tip = tr(attribute.explanation)
        note = label(tip, role="small", wrap=True)
        row = self.add(attribute.name, editor, tip, changed, partial(_problem, attribute, editor), beside=note)
        set_role(row.title, "mono")
        self._rows.append((attribute, editor, row))


def _tick(value: Any) -> QCheckBox:
    box = QCheckBox()
    box.setChecked(bool(value))
    box.setFixedSize(96, 24)
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
    return read_value(attribute, editor.text())[0]


def _problem(attribute: Attribute, editor: Editor) -> str:
    return "" if isinstance(editor, QCheckBox) else read_value(attribute, editor.text())[1]
