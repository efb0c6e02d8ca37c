"""Below the breakpoints on stages: those on lines of the selected server, in all its files."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.context import Context
from app.models.linelist import ON, LineListModel
from app.models.linepoints import LineSetting
from app.panels.tables import make_table
from app.text import tr
from app.theme import ROW

HEAD = 24
MOST_ROWS = 6
"""That are shown without scrolling."""


class LineList(QWidget):
    """There only while there are any. Enter goes to the line, Space switches it, Delete takes it away."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._lines = context.lines
        self.model = LineListModel(self)
        self.table = make_table(
            self.model,
            tr("Breakpoints on lines"),
            tr("Enter goes to it, Space switches it, Delete removes it"),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        self.table.clicked.connect(self._on_clicked)
        for keys, done in (("Space", self.switch), ("Delete", self.remove), ("Return", self.go_there)):
            self._add(keys, done)
        self._lines.changed.connect(self.show_lines)
        context.selection.server_changed.connect(lambda _key: self.show_lines())
        self.show_lines()

    def show_lines(self) -> None:
        """Show the selected server's."""
        key = self._key()
        settings = self._lines.of(key)
        self.model.show(settings, self._lines.state(key))
        self.setVisible(bool(settings))
        self.table.setFixedHeight(HEAD + ROW * min(MOST_ROWS, len(settings)))

    def chosen(self) -> LineSetting | None:
        """The breakpoint of the chosen row."""
        found = self.model.at(self.table.currentIndex().row())
        return found[0] if found is not None else None

    def switch(self) -> None:
        """Switch the chosen one."""
        if (setting := self.chosen()) is not None:
            self._lines.put(self._key(), dataclasses.replace(setting, enabled=not setting.enabled))

    def remove(self) -> None:
        """Take the chosen one away."""
        if (setting := self.chosen()) is not None:
            self._lines.remove(self._key(), setting)

    def go_there(self) -> None:
        """Show the chosen one's line in the Code tab."""
        if (setting := self.chosen()) is not None:
            self._lines.place_wanted.emit(self._key(), setting.path, setting.line)

    def _key(self) -> str:
        key = self._context.selection.server
        status = self._context.link.tick.server(key)
        return status.script if status is not None and status.script else key

    def _on_clicked(self, index: QModelIndex) -> None:
        self.switch() if index.column() == ON else self.go_there()

    def _add(self, keys: str, done: Callable[[], None]) -> None:
        action = QAction(self.table)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(done)
        self.table.addAction(action)
