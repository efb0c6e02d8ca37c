"""The inspector's Exception: what was raised where, with the locals, the bytes that they came from, and the source."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence

from app.context import Context
from app.models.conversation import Conversation
from app.models.copying import python_bytes
from app.models.failures import Frame, Local, first_own, read_frames, traceback_text
from app.models.selection import ByteRange
from app.panels.alike import AlikeStrip
from app.panels.editor import open_in_editor
from app.panels.endings import calm_sentence, cause_word, further_sentence, sent_sentence
from app.panels.exceptionlook import ExceptionLook
from app.panels.live import Slow
from app.text import QT_TR_NOOP, safe_text, set_role, set_tip, tr
from app.widgets.hexview import Mark
from engine.capture.records import FailureRecord, RequestRecord
from engine.observe.causes import Cause

HEX_LINE = 16
HEX_EDGES = 18
"""Above and below the lines, a scroll bar's height included."""
MOST_HEX_LINES = 4
NO_FRAMES = QT_TR_NOOP("The worker ended without a traceback; no variables are known.")


@dataclass(frozen=True)
class Shown:
    """What the tab shows at the moment."""

    request: RequestRecord
    failure: FailureRecord
    frames: tuple[Frame, ...]
    received: bytes


class ExceptionTab(ExceptionLook):
    """The failure of the selected request, or one line that there is none."""

    def __init__(self, context: Context) -> None:
        super().__init__(AlikeStrip(context))
        self._context = context
        self._shown: Shown | None = None
        self._slow = Slow()
        self._connect()

    def count_alike(self, now: int) -> None:
        """Others may have failed alike since."""
        if self._shown is not None and self._slow.due(now):
            self.alike.show_request(self._shown.request.id)

    def show_failure(self, request: RequestRecord, failure: FailureRecord, conversation: Conversation) -> None:
        """Show what went wrong in a request."""
        received = conversation.data(True)
        if self._is_shown(failure, received):
            return
        frames = read_frames(failure.detail, received)
        self._shown = Shown(request, failure, frames, received)
        self.alike.show_request(request.id)
        further = further_sentence(self._context.link.reader.further_failures(request.id))
        self.further.setText(further)
        self.further.setVisible(bool(further))
        kind = safe_text(failure.type)
        said = safe_text(f"{kind}: {failure.message}" if failure.message else kind, 400)
        set_role(self.title, "error-strong" if failure.cause is Cause.BUG else "strong")
        self.title.setText(said if failure.cause is Cause.BUG else f"{cause_word(failure.cause)} · {said}")
        self.hex.set_data(received, True)
        self.hex.setFixedHeight(HEX_LINE * min(MOST_HEX_LINES, max(1, -(-len(received) // 16))) + HEX_EDGES)
        self._frames.set_frames(frames)
        first = first_own(frames)
        self.frames.setCurrentIndex(self._frames.index(first))
        self._show_frame(self._frames.frame_at(first))
        self.out.setText(sent_sentence(request, conversation.size(False)))
        self._enable()
        self.show_parts(True)

    def show_calm(self, request: RequestRecord | None, now: int) -> None:
        """Say that nothing was raised."""
        self._shown = None
        self.calm.setText(calm_sentence(request, now))
        self.show_parts(False)

    def marks(self) -> list[Mark]:
        """The received bytes that locals of the shown frame hold."""
        frame = self._current_frame()
        return [mark for local in frame.locals for mark in _marks(local)] if frame else []

    def _is_shown(self, failure: FailureRecord, received: bytes) -> bool:
        shown = self._shown
        return shown is not None and shown.failure.id == failure.id and len(shown.received) == len(received)

    def _connect(self) -> None:
        self.frames.selectionModel().currentChanged.connect(self._on_frame)
        self.locals.selectionModel().currentRowChanged.connect(self._on_local)
        self.locals.setMouseTracking(True)
        self.locals.entered.connect(self._on_local_entered)
        self.locals.viewportEntered.connect(self._show_chosen)
        self._context.selection.range_changed.connect(self._on_range)
        self.hex.range_chosen.connect(self._context.selection.select_range)
        self.again_button.clicked.connect(lambda: self._context.run("request.again"))
        self.break_button.clicked.connect(self.break_here)
        self.copy_button.clicked.connect(self.copy_traceback)
        self.editor_button.clicked.connect(self.open_editor)
        self.bytes_button.clicked.connect(self.copy_received)
        for keys, slot in (("Ctrl+E", self.open_editor), ("Ctrl+Shift+T", self.copy_traceback)):
            action = QAction(self)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.triggered.connect(slot)
            self.addAction(action)

    def break_here(self) -> None:
        """Set a breakpoint before the stage that raised, or take it away."""
        if self._shown is not None:
            self._context.selection.select_stage(self._shown.failure.stage)
            self._context.run("gate.toggle")

    def copy_traceback(self) -> None:
        """Put the traceback on the clipboard."""
        if self._shown is not None:
            failure = self._shown.failure
            chain = failure.detail.get("chain") or ()
            QGuiApplication.clipboard().setText(
                traceback_text(failure.type, failure.message, self._shown.frames, chain)
            )
            self._context.tell(tr("Traceback copied."))

    def copy_received(self) -> None:
        """Put what was received on the clipboard as a bytes literal."""
        if self._shown is not None:
            QGuiApplication.clipboard().setText(python_bytes(self._shown.received))
            self._context.tell(tr("Received bytes copied."))

    def open_editor(self) -> None:
        """Open the shown frame's file at its line."""
        frame = self._current_frame()
        place = _place(self._shown.failure) if self._shown is not None else None
        if self._shown is not None and frame is not None:
            place = frame.file, frame.line
        if place is not None:
            self._context.tell(open_in_editor(self._context.settings, *place))

    def _current_frame(self) -> Frame | None:
        return self._frames.frame_at(max(0, self.frames.currentIndex().row()))

    def _on_frame(self, current: QModelIndex) -> None:
        self._show_frame(self._frames.frame_at(current.row()))

    def _show_frame(self, frame: Frame | None) -> None:
        place = safe_text(f"{frame.place} in {frame.function}") if frame else ""
        self.where.setText(place)
        set_tip(self.where, place)
        self._locals.replace(frame.locals if frame else ())
        self.source.show_lines(frame.source if frame else (), frame.line if frame else 0)
        received = self._shown.received if self._shown else b""
        self.came.setText(tr("← in {n} B").format(n=len(received)))
        self._show_slice(None)
        self.locals.setVisible(self._locals.rowCount() > 0)
        self.lost.setVisible(self._locals.rowCount() == 0)
        self.lost.setText(tr("No variables are known of this line.") if frame else tr(NO_FRAMES))
        first = self._locals.first_slice()
        if first >= 0:
            self.locals.selectRow(first)

    def _on_local(self, current: QModelIndex) -> None:
        local = self._locals.at(current.row())
        self._show_slice(local)
        if self.locals.hasFocus() and local is not None and local.slices:
            self._context.selection.select_range(ByteRange(True, *local.slices[0].span))

    def _on_local_entered(self, index: QModelIndex) -> None:
        self._show_slice(self._locals.at(index.row()))

    def _show_chosen(self) -> None:
        """What the pointer showed gives way to what is selected."""
        self._show_slice(self._locals.at(self.locals.currentIndex().row()))

    def _on_range(self, chosen: ByteRange | None) -> None:
        """Let the variables stand out that hold the chosen bytes, and say which they are."""
        self._locals.choose(chosen)
        names = ", ".join(safe_text(local.name, 40) for local in self._locals.holding())
        if chosen is not None and names and not self.locals.hasFocus():
            self.slice.setText(tr("bytes {places} are {name}").format(places=_places(chosen), name=names))

    def _show_slice(self, local: Local | None) -> None:
        """Mark the bytes that a variable holds."""
        if local is None or not local.slices:
            self.slice.clear()
            self.hex.set_marks([])
            return
        first = ByteRange(True, *local.slices[0].span)
        self.slice.setText(tr("bytes {places} are {name}").format(places=_places(first), name=safe_text(local.name)))
        self.hex.set_marks(_marks(local))
        # Scroll there, and leave the mark to speak for itself.
        self.hex.select(first)
        self.hex.select(None)

    def _enable(self) -> None:
        """A worker that died may have told no frames: what would show them is out of the way."""
        has_frame = bool(self._shown and self._shown.frames)
        for widget in (self.where, self.code):
            widget.setVisible(has_frame)
        self.frames.setVisible(self._frames.rowCount() > 1)
        known = has_frame or bool(self._shown and _place(self._shown.failure))
        self.editor_button.setEnabled(known)
        tip = tr("Open the failing line in your editor (Ctrl+E)")
        set_tip(self.editor_button, tip if known else tr("No line of Python is known for this failure"))


def _place(failure: FailureRecord) -> tuple[str, int] | None:
    """Where a worker died, if nothing but the line is known."""
    file, line = failure.detail.get("file"), failure.detail.get("line")
    return (file, line) if isinstance(file, str) and isinstance(line, int) else None


def _marks(local: Local) -> list[Mark]:
    return [Mark(True, *one.span, local.name) for one in local.slices]


def _places(chosen: ByteRange) -> str:
    """`0–3`: the first and the last byte."""  # noqa: RUF002  # a range's dash
    return str(chosen.start) if chosen.size == 1 else f"{chosen.start}–{chosen.end - 1}"  # noqa: RUF001
