"""How the inspector's Exception looks: its parts side by side, and below each other where there is little room."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QListView, QSplitter, QStackedLayout, QTableView, QVBoxLayout, QWidget

from app.models.failures import FramesModel, LocalsModel
from app.panels.alike import AlikeStrip
from app.panels.failurebuttons import FailureButtons
from app.panels.live import paint_ground, row
from app.panels.localstable import dress, set_columns
from app.panels.source import SourceView
from app.text import label, set_tip, tr
from app.widgets.hexview import HexView

WIDE = [360, 610, 176]
NARROW = 1000
"""Below this width of the tab the buttons get no column of their own."""
NARROW_BYTES = 576
"""What a row of sixteen bytes takes."""


class ExceptionLook(QWidget):
    """The variables on the left, what came in and the source in the middle, buttons on the right; or one sentence."""

    def __init__(self, alike: AlikeStrip) -> None:
        super().__init__()
        paint_ground(self, "content")
        self.alike = alike
        self._stack = QStackedLayout(self)
        self.calm = label(name=tr("Exception"), role="dim", wrap=True)
        self.calm.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.calm.setMargin(12)
        self._stack.addWidget(self.calm)
        self._stack.addWidget(self._build_failure())

    def show_parts(self, failed: bool) -> None:
        """Show the parts, or the sentence."""
        self._stack.setCurrentIndex(int(failed))

    def _build_failure(self) -> QWidget:
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        for part, width in ((self._build_left(), 320), (self._build_middle(), 600), (self._build_right(), 170)):
            split.addWidget(part)
            split.setStretchFactor(split.count() - 1, width)
        self._split = split
        split.setSizes(WIDE)
        return split

    def _build_left(self) -> QWidget:
        self.title = label(name=tr("Error"), role="error-strong", wrap=True)
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.where = label(name=tr("Where it was raised"), role="mono-dim", elide=True)
        self.further = label(name=tr("What was raised after it"), role="error-small", wrap=True)
        self.lost = label(name=tr("Variables"), role="dim", wrap=True)
        self._locals = LocalsModel(self)
        self.locals = QTableView()
        self.locals.setModel(self._locals)
        self.locals.setAccessibleName(tr("Local variables"))
        set_tip(self.locals, tr("Variables of the frame when it raised; choose one to see its bytes"))
        dress(self.locals)
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(12, 8, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addWidget(self.where)
        layout.addWidget(self.further)
        layout.addWidget(self.alike)
        layout.addSpacing(4)
        layout.addWidget(self.locals, 1)
        layout.addWidget(self.lost)
        layout.addStretch()
        self._left = layout
        return part

    def _build_middle(self) -> QWidget:
        self.came = label(name=tr("Received"), role="dim")
        self.slice = label(name=tr("Marked bytes"), role="error")
        self.hex = HexView()
        self.hex.setAccessibleName(tr("Received bytes"))
        set_tip(self.hex, tr("What came in; bytes that a variable holds are marked"))
        self.out = label(name=tr("Sent"), role="dim")
        self._frames = FramesModel(self)
        self.frames = QListView()
        self.frames.setModel(self._frames)
        self.frames.setAccessibleName(tr("Frames"))
        self.frames.setUniformItemSizes(True)
        self.frames.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.frames.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        set_tip(self.frames, tr("The calls that led to it, the one that raised first"))
        self.source = SourceView()
        self.code = QSplitter(Qt.Orientation.Horizontal)
        self.code.addWidget(self.frames)
        self.code.addWidget(self.source)
        self.code.setSizes([236, 360])
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(12, 8, 8, 4)
        layout.setSpacing(4)
        layout.addLayout(row(self.came, self.slice, None, self.out))
        layout.addWidget(self.hex)
        layout.addWidget(self.code, 1)
        layout.addStretch()
        return part

    def _build_right(self) -> QWidget:
        self.buttons = FailureButtons()
        self.again_button, self.break_button, self.editor_button, self.copy_button, self.bytes_button = self.buttons.all
        return self.buttons

    def _lay_out(self, width: int) -> None:
        """When there is little room the buttons stand below the variables, and the bytes get their full width."""
        narrow = width < NARROW
        if narrow == self.buttons.compact:
            return
        self.buttons.set_compact(narrow)
        if narrow:
            self._left.addWidget(self.buttons)
        else:
            self._split.addWidget(self.buttons)
        self.buttons.show()
        self._split.setSizes([max(1, width - NARROW_BYTES), NARROW_BYTES] if narrow else WIDE)
        set_columns(self.locals, narrow=narrow)

    # Qt's overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out(event.size().width())
