"""The form of one fault, made from what is declared about its kind."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from app.models.faults import FaultSetting
from app.models.means import means_word
from app.panels.conditionedit import ConditionEdit
from app.panels.parameteredit import ParameterEdit
from app.text import label, set_tip, tr
from engine.debug.kinds import BY_WORD, KINDS
from engine.debug.parameters import Parameter
from engine.hosting.faulting import COMMON


class FaultForm(QWidget):
    """Kind, its parameters, whom it befalls and how often; two fields a line."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 6, 12, 4)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(4, 1)
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("Kind of fault"))
        set_tip(self.kind, tr("What is done to the requests"))
        self.explanation = label(name=tr("What this fault does"), role="small", wrap=True)
        self.condition = ConditionEdit(tr("Only requests that match suffer. Words: {}"))
        self.common = {one.name: self._field(one) for one in COMMON}
        self.own: dict[str, ParameterEdit] = {}
        self._shown: list[QWidget] = []
        self._kind = ""
        self.kind.activated.connect(lambda _index: self.changed.emit())
        self.condition.textChanged.connect(self.changed)

    def offer(self, transport: str) -> None:
        """Offer the kinds that can be done to a server; "": all."""
        words = [kind.word for kind in KINDS if kind.suits(transport)]
        if words != [self.kind.itemData(place) for place in range(self.kind.count())]:
            self.kind.clear()
            for word in words:
                self.kind.addItem(means_word(BY_WORD[word].means), word)

    def show_fault(self, fault: FaultSetting) -> None:
        """Show a fault; what is being typed and cannot be read yet stays."""
        self._build(fault)
        place = self.kind.findData(fault.kind)
        if place < 0:  # it was set for a server of another transport
            self.kind.addItem(means_word(fault.record.means), fault.kind)
            place = self.kind.count() - 1
        self.kind.setCurrentIndex(place)
        if not (self.condition.hasFocus() and self.condition.problem()) and self.condition.text() != fault.condition:
            self.condition.setText(fault.condition)
        for parameter in fault.record.parameters:
            self.own[parameter.name].show_value(fault.values.get(parameter.name, parameter.default))
        for name, field in self.common.items():
            field.show_value(getattr(fault, name))

    def problem(self) -> str:
        """The first thing that cannot be read."""
        fields = (*self.own.values(), *self.common.values())
        problems = [self.condition.problem() if self.condition.isEnabled() else "", *(one.problem() for one in fields)]
        return next(filter(None, problems), "")

    def read(self, fault: FaultSetting) -> FaultSetting:
        """The fault as it stands in the form; there is no problem."""
        word = str(self.kind.currentData())
        more: dict[str, Any] = {name: field.value() for name, field in self.common.items()}
        if word != fault.kind:
            return dataclasses.replace(fault, kind=word, values=BY_WORD[word].defaults(), **more)
        values = {name: field.value() for name, field in self.own.items()}
        return dataclasses.replace(fault, values=values, condition=self.condition.text(), **more)

    def _build(self, fault: FaultSetting) -> None:
        if fault.kind == self._kind:
            return
        self._kind = fault.kind
        for field in self.own.values():
            field.deleteLater()
        record = fault.record
        self.own = {one.name: self._field(one) for one in record.parameters}
        self.explanation.setText(tr(record.explanation))
        self.condition.setEnabled(record.conditional)
        self._lay_out()

    def _field(self, parameter: Parameter) -> ParameterEdit:
        made = ParameterEdit(parameter)
        made.changed.connect(self.changed)
        return made

    def _lay_out(self) -> None:
        for shown in self._shown:
            self._grid.removeWidget(shown)
            if isinstance(shown, QLabel) and shown is not self.explanation:
                shown.deleteLater()
        self._shown = []
        self._line(0, tr("Fault"), self.kind)
        self._put(self.explanation, 1, 1, 4)
        fields = [*self.own.values(), *self.common.values()]
        for place, field in enumerate(fields):
            line, side = 2 + place // 2, 2 * (place % 2)
            self._put(label(tr(field.parameter.name), role="dim"), line, side)
            self._put(field, line, side + 1)
        self._line(2 + (len(fields) + 1) // 2, tr("if"), self.condition)
        self._order([self.kind, *(field.editor for field in fields), self.condition])

    def _line(self, line: int, text: str, field: QWidget) -> None:
        self._put(label(text, role="dim"), line, 0)
        self._put(field, line, 1, 4)

    def _put(self, widget: QWidget, line: int, column: int, span: int = 1) -> None:
        self._grid.addWidget(widget, line, column, 1, span, Qt.AlignmentFlag.AlignVCenter)
        widget.show()
        self._shown.append(widget)

    @staticmethod
    def _order(fields: list[QWidget]) -> None:
        for one, other in pairwise(fields):
            QWidget.setTabOrder(one, other)
