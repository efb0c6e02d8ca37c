"""What commands act on, when an action can be done, and which of the checkable ones are on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QWidget

from app.actions import by_id
from app.context import Context
from app.sessions import blocks
from app.text import tr
from engine.debug.gates import POINTS, RAISED
from engine.hosting.profile import ON_SAVE


class Shell(Protocol):
    """What commands need of the window."""

    perspective: str

    def focus_filter(self) -> None:
        """Put the keyboard into the filter box."""

    def find_bytes(self) -> None:
        """Begin a filter for bytes."""

    def focus_requests(self) -> None:
        """Put it into the list."""

    def show_welcome(self) -> None:
        """Show the page with the examples."""

    def open_session(self, path: Path) -> None:
        """Look at a capture file."""

    def arrange(self, perspective: str) -> None:
        """Put the panels into a perspective's order."""

    def refresh_actions(self) -> None:
        """Look again which actions can be done."""

    def reveal(self, panel: str) -> None:
        """Show a panel, in front."""

    def close(self) -> bool:
        """Close the window."""


@dataclass(frozen=True)
class Scope:
    """What a command may act on."""

    context: Context
    shell: Shell
    parent: QWidget

    @property
    def server(self) -> str:
        """Key of the selected server, of its script's for a server that a script made."""
        key = self.context.selection.server
        status = self.context.link.tick.server(key)
        return status.script if status is not None and status.script else key

    @property
    def point(self) -> str:
        """Where a breakpoint would be set: the selected stage, else `handle`."""
        stage = self.context.selection.stage
        return stage.method if stage is not None else "handle"

    @property
    def stand(self) -> object:
        """Of all that a tick tells, only what makes an action possible, impossible or checked."""
        servers = [(server.key, server.state, server.script) for server in self.context.link.tick.servers]
        return servers, self.context.desk.has_demo(self.server)


def _on_save(scope: Scope) -> str:
    entry = scope.context.workspace.entry(scope.server)
    return entry.profile.on_save if entry is not None else ""


CHECKS: Mapping[str, Callable[[Scope], bool]] = {
    "server.demo": lambda scope: scope.context.desk.has_demo(scope.server),
    **{f"on_save.{how}": lambda scope, how=how: _on_save(scope) == how for how in ON_SAVE},  # type: ignore[misc]
    "view.freeze": lambda scope: scope.context.view.frozen,
    "view.follow": lambda scope: scope.context.view.following,
    "gate.raised": lambda scope: scope.context.gates.at(scope.server, RAISED) is not None,
    "gates.switch": lambda scope: scope.context.gates.on,
    "faults.switch": lambda scope: scope.context.faults.on,
    "perspective.live": lambda scope: scope.shell.perspective == "live",
    "perspective.debug": lambda scope: scope.shell.perspective == "debug",
    "perspective.load": lambda scope: scope.shell.perspective == "load",
    "perspective.replay": lambda scope: scope.shell.perspective == "replay",
}
"""Whether a checkable action is on."""


def why_not(scope: Scope, name: str) -> str:
    """Why an action cannot be done now; "" when it can."""
    record = by_id(name)
    if scope.context.session is not None and blocks(record.menu, name):
        return tr("This session comes from a file; nothing runs in it")
    needs = record.needs
    return CONDITIONS[needs](scope) if needs else ""


def _needs_server(scope: Scope) -> str:
    return "" if scope.context.workspace.entry(scope.server) else tr("Select a server first")


def _needs_code(scope: Scope) -> str:
    entry = scope.context.workspace.entry(scope.server)
    if entry is not None and entry.profile.kind == "script":
        return tr("A program's code is its own; restart it to run what was saved")
    return _needs_server(scope)


def _needs_stopped(scope: Scope) -> str:
    return _needs_server(scope) or (tr("It runs already") if scope.context.desk.is_up(scope.server) else "")


def _needs_up(scope: Scope) -> str:
    return _needs_server(scope) or ("" if scope.context.desk.is_up(scope.server) else tr("It is not running"))


def _needs_known(scope: Scope) -> str:
    """A server that crashed is restarted, too."""
    known = scope.context.desk.status(scope.server) is not None
    return _needs_server(scope) or ("" if known else tr("It has not been started yet"))


def _needs_listening(scope: Scope) -> str:
    listener = scope.context.link.tick.listener(scope.context.selection.server)
    return "" if listener is not None else tr("No listening server is selected")


def _needs_example(scope: Scope) -> str:
    entry = scope.context.workspace.entry(scope.server)
    if entry is None or not entry.profile.example:
        return tr("The selected server is none of the examples")
    return _needs_up(scope)


def _needs_request(scope: Scope) -> str:
    return "" if scope.context.selection.request is not None else tr("Select a live request first")


def _needs_playable(scope: Scope) -> str:
    if scope.context.selection.request is None:
        return tr("Select a request first")
    return "" if scope.context.link.alive else tr("The supervisor has ended")


def _needs_pair(scope: Scope) -> str:
    return "" if scope.context.selection.pair is not None else tr("Select two requests first")


def _needs_paused(scope: Scope) -> str:
    return "" if scope.context.gates.paused else tr("Nothing is paused")


def _needs_held(scope: Scope) -> str:
    return "" if scope.context.gates.paused or scope.context.lines.stopped else tr("Nothing is paused")


def _needs_stopped_thread(scope: Scope) -> str:
    stop = scope.context.lines.chosen
    if stop is None:
        return tr("No thread is stopped at a line")
    return tr("It is on its way to the next line") if stop.running else ""


def _needs_cursor(scope: Scope) -> str:
    cursor = "" if scope.context.lines.cursor else tr("Put the cursor into a line of code first")
    return _needs_stopped_thread(scope) or cursor


def _needs_verify(scope: Scope) -> str:
    paused = scope.context.gates.chosen
    if paused is None:
        return _needs_paused(scope)
    return "" if paused.point == "verify_request" else tr("It is paused behind verify_request")


def _needs_answerable(scope: Scope) -> str:
    paused = scope.context.gates.chosen
    if paused is None:
        return _needs_paused(scope)
    nothing = paused.data is None and scope.context.gates.draft(paused.number) is None
    return tr("Type the answer below the list first") if nothing else ""


def _needs_running(scope: Scope) -> str:
    request = scope.context.selection.request
    if any(one.id == request for one in scope.context.gates.paused):
        return tr("It is paused already") if request is not None else _needs_request(scope)
    return _needs_request(scope)


def _needs_selected(scope: Scope) -> str:
    return "" if scope.context.selection.server else tr("Select a server first")


def _needs_gateable(scope: Scope) -> str:
    if scope.context.lines.focused:
        return ""
    if not scope.context.selection.server:
        return tr("Select a server first")
    return "" if scope.point in POINTS else tr("No request can be held at {stage}").format(stage=scope.point)


CONDITIONS: Mapping[str, Callable[[Scope], str]] = {
    "server": _needs_server,
    "code": _needs_code,
    "startable": _needs_stopped,
    "stoppable": _needs_up,
    "known": _needs_known,
    "listening": _needs_listening,
    "example": _needs_example,
    "live": _needs_request,
    "playable": _needs_playable,
    "pair": _needs_pair,
    "paused": _needs_paused,
    "held": _needs_held,
    "stopped": _needs_stopped_thread,
    "stopped_cursor": _needs_cursor,
    "rejectable": _needs_verify,
    "answerable": _needs_answerable,
    "running": _needs_running,
    "gateable": _needs_gateable,
    "selected": _needs_selected,
    "cleared": lambda scope: "" if scope.context.clearing.floor else tr("Nothing was cleared a moment ago"),
    "lost": lambda scope: tr("The supervisor is there") if scope.context.link.alive else "",
}
