"""The breakpoints of the selected server: a table of them, and below it the chosen one to be changed in place."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QComboBox, QGridLayout, QSpinBox, QToolButton, QWidget

from app.context import Context
from app.icons import icon
from app.models.gates import ON, GateSetting, GatesModel, where_text
from app.panels.conditionedit import ConditionEdit
from app.panels.linelist import LineList
from app.panels.live import LivePanel, row
from app.panels.secondsbox import SecondsBox
from app.panels.tables import make_table
from app.text import label, set_role, set_tip, tr
from engine.debug.gates import AFTER, BEFORE, STAGES

PLACES = tuple((stage.method, when) for stage in STAGES for when in (BEFORE, AFTER))
PLACES += (("received", BEFORE), ("sent", BEFORE), ("raised", BEFORE))


class GatesPanel(LivePanel):
    """Follows the selected server. What is typed takes effect at once, if it can be read."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._gates = context.gates
        self._filling = False
        self.model = GatesModel(self)
        self.table = make_table(
            self.model, tr("Breakpoints"), tr("Space switches the chosen one; below it can be changed")
        )
        self.form = self._make_form()
        self.message = label(name=tr("Problem with the breakpoint"), role="error", wrap=True)
        self.message.setContentsMargins(12, 2, 12, 8)
        self.box.addWidget(self.table, 1)
        self.box.addWidget(self.form)
        self.box.addWidget(self.message)
        self.lines = LineList(context)
        self.box.addWidget(self.lines)
        self.head_tools = self._make_tools()
        self._connect()
        self.setFocusProxy(self.table)
        self.show_gates()

    def show_gates(self) -> None:
        """Show the selected server's."""
        key = self.context.selection.server
        chosen = self.chosen()
        self.model.show(self._gates.of(key), self._gates.errors_of(key))
        numbers = [gate.number for gate in self._gates.of(key)]
        if chosen is not None and chosen.number in numbers:
            self.table.selectRow(numbers.index(chosen.number))
        elif numbers and not self.table.currentIndex().isValid():
            self.table.selectRow(len(numbers) - 1)
        self._offer(key)
        self._fill()

    def chosen(self) -> GateSetting | None:
        """The gate of the chosen row."""
        return self.model.gate(self.table.currentIndex().row())

    def add(self) -> None:
        """A gate before `handle`, to be changed."""
        key = self.context.selection.server
        self._gates.put(key, GateSetting(self._gates.next_number(key), "handle"))
        self.table.selectRow(self.model.rowCount() - 1)

    def remove(self) -> None:
        """Delete the chosen gate."""
        gate = self.chosen()
        if gate is not None:
            self._gates.remove(self.context.selection.server, gate.number)

    def switch(self) -> None:
        """Switch the chosen gate."""
        gate = self.chosen()
        if gate is not None:
            self._put(dataclasses.replace(gate, enabled=not gate.enabled))

    def _put(self, gate: GateSetting) -> None:
        self._gates.put(self.context.selection.server, gate)

    def _offer(self, key: str) -> None:
        self.add_button.setEnabled(bool(key))
        set_tip(self.add_button, tr("Add a breakpoint") if key else tr("Select a server first"))
        there = self.chosen() is not None
        self.remove_button.setEnabled(there)
        set_tip(self.remove_button, tr("Delete the chosen breakpoint (Delete)") if there else tr("Choose a breakpoint"))
        self.form.setVisible(there)
        if not self._gates.on:
            self._say(tr("All breakpoints are off (Ctrl+F9)."), "warn-small")
        elif not there:
            self._say(
                tr("No breakpoint on a stage. F9 sets one on the selected stage.") if key else tr("Select a server."),
                "dim",
            )

    def _say(self, sentence: str, role: str = "error") -> None:
        set_role(self.message, role)
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))

    def _make_tools(self) -> QWidget:
        self.switch_all = QToolButton()
        self.switch_all.setDefaultAction(self.context.action("gates.switch"))
        self.switch_all.setAccessibleName(tr("Breakpoints hold"))
        self.switch_all.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.add_button, self.remove_button = QToolButton(), QToolButton()
        self.add_button.setIcon(icon("plus"))
        self.add_button.setAccessibleName(tr("Add a breakpoint"))
        self.remove_button.setIcon(icon("trash"))
        self.remove_button.setAccessibleName(tr("Delete the breakpoint"))
        tools = QWidget()
        tools.setLayout(row(self.switch_all, self.add_button, self.remove_button, spacing=2))
        for button in (self.switch_all, self.add_button, self.remove_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return tools

    def _make_form(self) -> QWidget:
        self.place = QComboBox()
        for number, (point, when) in enumerate(PLACES):
            self.place.addItem(where_text(GateSetting(number, point, when)), (point, when))
        _name(self.place, tr("Where"), tr("The point at which requests are held"))
        self.condition = ConditionEdit()
        self.every = QSpinBox()
        self.every.setRange(1, 1_000_000)
        _dress(self.every, tr("Every n-th"), tr("Of the requests that match, hold each n-th"))
        self.once = QCheckBox(tr("only the next"))
        set_tip(self.once, tr("Hold the next request that matches, and no other after it"))
        self.patience = SecondsBox(86_400, tr("when told"))
        _dress(self.patience, tr("Goes on after"), tr("Seconds after which it goes on by itself; 0: never"))
        form = QWidget()
        grid = QGridLayout(form)
        grid.setContentsMargins(12, 6, 12, 4)
        grid.setVerticalSpacing(6)
        for line, (text, field) in enumerate(
            (
                (tr("Where"), self.place),
                (tr("If"), self.condition),
                (tr("Every"), _side_by_side(self.every, self.once)),
                (tr("Go on"), _side_by_side(self.patience)),
            )
        ):
            grid.addWidget(label(text, role="dim"), line, 0)
            grid.addWidget(field, line, 1)
        grid.setColumnStretch(1, 1)
        return form

    def _connect(self) -> None:
        self._gates.changed.connect(self.show_gates)
        self.context.selection.server_changed.connect(lambda _key: self.show_gates())
        self.table.selectionModel().currentRowChanged.connect(self._on_row)
        self.table.clicked.connect(self._on_clicked)
        self.add_button.clicked.connect(self.add)
        self.remove_button.clicked.connect(self.remove)
        self.place.activated.connect(self._take)
        self.condition.textChanged.connect(self._take)
        self.every.valueChanged.connect(self._take)
        self.patience.valueChanged.connect(self._take)
        self.once.toggled.connect(self._take)
        for keys, done in (("Space", self.switch), ("Delete", self.remove)):
            action = QAction(self.table)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(done)
            self.table.addAction(action)

    def _on_row(self) -> None:
        self._offer(self.context.selection.server)
        self._fill()

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == ON:
            self.switch()

    def _fill(self) -> None:
        """Show the chosen gate; what is being typed and cannot be read yet stays."""
        gate = self.chosen()
        if gate is None:
            return
        self._filling = True
        self.place.setCurrentIndex(PLACES.index((gate.point, gate.when)) if (gate.point, gate.when) in PLACES else -1)
        if not (self.condition.hasFocus() and self.condition.problem()) and self.condition.text() != gate.condition:
            self.condition.setText(gate.condition)
        self.every.setValue(gate.every)
        self.every.setEnabled(not gate.once)
        self.once.setChecked(gate.once)
        if self.patience.value() != (gate.patience or 0):
            self.patience.setValue(gate.patience or 0)
        self._filling = False
        if self._gates.on:
            self._say(
                self.condition.problem() or self._gates.errors_of(self.context.selection.server).get(gate.number, "")
            )

    def _take(self) -> None:
        """Change the chosen gate to what stands in the form."""
        gate = self.chosen()
        if self._filling or gate is None:
            return
        problem = self.condition.problem()
        self._say(problem)
        if problem:
            return
        place = self.place.currentIndex()
        point, when = PLACES[place] if place >= 0 else (gate.point, gate.when)
        self._put(
            dataclasses.replace(
                gate, point=point, when=when, condition=self.condition.text(), every=self.every.value(),
                once=self.once.isChecked(), patience=self.patience.value() or None,
            )
        )  # fmt: skip


def _side_by_side(*fields: QWidget) -> QWidget:
    both = QWidget()
    both.setLayout(row(*fields, None, spacing=6))
    return both


def _dress(box: QAbstractSpinBox, name: str, tip: str) -> None:
    box.setFixedWidth(84)
    _name(box, name, tip)


def _name(widget: QWidget, name: str, tip: str) -> None:
    widget.setAccessibleName(name)
    set_tip(widget, tip)
