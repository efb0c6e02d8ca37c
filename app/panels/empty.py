"""What the requests panel says when it has no row to show: what is true, why, and the next step."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.context import Context
from app.link.tick import ServerState, ServerStatus, Tick
from app.panels.live import row
from app.reach import connect_line
from app.text import label, number, safe_text, set_role, set_tip, tr

TEST_LINE = b"hello from Socketscope\r\n"


@dataclass(frozen=True)
class Nothing:
    """Why there is nothing: the sentence, and what can be done."""

    sentence: str
    button: str = ""
    """"send", "clear", "start" or "new"; "" for none."""
    line: str = ""
    """A command to copy."""
    key: str = ""
    """The server that it is about."""


def why_nothing(tick: Tick, selected: str, wanted: str, total: int, name: str = "") -> Nothing:
    """What is true when no request is shown. `wanted` is the filter, `selected` a server's key, `name` its name."""
    if wanted and total:
        return Nothing(tr("0 of {n} match {filter}.").format(n=number(total), filter=safe_text(wanted, 80)), "clear")
    if name and tick.server(selected) is None:
        return Nothing(tr("{name} is stopped.").format(name=safe_text(name, 60)), "start", key=selected)
    server = tick.listener(selected) or tick.server(selected) or _first_up(tick)
    if server is None:
        return Nothing(tr("No server is running."), "new")
    name = safe_text(server.name, 60)
    if server.listens:
        sentence = tr("{name} is listening on {address}. No request yet.")
        address = safe_text(server.address, 110)
        return Nothing(sentence.format(name=name, address=address), "send", connect_line(server), server.key)
    if server.state is ServerState.LISTENING:
        return Nothing(tr("{name} runs, and has made no server yet.").format(name=name), key=server.key)
    if server.state.up:
        return Nothing(tr("{name} is starting.").format(name=name), key=server.key)
    if server.error is not None:
        return Nothing(safe_text(server.error.sentence), "start", key=server.key)
    return Nothing(tr("{name} is stopped.").format(name=name), "start", key=server.key)


def _first_up(tick: Tick) -> ServerStatus | None:
    up = [server for server in tick.servers if server.state.up]
    return next((server for server in up if server.listens), up[0] if up else None)


class EmptyPage(QWidget):
    """One sentence in the middle, with at most one button and one line to copy."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._shown: Nothing | None = None
        self.sentence = label(name=tr("Why there is no request"), role="dim", wrap=True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton()
        self.button.setAccessibleName(tr("Next step"))
        set_tip(self.button, tr("What can be done about it"))
        self.button.clicked.connect(self._act)
        self.either = label(tr("or"), role="dim")
        self.line = label(name=tr("Command that connects"), role="mono")
        self.line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy = QPushButton(tr("Copy"))
        set_role(self.copy, "link")
        set_tip(self.copy, tr("Copy the command"))
        self.copy.clicked.connect(self._copy)
        self._lay_out()

    def show_nothing(self, nothing: Nothing) -> None:
        """Say why; nothing moves when it is said already."""
        if nothing == self._shown:
            return
        self._shown = nothing
        self.sentence.setText(nothing.sentence)
        text, tip = _buttons().get(nothing.button, ("", ""))
        self.button.setText(text)
        self.button.setAccessibleName(text)
        self.button.setVisible(bool(text))
        set_tip(self.button, tip)
        for widget in (self.either, self.line, self.copy):
            widget.setVisible(bool(nothing.line))
        self.line.setText(safe_text(nothing.line, 160))

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(12)
        layout.addStretch(2)
        layout.addWidget(self.sentence)
        centred = QHBoxLayout()
        centred.addStretch(1)
        centred.addLayout(row(self.button, self.either, self.line, self.copy))
        centred.addStretch(1)
        layout.addLayout(centred)
        layout.addStretch(3)

    def _act(self) -> None:
        assert self._shown is not None
        key = self._shown.key
        if self._shown.button == "send":
            self._context.link.start_clients(
                base64.b64encode(TEST_LINE).decode(), key=key, half_close=True, label="test line"
            )
        elif self._shown.button == "clear":
            self._context.run("filter.clear")
        elif self._shown.button == "start":
            status = self._context.link.tick.server(key)
            self._context.desk.start(status.script if status is not None and status.script else key)
        else:
            self._context.run("server.new")

    def _copy(self) -> None:
        assert self._shown is not None
        QGuiApplication.clipboard().setText(self._shown.line)
        self._context.tell(tr("Copied: {line}").format(line=safe_text(self._shown.line)))


def _buttons() -> dict[str, tuple[str, str]]:
    return {
        "send": (tr("Send a test line"), tr("Let a built-in client send one line and read the answer")),
        "clear": (tr("Clear filter"), tr("Show every request again")),
        "start": (tr("Start"), tr("Start this server")),
        "new": (tr("New server…"), tr("Set up a server")),
    }
