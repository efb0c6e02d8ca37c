"""The faults of the selected server: a table of them, and below it the chosen one to be changed in place."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QToolButton, QWidget

from app.context import Context
from app.icons import icon
from app.link.tick import Tick
from app.models.faults import ON, WAITING, FaultSetting, FaultsModel
from app.panels.faultform import FaultForm
from app.panels.live import LivePanel, row
from app.panels.tables import make_table
from app.text import label, set_role, set_tip, tr


class FaultsPanel(LivePanel):
    """Follows the selected server. What is typed takes effect at once, if it can be read."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._faults = context.faults
        self._filling = False
        self._count = 0
        self.model = FaultsModel(self)
        self.table = make_table(self.model, tr("Faults"), tr("Space switches the chosen one; below it can be changed"))
        self.form = FaultForm()
        self.message = label(name=tr("Problem with the fault"), role="error", wrap=True)
        self.message.setContentsMargins(12, 2, 12, 8)
        self.box.addWidget(self.table, 1)
        self.box.addWidget(self.form)
        self.box.addWidget(self.message)
        self.head_tools = self._make_tools()
        self._connect()
        self.setFocusProxy(self.table)
        self.show_faults()

    def refresh(self, tick: Tick) -> None:
        self._offer()

    def show_faults(self) -> None:
        """Show the selected server's."""
        key, chosen = self.context.selection.server, self.chosen()
        faults = self._faults.of(key)
        self.model.show(faults, self._faults.errors_of(key))
        numbers = [fault.number for fault in faults]
        joined = len(numbers) > self._count
        self._count = len(numbers)
        if joined:
            self.table.selectRow(len(numbers) - 1)
        elif chosen is not None and chosen.number in numbers:
            self.table.selectRow(numbers.index(chosen.number))
        elif numbers and not self.table.currentIndex().isValid():
            self.table.selectRow(len(numbers) - 1)
        self._offer()
        self._fill()

    def chosen(self) -> FaultSetting | None:
        """The fault of the chosen row."""
        return self.model.fault(self.table.currentIndex().row())

    def add(self) -> None:
        """A fault of the first kind that suits, to be changed."""
        self._faults.add(self.context.selection.server)

    def remove(self) -> None:
        """Delete the chosen fault."""
        fault = self.chosen()
        if fault is not None:
            self._faults.remove(self.context.selection.server, fault.number)

    def switch(self) -> None:
        """Switch the chosen fault."""
        fault = self.chosen()
        if fault is not None:
            self._faults.toggle(self.context.selection.server, fault.number)

    def _offer(self) -> None:
        key, there = self.context.selection.server, self.chosen() is not None
        self.add_button.setEnabled(bool(key))
        set_tip(self.add_button, tr("Add a fault") if key else tr("Select a server first"))
        self.remove_button.setEnabled(there)
        set_tip(self.remove_button, tr("Delete the chosen fault (Delete)") if there else tr("Choose a fault"))
        self.form.setVisible(there)
        self.form.offer(self._faults.transport(key))

    def _say(self, sentence: str, role: str = "error") -> None:
        set_role(self.message, role)
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))

    def _explain(self, fault: FaultSetting | None) -> None:
        """The one sentence below: what is wrong, else what one may wonder about."""
        key = self.context.selection.server
        problem = (
            (self.form.problem() or self._faults.errors_of(key).get(fault.number, "")) if fault is not None else ""
        )
        if problem:
            self._say(problem)
        elif not self._faults.on:
            self._say(tr("All faults are off (Ctrl+Shift+F9)."), "warn-small")
        elif fault is None:
            self._say(tr("No fault. + adds one.") if key else tr("Select a server."), "dim")
        elif fault.kind in WAITING and self._is_single():
            self._say(tr("This server handles one request at a time: while one is delayed, all wait."), "warn-small")
        else:
            self._say("")

    def _is_single(self) -> bool:
        status = self.server()
        return status is not None and status.concurrency == "single"

    def _make_tools(self) -> QWidget:
        self.switch_all = QToolButton()
        self.switch_all.setDefaultAction(self.context.action("faults.switch"))
        self.switch_all.setAccessibleName(tr("Faults act"))
        self.switch_all.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.add_button, self.remove_button = QToolButton(), QToolButton()
        self.add_button.setIcon(icon("plus"))
        self.add_button.setAccessibleName(tr("Add a fault"))
        self.remove_button.setIcon(icon("trash"))
        self.remove_button.setAccessibleName(tr("Delete the fault"))
        tools = QWidget()
        tools.setLayout(row(self.switch_all, self.add_button, self.remove_button, spacing=2))
        for button in (self.switch_all, self.add_button, self.remove_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return tools

    def _connect(self) -> None:
        self._faults.changed.connect(self.show_faults)
        self.context.selection.server_changed.connect(lambda _key: self.show_faults())
        self.table.selectionModel().currentRowChanged.connect(self._on_row)
        self.table.clicked.connect(self._on_clicked)
        self.add_button.clicked.connect(self.add)
        self.remove_button.clicked.connect(self.remove)
        self.form.changed.connect(self._take)
        for keys, done in (("Space", self.switch), ("Delete", self.remove)):
            action = QAction(self.table)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(done)
            self.table.addAction(action)

    def _on_row(self) -> None:
        self._offer()
        self._fill()

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == ON:
            self.switch()

    def _fill(self) -> None:
        """Show the chosen fault."""
        fault = self.chosen()
        if fault is not None:
            self._filling = True
            self.form.show_fault(fault)
            self._filling = False
        self._explain(fault)

    def _take(self) -> None:
        """Change the chosen fault to what stands in the form."""
        fault = self.chosen()
        if self._filling or fault is None:
            return
        if self.form.problem():
            self._explain(fault)
            return
        self._faults.put(self.context.selection.server, self.form.read(fault))
