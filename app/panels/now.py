"""Where a live request's worker is now: one sentence, its stack, and the lines around the one it is at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QListView, QPushButton, QSplitter, QVBoxLayout, QWidget

from app.context import Context
from app.link.tick import Trouble
from app.models.failures import Frame, FramesModel, first_own, read_frames
from app.models.stacks import stack_text
from app.models.whereabouts import Whereabouts
from app.panels.editor import open_in_editor
from app.panels.live import Slow, row
from app.panels.source import SourceView
from app.text import label, safe_text, set_role, set_tip, tr
from engine.capture.records import RequestRecord


class NowView(QWidget):
    """Asks for the stack twice a second, for as long as it is shown something that lives."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._slow = Slow()
        self._request: int | None = None
        self._where: Whereabouts | None = None
        self._stack: tuple[Frame, ...] = ()
        self.sentence = label(name=tr("Where it is now"), role="strong", wrap=True)
        self.copy_button = self._button(tr("Copy stack"), tr("Copy the stack as Python prints one"), self.copy_stack)
        self.editor_button = self._button(tr("Open in editor"), tr("Open this line in your editor"), self.open_editor)
        self._frames = FramesModel(self)
        self.frames = QListView()
        self.frames.setModel(self._frames)
        self.frames.setAccessibleName(tr("Stack"))
        self.frames.setUniformItemSizes(True)
        self.frames.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        set_tip(self.frames, tr("The calls that it is in, the innermost first"))
        self.frames.selectionModel().currentChanged.connect(self._on_frame)
        self.source = SourceView()
        set_tip(self.source, tr("The lines around the one it is at"))
        self._lay_out()

    def _lay_out(self) -> None:
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.frames)
        split.addWidget(self.source)
        split.setSizes([200, 320])
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 4)
        layout.setSpacing(4)
        layout.addLayout(row(self.sentence, self.copy_button, self.editor_button))
        layout.addWidget(split, 1)

    def _button(self, text: str, hint: str, act: Any) -> QPushButton:
        button = QPushButton(text)
        set_role(button, "link")
        set_tip(button, hint)
        button.clicked.connect(act)
        return button

    def show_request(self, request: RequestRecord | None, now: int) -> None:
        """Ask where it is, if it lives; else there is nothing to be seen."""
        alive = request is not None and request.state.live
        self.setVisible(alive)
        if request is None or not alive:
            self._request = self._where = None
            return
        if request.id != self._request:
            self._request = request.id
            self._slow.reset()
            self._show(None)
        if self._slow.due(now):
            number = request.id
            self._context.link.where(
                number, lambda reply: self._on_answer(number, reply), lambda trouble: self._on_refused(number, trouble)
            )

    def copy_stack(self) -> None:
        """Put the stack on the clipboard."""
        if self._where is not None:
            QGuiApplication.clipboard().setText(stack_text(self._where, self._stack))
            self._context.tell(tr("Stack copied."))

    def open_editor(self) -> None:
        """Open the shown frame's file at its line."""
        frame = self._frames.frame_at(max(0, self.frames.currentIndex().row()))
        if frame is not None:
            self._context.tell(open_in_editor(self._context.settings, frame.file, frame.line))

    def _on_answer(self, request: int, reply: Mapping[str, Any]) -> None:
        if request == self._request and isinstance(reply.get("where"), Mapping):
            self._show(Whereabouts.from_json(reply["where"]), read_frames(reply["where"]))

    def _on_refused(self, request: int, trouble: Trouble) -> None:
        if request == self._request:
            self._show(None)
            self.sentence.setText(safe_text(trouble.sentence, 200))

    def _show(self, where: Whereabouts | None, frames: tuple[Frame, ...] = ()) -> None:
        same, self._stack = frames == self._stack, frames
        self._where = where
        self.sentence.setText(where.sentence if where is not None else "")
        set_role(self.sentence, "warn-strong" if where is not None and where.stuck else "strong")
        for button in (self.copy_button, self.editor_button):
            button.setEnabled(bool(frames))
        if not same:
            self._frames.set_frames(frames)
            self.frames.setCurrentIndex(self._frames.index(first_own(frames)))
            self._show_frame(self._frames.frame_at(first_own(frames)))

    def _on_frame(self, current: QModelIndex) -> None:
        self._show_frame(self._frames.frame_at(current.row()))

    def _show_frame(self, frame: Frame | None) -> None:
        self.source.show_lines(frame.source if frame else (), frame.line if frame else 0)
