"""A breakpoint on a line, changed in place above the code: its condition, its count, its text, on or off."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QSpinBox, QWidget

from app.context import Context
from app.models.linepoints import LineSetting
from app.panels.live import paint_ground, row
from app.text import label, set_role, set_tip, tr


class PointEdit(QWidget):
    """A text takes effect when it is whole: by Enter, or when the keyboard leaves. What is wrong is told at once."""

    said = Signal(str)
    """What is wrong with it, "" for nothing."""
    closed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        paint_ground(self, "strip")
        self._context = context
        self._key = ""
        self._setting: LineSetting | None = None
        self._build()
        self.hide()

    @property
    def setting(self) -> LineSetting | None:
        """The breakpoint that is being changed."""
        return self._setting

    def show_point(self, key: str, setting: LineSetting | None) -> None:
        """Change this one; None: none."""
        self._key, self._setting = key, None
        self.setVisible(setting is not None)
        if setting is None:
            return
        self.title.setText(tr("line {n}").format(n=setting.line))
        self.on.setChecked(setting.enabled)
        self.condition.setText(setting.condition)
        self.hits.setValue(setting.hits)
        self.log.setText(setting.log)
        self._setting = setting
        self.said.emit("")

    def _build(self) -> None:
        self.title = label(name=tr("Breakpoint"), role="mono-dim")
        self.on = QCheckBox(tr("on"))
        set_tip(self.on, tr("Whether this breakpoint holds"))
        self.condition = self._line(tr("if"), tr("A Python expression in the frame: stop only where it is true"), 3)
        self.hits = QSpinBox()
        self.hits.setRange(0, 1_000_000)
        self.hits.setSpecialValueText(tr("each"))
        self.hits.setFixedWidth(70)
        self.hits.setAccessibleName(tr("Hit count"))
        set_tip(self.hits, tr("Stop only at the n-th time that the line is come to"))
        self.log = self._line(tr("text"), tr("Instead of stopping, write this among the output; {name} is a value"), 3)
        self.remove_button = QPushButton(tr("Delete"))
        set_role(self.remove_button, "link")
        set_tip(self.remove_button, tr("Take this breakpoint away"))
        self.close_button = QPushButton(tr("Done"))
        set_role(self.close_button, "link")
        set_tip(self.close_button, tr("Close this line"))
        words = [label(text, role="dim") for text in (tr("If"), tr("At hit"), tr("Log"))]
        layout = row(
            self.title, self.on, words[0], self.condition, words[1], self.hits, words[2], self.log,
            self.remove_button, self.close_button, margins=(12, 3, 12, 3), spacing=6,
        )  # fmt: skip
        for field in (self.condition, self.log):
            layout.setStretchFactor(field, 1)
        self.setLayout(layout)
        for signal in (self.condition.textChanged, self.log.textChanged):
            signal.connect(lambda: self.said.emit(self._typed().problem()) if self._setting is not None else None)
        for signal in (
            self.condition.editingFinished,
            self.log.editingFinished,
            self.hits.valueChanged,
            self.on.toggled,
        ):
            signal.connect(self._take)
        self.remove_button.clicked.connect(self._remove)
        self.close_button.clicked.connect(self._close)
        for field in (self.condition, self.log):
            field.returnPressed.connect(self._close)

    @staticmethod
    def _line(name: str, tip: str, least: int) -> QLineEdit:
        made = QLineEdit()
        made.setAccessibleName(name)
        made.setMinimumWidth(least * 20)
        made.setMaxLength(1000)
        set_role(made, "mono")
        set_tip(made, tip)
        return made

    def _typed(self) -> LineSetting:
        assert self._setting is not None
        return dataclasses.replace(
            self._setting, condition=self.condition.text().strip(), hits=self.hits.value(), log=self.log.text(),
            enabled=self.on.isChecked(),
        )  # fmt: skip

    def _take(self) -> None:
        if self._setting is None:
            return
        new = self._typed()
        problem = new.problem()
        self.said.emit(problem)
        if not problem and new != self._setting:
            self._setting = new
            self._context.lines.put(self._key, new)

    def _remove(self) -> None:
        if self._setting is not None:
            self._context.lines.remove(self._key, self._setting)
        self.show_point(self._key, None)
        self.closed.emit()

    def _close(self) -> None:
        self._take()
        if self._setting is not None and self._typed().problem():
            return
        self.show_point(self._key, None)
        self.closed.emit()
