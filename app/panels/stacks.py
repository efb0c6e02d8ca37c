"""The stacks: where all threads of a server and its children are at one moment, to be read and copied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QListView, QPushButton, QSplitter, QWidget

from app.context import Context
from app.link.tick import Tick, Trouble
from app.models.failures import FramesModel
from app.models.stacks import StacksModel, ThreadStack, dump_text
from app.panels.editor import open_in_editor
from app.panels.live import LEAST_HEIGHT, LivePanel, row
from app.panels.tables import make_table
from app.text import label, safe_text, set_role, set_tip, tr


class StacksPanel(LivePanel):
    """One dump of the selected server; it stands still until another is taken."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setMinimumHeight(LEAST_HEIGHT)
        self._key = ""
        self.model = StacksModel(self)
        self.table = make_table(
            self.model, tr("Threads"), tr("All threads of the server, those that serve requests first")
        )
        self.table.selectionModel().currentRowChanged.connect(self._on_row)
        self.table.activated.connect(self._select_request)
        self._frames = FramesModel(self)
        self.frames = QListView()
        self.frames.setModel(self._frames)
        self.frames.setAccessibleName(tr("Stack of the chosen thread"))
        self.frames.setUniformItemSizes(True)
        set_tip(self.frames, tr("The calls that it is in, the innermost first; Enter opens the line in your editor"))
        self.frames.activated.connect(self._open)
        self.note = label(name=tr("About the stacks"), role="dim", wrap=True)
        self.note.setContentsMargins(12, 6, 12, 6)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.table)
        split.addWidget(self.frames)
        split.setSizes([640, 320])
        self.box.addWidget(self.note)
        self.box.addWidget(split, 1)
        self.head_tools = self._build_tools()
        self.setFocusProxy(self.table)

    def refresh(self, tick: Tick) -> None:
        """Nothing moves by itself; another server has other stacks."""
        key = self.context.selection.server
        server = self.server()
        up = server is not None and server.state.up
        self.take_button.setEnabled(up)
        if key != self._key:
            self._key = key
            self._show(())
            if up:
                self.take()
        if not self.model.rowCount():
            self.note.setText(tr("Taking the stacks…") if up else tr("No running server is selected."))

    def take(self) -> None:
        """Ask for all stacks as they are now."""
        key = self.context.selection.server
        self.context.link.stacks(key, lambda reply: self._on_answer(key, reply), self._on_refused)

    def copy(self) -> None:
        """Put the whole dump on the clipboard."""
        stacks = [one for one in map(self.model.at, range(self.model.rowCount())) if one is not None]
        QGuiApplication.clipboard().setText(dump_text(stacks))
        self.context.tell(tr("Stacks copied."))

    def _build_tools(self) -> QWidget:
        self.take_button = QPushButton(tr("Take again"))
        set_tip(self.take_button, tr("Look anew where all threads are"))
        self.take_button.clicked.connect(self.take)
        self.copy_button = QPushButton(tr("Copy all"))
        set_tip(self.copy_button, tr("Copy all stacks as text"))
        self.copy_button.clicked.connect(self.copy)
        for button in (self.take_button, self.copy_button):
            set_role(button, "link")
        tools = QWidget()
        tools.setLayout(row(None, self.take_button, self.copy_button))
        return tools

    def _on_answer(self, key: str, reply: Mapping[str, Any]) -> None:
        if key == self.context.selection.server:
            stacks = reply.get("stacks")
            found = stacks if isinstance(stacks, list) else []
            self._show(tuple(ThreadStack.from_json(one) for one in found if isinstance(one, Mapping)))

    def _on_refused(self, trouble: Trouble) -> None:
        self._show(())
        self.note.setText(safe_text(trouble.sentence, 200))

    def _show(self, stacks: tuple[ThreadStack, ...]) -> None:
        self.model.show(stacks)
        self.note.setVisible(not stacks)
        self.copy_button.setEnabled(bool(stacks))
        self._frames.set_frames(())
        if stacks:
            self.table.selectRow(0)

    def _on_row(self, current: QModelIndex) -> None:
        one = self.model.at(current.row())
        self._frames.set_frames(one.frames if one is not None else ())

    def _select_request(self, index: QModelIndex) -> None:
        one = self.model.at(index.row())
        if one is not None and one.where.request:
            self.context.selection.select_request(one.where.request)

    def _open(self, index: QModelIndex) -> None:
        frame = self._frames.frame_at(index.row())
        if frame is not None:
            self.context.tell(open_in_editor(self.context.settings, frame.file, frame.line))
