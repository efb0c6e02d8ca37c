"""The inspector's Code: the file of the selected server's handler, or the line at which the selected request failed."""

from __future__ import annotations

import os

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QPushButton, QStackedLayout, QVBoxLayout, QWidget

from app.context import Context
from app.frames import StackFrame
from app.link.tick import ServerStatus, StoppedThread
from app.models.codeversion import code_text
from app.models.failures import first_own, read_frames
from app.models.inlinevalues import Assigned, inline_values
from app.models.linepoints import dots, moved_sentence
from app.models.sourcefile import Place, SourceError, SourceFile, handler_place, read_source
from app.panels.editor import open_in_editor
from app.panels.live import Slow, paint_ground, strip
from app.panels.pointedit import PointEdit
from app.panels.sampling import SamplingButton
from app.text import label, safe_text, set_role, set_tip, tr
from app.widgets.codepaint import LineMark
from app.widgets.codeview import CodeView
from engine.capture.records import FailureRecord, RequestRecord


class CodeTab(QWidget):
    """One file at a time. It is read again when it was saved; nothing of it is ever run here."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        paint_ground(self, "content")
        self._context = context
        self._wanted: Place | None = None
        self._file: SourceFile | None = None
        self._failing: tuple[int, str] | None = None
        self._about: object = None
        self._pinned: Place | None = None
        """What the person asked for, until something else is selected."""
        self._key = ""
        """The server whose file is shown."""
        self._slow = Slow()
        self._assigned = Assigned(())
        self._build()
        self._connect()
        self.editor_button.clicked.connect(self.open_editor)

    def _connect(self) -> None:
        lines = self._context.lines
        self.view.line_changed.connect(self._on_line)
        self.view.focus_changed.connect(self._on_focus)
        self.view.gutter_clicked.connect(lambda line: lines.toggle(self._key, self.path, line))
        self.view.gutter_asked.connect(self.edit_point)
        self.point.said.connect(lambda problem: self._tell(problem, "error"))
        self.point.closed.connect(self.view.setFocus)
        lines.changed.connect(self._show_points)
        lines.frames.changed.connect(self._show_frame)
        self.editor_button.clicked.connect(self.open_editor)
        for keys, slot in (("Ctrl+E", self.open_editor), ("Shift+F9", lambda: self.edit_point(self.view.line))):
            action = QAction(self)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(slot)
            self.addAction(action)

    @property
    def path(self) -> str:
        """The file that is shown, "" for none."""
        return self._file.path if self._file is not None else ""

    def show_request(self, request: RequestRecord | None, failure: FailureRecord | None, now: int) -> None:
        """Show the line at which a request failed, else the handler of its server or of the selected one."""
        stop = self._stop_of(request)
        frame = self._context.lines.frames.chosen if stop is not None else None
        self.sampling.refresh(self._server_key(request), now)
        about = (request and request.id, failure and failure.id, self._context.selection.server, stop, frame)
        if not self._slow.due(now) and about == self._about:
            return
        if about != self._about:
            self._pinned = None
        self._about = about
        server = self._server(request)
        self.set_status(*code_text(server, self._context.link.reader.wall_offset))
        self._failing = None
        place = _unloaded_place(server) or _failed_place(failure)
        if place is not None and server is not None and server.code.error is not None:
            self._failing = place.line or 0, server.code.error.sentence
        elif place is not None and failure is not None:
            self._failing = place.line, f"{failure.type}: {failure.message}"
        self._key = self._server_key(request) if stop is None else stop.key
        stopped = Place(frame.path, frame.line) if frame is not None else None
        if stopped is not None and stopped.path != self.path and not self._may_move():
            stopped = None
        self._show(self._pinned or stopped or place or self._handler_place(request))
        self._show_frame()

    def show_place(self, key: str, path: str, line: int) -> None:
        """Show a line, until something else is selected."""
        self._key, self._pinned = key, Place(path, line)
        self._wanted = None
        self._show(self._pinned)
        self._show_frame()

    def set_status(self, sentence: str, role: str = "small") -> None:
        """Say how the file and the running server stand to each other, at the head's right end."""
        self.status.setText(safe_text(sentence, 200))
        set_role(self.status, role)

    def open_editor(self) -> None:
        """Open the shown file at the cursor."""
        if self._file is not None:
            self._context.tell(open_in_editor(self._context.settings, self._file.path, self.view.line))

    def edit_point(self, line: int) -> None:
        """Change the breakpoint of a line in place; set one first if there is none."""
        lines = self._context.lines
        if not self.path or self._context.workspace.entry(self._key) is None:
            return
        if lines.at(self._key, self.path, line) is None:
            lines.toggle(self._key, self.path, line)
        self.point.show_point(self._key, lines.at(self._key, self.path, line))
        self.point.condition.setFocus()

    def _build(self) -> None:
        self.where = label(name=tr("File"), role="mono-dim", elide=True)
        self.status = label(name=tr("State of the code"), role="small")
        self.editor_button = QPushButton(tr("Editor"))
        self.editor_button.setAccessibleName(tr("Open in editor"))
        set_role(self.editor_button, "link")
        set_tip(self.editor_button, tr("Open this file at the cursor in your editor (Ctrl+E)"))
        self.view = CodeView()
        set_tip(self.view, tr("The handler's code; a click beside a line's number sets a breakpoint there"))
        self.nothing = label(name=tr("Code"), role="dim", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.nothing.setMargin(12)
        self.sampling = SamplingButton(self._context)
        self.sampling.sampled.connect(self._tint)
        self.bar = strip(self.where, None, self.status, self.sampling, self.editor_button)
        self.message = label(name=tr("About the breakpoints"), role="warn-small", wrap=True)
        self.message.setContentsMargins(12, 2, 12, 2)
        self.message.hide()
        self.point = PointEdit(self._context)
        self.page = QWidget()
        layout = QVBoxLayout(self.page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.point)
        layout.addWidget(self.message)
        layout.addWidget(self.view, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self.page)

    def _show(self, place: Place | None) -> None:
        moved, self._wanted = place != self._wanted, place
        if place is None:
            self._say(tr("Select a server whose handler stands in a file."))
        elif self._is_other(place.path):
            self._read(place.path)
        if moved and place is not None and self._may_move() and (line := place.find_line()):
            self.view.show_line(line) if place.line else self.view.show_top(line)
        self._mark()

    def _may_move(self) -> bool:
        """A thread that stops of its own accord takes no cursor away that the keyboard is in."""
        lines = self._context.lines
        uncalled = bool(lines.stopped) and not lines.leads and self._pinned is None
        return self._file is not None and not (uncalled and self.view.hasFocus())

    def _is_other(self, path: str) -> bool:
        """Whether the file is another one, or was saved since."""
        if self._file is None or self._file.path != path:
            return True
        try:
            return os.stat(path).st_mtime_ns != self._file.changed
        except OSError:
            return True

    def _read(self, path: str) -> None:
        try:
            self._file = read_source(path)
        except SourceError as error:
            self._file = None
            self._say(str(error))
            return
        self.view.set_source(self._file.lines)
        self._tint()
        self._assigned = Assigned(self._file.lines)
        self.point.show_point(self._key, None)
        self._show_points()
        self.where.setText(safe_text(path, 300))
        set_tip(self.where, safe_text(path, 1024))
        self._stack.setCurrentWidget(self.page)

    def _say(self, sentence: str) -> None:
        self._file = None
        self.nothing.setText(safe_text(sentence, 1024))
        self._stack.setCurrentWidget(self.nothing)

    def _mark(self) -> None:
        line, text = self._failing or (0, "")
        self.view.set_marks({line: (LineMark.ERROR, text)} if line else {})

    def _tint(self) -> None:
        self.view.set_tint(self.sampling.shares(self.path))

    def _show_points(self) -> None:
        lines = self._context.lines
        settings, state = lines.of(self._key), lines.state(self._key)
        self.view.set_dots(dots(settings, self.path, state, self._context.gates.on))
        if self.point.setting is not None and self.point.setting not in settings:
            self.point.show_point(self._key, None)
        self._tell(moved_sentence(settings, self.path, state) if settings else "", "warn-small")

    def _show_frame(self) -> None:
        """The arrow and the values, if the file is that of the stopped frame."""
        frames = self._context.lines.frames
        frame = frames.chosen
        here = frame is not None and self.path != "" and frame.path == self.path and self._wanted_is(frame)
        self.view.set_arrow(frame.line if here and frame is not None else None)
        values = inline_values(self._assigned, frame.line, frames.values()) if here and frame is not None else {}
        self.view.set_values(values)

    def _wanted_is(self, frame: StackFrame) -> bool:
        return self._wanted is not None and (self._wanted.path, self._wanted.line) == (frame.path, frame.line)

    def _stop_of(self, request: RequestRecord | None) -> StoppedThread | None:
        """The stopped thread to show: that of the selected request, or any while no request is selected."""
        stop = self._context.lines.chosen
        selected = self._context.selection.request
        return stop if stop is not None and (selected is None or stop.id == selected) else None

    def _tell(self, sentence: str, role: str) -> None:
        set_role(self.message, role)
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))

    def _on_focus(self, focused: bool) -> None:
        self._context.lines.focused = focused

    def _on_line(self, line: int) -> None:
        self.where.setText(safe_text(f"{self.path}:{line}", 300))
        self._context.lines.cursor = (self._key, self.path, line) if self.path else None

    def _handler_place(self, request: RequestRecord | None) -> Place | None:
        entry = self._context.workspace.entry(self._server_key(request))
        return handler_place(entry.profile) if entry is not None else None

    def _server_key(self, request: RequestRecord | None) -> str:
        status = self._server(request)
        return status.script or status.key if status is not None else self._context.selection.server

    def _server(self, request: RequestRecord | None) -> ServerStatus | None:
        tick = self._context.link.tick
        if request is not None:
            return next((server for server in tick.servers if request.server in server.ids), None)
        return tick.server(self._context.selection.server)


def _unloaded_place(server: ServerStatus | None) -> Place | None:
    """The line that kept the newest code from being loaded."""
    if server is None or not server.state.up or server.code.error is None:
        return None
    file, line = server.code.error.extras.get("file"), server.code.error.extras.get("line")
    known = isinstance(file, str) and isinstance(line, int) and os.path.isfile(file)
    return Place(str(file), int(line)) if known and isinstance(line, int) else None


def _failed_place(failure: FailureRecord | None) -> Place | None:
    """The line of the person's own code that raised, if its file is there."""
    if failure is None:
        return None
    frames = read_frames(failure.detail)
    if not frames:
        return None
    frame = frames[len(frames) - 1 - first_own(frames)]
    return Place(frame.file, frame.line) if frame.line and os.path.isfile(frame.file) else None
