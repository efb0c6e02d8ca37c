"""The inspector's Bytes: what came in and went out, in the order of time, as hex or text, to be copied or saved."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.context import Context
from app.models.chunks import ChunksModel
from app.models.conversation import Conversation
from app.models.copying import COPY_FORMATS
from app.panels.live import paint_ground, strip
from app.text import label, number, set_role, set_tip, size, tr
from app.widgets.conversation import ENCODINGS, ConversationView
from app.widgets.hexview import Mark


class BytesTab(QWidget):
    """The conversation of the selected request."""

    def __init__(self, context: Context, model: ChunksModel) -> None:
        super().__init__()
        paint_ground(self, "content")
        self._context = context
        self._model = model
        self.view = ConversationView()
        self.view.setAccessibleName(tr("Bytes of the selected request"))
        set_tip(self.view, tr("Received and sent bytes; select with Shift and arrows, copy with Ctrl+C"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._bar = self._build_bar()
        self.nothing = label(tr("Select a request."), role="dim")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.nothing.setMargin(12)
        layout.addWidget(self._bar)
        layout.addWidget(self._build_guard())
        layout.addWidget(self.view, 1)
        layout.addWidget(self.nothing, 1)
        self._connect()
        self._show_mode("hex")

    def show_nothing(self, nothing: bool) -> None:
        """Say that no request is selected, or show the selected one."""
        self._bar.setVisible(not nothing)
        self.view.setVisible(not nothing)
        self.nothing.setVisible(nothing)

    def set_note(self, sentence: str) -> None:
        """What to say when nothing was sent."""
        self.view.set_note(False, sentence)

    def set_marks(self, marks: list[Mark]) -> None:
        """Mark bytes in the view."""
        self.view.set_marks(marks)

    def _build_bar(self) -> QWidget:
        self._modes = QButtonGroup(self)
        self.hex_button = self._mode_button(tr("Hex"), "hex", tr("Show bytes as hexadecimal numbers and ASCII"))
        self.text_button = self._mode_button(
            tr("Text"), "text", tr("Show bytes as text with visible control characters")
        )
        self.encoding = QComboBox()
        self.encoding.addItems(ENCODINGS)
        self.encoding.setAccessibleName(tr("Encoding"))
        set_tip(self.encoding, tr("How bytes are read as text"))
        copy_tip = tr("Copy the selected bytes, or the chunk at the cursor")
        self.copy_button = _menu_button(tr("Copy as"), copy_tip, self._copy_menu())
        save_tip = tr("Write the received or the sent bytes to a file")
        self.save_button = _menu_button(tr("Save"), save_tip, self._save_menu())
        self.sizes = label(name=tr("Sizes"), role="small")
        return strip(
            self.hex_button, self.text_button, self.encoding, self.sizes, None, self.copy_button, self.save_button
        )  # fmt: skip

    def _build_guard(self) -> QWidget:
        self._guard_text = label(role="small")
        self.more_button = QPushButton(tr("Load more"))
        set_role(self.more_button, "link")
        set_tip(self.more_button, tr("Load the rest of the captured bytes"))
        self._guard = strip(self._guard_text, self.more_button, None)
        self._guard.hide()
        return self._guard

    def _mode_button(self, text: str, mode: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setCheckable(True)
        button.setChecked(mode == "hex")
        set_role(button, "flat")
        set_tip(button, tip)
        button.clicked.connect(lambda: self._show_mode(mode))
        self._modes.addButton(button)
        return button

    def _copy_menu(self) -> QMenu:
        menu = QMenu(self)
        for form in COPY_FORMATS:
            menu.addAction(form.label, partial(self.view.copy, form.key))
        return menu

    def _save_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction(tr("Received bytes…"), lambda: self._ask_where(received=True))
        menu.addAction(tr("Sent bytes…"), lambda: self._ask_where(received=False))
        return menu

    def _connect(self) -> None:
        selection = self._context.selection
        self._model.conversation_changed.connect(self._show)
        self.view.range_chosen.connect(selection.select_range)
        self.view.chunk_chosen.connect(self._choose_chunk)
        self.view.more_requested.connect(self._model.load_more)
        self.more_button.clicked.connect(self._model.load_more)
        self.encoding.currentTextChanged.connect(self.view.set_encoding)
        selection.range_changed.connect(self.view.select)
        selection.chunk_changed.connect(self.view.select_chunk)

    def _choose_chunk(self, chunk: int | None) -> None:
        """The range survives: choosing bytes moves the cursor into their chunk."""
        if chunk != self._context.selection.chunk:
            chosen = self.view.selected()
            self._context.selection.select_chunk(chunk)
            self._context.selection.select_range(chosen)

    def _show_mode(self, mode: str) -> None:
        self.view.set_mode(mode)
        self.encoding.setVisible(mode == "text")

    def _show(self, conversation: Conversation) -> None:
        self.view.set_conversation(conversation, loaded_all=self._model.loaded_all)
        came, went = conversation.size(True), conversation.size(False)
        self.sizes.setText(tr("← in {came}   → out {went}").format(came=_bytes(came), went=_bytes(went)))
        loaded = sum(len(chunk.data) for chunk in conversation.chunks)
        self._guard.setVisible(not self._model.loaded_all)
        self._guard_text.setText(tr("First {some} of {all}.").format(some=size(loaded), all=size(came + went)))

    def _ask_where(self, *, received: bool) -> None:
        request = self._context.selection.request
        if request is None:
            return
        name = f"request-{request}-{'in' if received else 'out'}.bin"
        dialog = QFileDialog(self, tr("Save bytes"), name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(lambda path: self.save(Path(path), request, received=received))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save(self, path: Path, request: int, *, received: bool) -> None:
        """Write every captured byte of one direction to a file."""
        chunks = self._context.link.reader.chunks(request, limit_bytes=1 << 40)
        data = b"".join(chunk.data for chunk in chunks if chunk.received is received)
        try:
            path.write_bytes(data)
        except OSError as error:
            self._context.tell(tr("The bytes were not saved: {reason}.").format(reason=error.strerror))
            return
        self._context.tell(tr("Saved {n} bytes.").format(n=number(len(data))))


def _menu_button(text: str, tip: str, menu: QMenu) -> QToolButton:
    button = QToolButton()
    button.setText(f"{text} ▾")
    button.setAccessibleName(text)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setMenu(menu)
    set_tip(button, tip)
    return button


def _bytes(count: int) -> str:
    return f"{number(count)} B"
