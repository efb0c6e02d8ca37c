"""Threads stopped at lines: which, their call stack, the values in a frame, and expressions evaluated there."""

from __future__ import annotations

import os

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QComboBox, QLineEdit, QToolButton, QVBoxLayout, QWidget

from app.context import Context
from app.icons import icon
from app.link.tick import Tick
from app.models.stopped import StoppedModel
from app.models.variables import VariablesModel
from app.panels.live import LEAST_HEIGHT, LivePanel, Slow, row
from app.panels.tables import make_table
from app.text import label, no_mnemonic, safe_text, set_role, set_tip, tr
from app.theme import ROW

BUTTONS = ("pause.continue", "line.over", "line.into", "line.out", "line.cursor")
MOST_ROWS = 3
"""Stopped threads that are shown without scrolling."""


class VariablesPanel(LivePanel):
    """A stop joins at the end and never takes the place of the chosen one, nor of the selected request."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setMinimumHeight(LEAST_HEIGHT)
        self._lines = context.lines
        self._slow = Slow()
        self._filling = False
        self.threads = StoppedModel(self)
        self.model = VariablesModel(self)
        self._build()
        self._connect()
        self.setFocusProxy(self.table)

    def refresh(self, tick: Tick) -> None:
        if self._slow.due(tick.at):
            self._show_threads()

    def _build(self) -> None:
        self.nothing = label(name=tr("No thread is stopped at a line"), role="dim", wrap=True)
        self.nothing.setContentsMargins(12, 12, 12, 12)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.table = make_table(self.threads, tr("Stopped threads"), tr("Choose one to see its line and its values"))
        self.table.horizontalHeader().hide()
        self.stack = QComboBox()
        self.stack.setMinimumContentsLength(8)
        self.stack.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.stack.setAccessibleName(tr("Call stack"))
        set_tip(self.stack, tr("The calls that the thread is in, the innermost first"))
        self.note = label(name=tr("About the stopped thread"), role="warn-small", wrap=True)
        self.values = make_table(
            self.model,
            tr("Variables"),
            tr("Watched expressions, local variables and what self holds; Delete unwatches"),
        )
        self.expression = QLineEdit()
        self.expression.setAccessibleName(tr("Expression"))
        self.expression.setPlaceholderText(tr("Evaluate in the frame"))
        self.expression.setMaxLength(1000)
        set_role(self.expression, "mono")
        set_tip(self.expression, tr("One Python expression; Enter evaluates it in the chosen frame, + watches it"))
        self.watch_button = QToolButton()
        self.watch_button.setIcon(icon("plus"))
        self.watch_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.watch_button.setAccessibleName(tr("Watch this expression"))
        set_tip(self.watch_button, tr("Watch this expression wherever a thread of this server stops"))
        self.result = label(name=tr("Value of the expression"), role="mono", wrap=True)
        self.result.setContentsMargins(12, 0, 12, 4)
        self._lay_out()

    def _lay_out(self) -> None:
        self.body = QWidget()
        layout = QVBoxLayout(self.body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.table)
        line = row(*(self._button(name) for name in BUTTONS), self.stack, margins=(6, 4, 8, 4), spacing=0)
        line.setStretchFactor(self.stack, 1)
        layout.addLayout(line)
        layout.addWidget(self.note)
        layout.addWidget(self.values, 1)
        layout.addLayout(row(self.expression, self.watch_button, margins=(12, 4, 8, 4), spacing=4))
        layout.addWidget(self.result)
        self.note.setContentsMargins(12, 2, 12, 0)
        self.box.addWidget(self.nothing, 1)
        self.box.addWidget(self.body, 1)

    def _button(self, name: str) -> QToolButton:
        action = self.context.action(name)
        made = QToolButton()
        made.setDefaultAction(action)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        made.setAccessibleName(action.text())
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return made

    def _connect(self) -> None:
        self.table.selectionModel().currentRowChanged.connect(self._on_row)
        self.stack.activated.connect(self._on_frame)
        self.expression.returnPressed.connect(self.evaluate)
        self.watch_button.clicked.connect(self.watch)
        self._lines.stopped_changed.connect(self._show_threads)
        self._lines.chosen_changed.connect(self._show_threads)
        self._lines.changed.connect(self._show_threads)
        self._lines.frames.changed.connect(self._show_frame)
        unwatch = QAction(self.values)
        unwatch.setShortcut(QKeySequence("Delete"))
        unwatch.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        unwatch.triggered.connect(self.unwatch)
        self.values.addAction(unwatch)

    def evaluate(self) -> None:
        """Evaluate what was typed in the chosen frame."""
        expression = self.expression.text().strip()
        if expression:
            self._say(tr("…"))
            self._lines.frames.evaluate(expression, self._take)

    def watch(self) -> None:
        """Look at what was typed wherever a thread stops."""
        stop, expression = self._lines.chosen, self.expression.text().strip()
        if stop is not None and expression:
            self._lines.watch(stop.key, expression)
            self.expression.clear()

    def unwatch(self) -> None:
        """Look no more at the chosen expression."""
        stop, chosen = self._lines.chosen, self.model.at(self.values.currentIndex().row())
        if stop is not None and chosen is not None and chosen.watched:
            self._lines.unwatch(stop.key, chosen.name)

    def _take(self, text: str, failed: bool) -> None:
        self._say(safe_text(text, 600), "error-small" if failed else "mono")

    def _say(self, text: str, role: str = "mono") -> None:
        set_role(self.result, role)
        self.result.setText(text)
        self.result.setVisible(bool(text))

    def _show_threads(self) -> None:
        stopped = self._lines.stopped
        self._filling = True
        self.threads.show(stopped, self.context.link.tick.at)
        self.body.setVisible(bool(stopped))
        self.nothing.setVisible(not stopped)
        self.nothing.setText(self._nothing())
        self.table.setFixedHeight(ROW * max(1, min(MOST_ROWS, len(stopped))))
        place = self.threads.row_of(self._lines.chosen)
        if place >= 0 and place != self.table.currentIndex().row():
            self.table.selectRow(place)
        self._filling = False
        self._show_note()

    def _nothing(self) -> str:
        key = self.context.selection.server
        state = self._lines.state(key)
        if state is not None and state.error:
            return safe_text(state.error)
        if self._lines.of(key):
            return tr("No thread is stopped at a line. The next request that comes to a breakpoint stops.")
        return tr("No thread is stopped at a line. F9 in the Code tab, or a click beside a line, sets a breakpoint.")

    def _show_note(self) -> None:
        """Where one request is served at a time, all wait for the one that is stopped."""
        stop = self._lines.chosen
        status = self.context.link.tick.server(stop.key) if stop is not None else None
        alone = status is not None and status.concurrency == "single"
        self.note.setText(tr("Everything waits: this server serves one request at a time.") if alone else "")
        self.note.setVisible(alone)

    def _show_frame(self) -> None:
        frames = self._lines.frames
        names = [f"{frame.name}:{frame.line}  {os.path.basename(frame.path)}" for frame in frames.stack]
        self.stack.clear()
        self.stack.addItems([no_mnemonic(safe_text(name, 120)) for name in names])
        self.stack.setCurrentIndex(frames.stack.index(frames.chosen) if frames.chosen in frames.stack else -1)
        self.model.show([*frames.watched, *frames.variables])
        if frames.chosen is None:
            self._say("")

    def _on_row(self, current: QModelIndex) -> None:
        """Choosing a stopped thread selects its request everywhere."""
        found = self.threads.at(current.row())
        if found is None or self._filling or not self.table.hasFocus():
            return
        if found.id is not None:
            self.context.selection.select_request(found.id)
        self._lines.choose(found)

    def _on_frame(self, index: int) -> None:
        stack = self._lines.frames.stack
        if 0 <= index < len(stack):
            self._lines.frames.choose(stack[index])
