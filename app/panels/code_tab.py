"""The inspector's Code: the file of the selected server's handler, or the line at which the selected request failed."""

from __future__ import annotations

import os

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QPushButton, QStackedLayout, QVBoxLayout, QWidget

from app.context import Context
from app.link.tick import ServerStatus
from app.models.codeversion import code_text
from app.models.failures import first_own, read_frames
from app.models.sourcefile import Place, SourceError, SourceFile, handler_place, read_source
from app.panels.editor import open_in_editor
from app.panels.live import Slow, paint_ground, strip
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
        self._slow = Slow()
        self._build()
        self.view.line_changed.connect(self._on_line)
        self.editor_button.clicked.connect(self.open_editor)
        action = QAction(self)
        action.setShortcut(QKeySequence("Ctrl+E"))
        action.triggered.connect(self.open_editor)
        self.addAction(action)

    @property
    def path(self) -> str:
        """The file that is shown, "" for none."""
        return self._file.path if self._file is not None else ""

    def show_request(self, request: RequestRecord | None, failure: FailureRecord | None, now: int) -> None:
        """Show the line at which a request failed, else the handler of its server or of the selected one."""
        about = (request and request.id, failure and failure.id, self._context.selection.server)
        if not self._slow.due(now) and about == self._about:
            return
        self._about = about
        server = self._server(request)
        self.set_status(*code_text(server, self._context.link.reader.wall_offset))
        self._failing = None
        place = _unloaded_place(server) or _failed_place(failure)
        if place is not None and server is not None and server.code.error is not None:
            self._failing = place.line or 0, server.code.error.sentence
        elif place is not None and failure is not None:
            self._failing = place.line, f"{failure.type}: {failure.message}"
        self._show(place or self._handler_place(request))

    def set_status(self, sentence: str, role: str = "small") -> None:
        """Say how the file and the running server stand to each other, at the head's right end."""
        self.status.setText(safe_text(sentence, 200))
        set_role(self.status, role)

    def open_editor(self) -> None:
        """Open the shown file at the cursor."""
        if self._file is not None:
            self._context.tell(open_in_editor(self._context.settings, self._file.path, self.view.line))

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
        self.bar = strip(self.where, None, self.status, self.editor_button)
        self.page = QWidget()
        layout = QVBoxLayout(self.page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
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
        if moved and place is not None and self._file is not None and (line := place.find_line()):
            self.view.show_line(line) if self._failing else self.view.show_top(line)
        self._mark()

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

    def _on_line(self, line: int) -> None:
        self.where.setText(safe_text(f"{self.path}:{line}", 300))

    def _handler_place(self, request: RequestRecord | None) -> Place | None:
        status = self._server(request)
        key = self._context.selection.server
        if status is not None:
            key = status.script or status.key
        entry = self._context.workspace.entry(key)
        return handler_place(entry.profile) if entry is not None else None

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
