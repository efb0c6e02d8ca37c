"""What each action does, and when it can be done: functions by the action's id."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from app import settings as known
from app.about import show_about
from app.conditions import Scope
from app.dialogs.script import ScriptDialog
from app.dialogs.server import ServerDialog
from app.keysheet import CommandPalette, KeySheet
from app.link.saving import Saving
from app.text import ask, number, safe_text, size, tr
from engine.capture.filters import FilterError, parse
from engine.capture.reader import BadCapture
from engine.debug.gates import RAISED
from engine.hosting.profile import ON_SAVE, Profile
from engine.replay.playback import NotPlayable, read_playback
from engine.replay.pytestcase import pytest_case

Command = Callable[[Scope], None]


# Servers


def _taken(scope: Scope, but: str = "") -> list[str]:
    """The names that other servers have."""
    return [entry.profile.name for entry in scope.context.workspace.entries if entry.key != but]


def new_server(scope: Scope, profile: Profile | None = None) -> None:
    dialog = ServerDialog(profile, _taken(scope), scope.parent)
    dialog.profile_accepted.connect(lambda made, start: scope.context.desk.add(made, start=start))
    dialog.open()


def new_mock(scope: Scope) -> None:
    new_server(scope, Profile(name="", rules={"each": "line", "rules": [{"match": "any", "answer": r"ok\r\n"}]}))


def open_any(scope: Scope) -> None:
    kinds = tr("Handlers and captures (*.py *.socketscope);;All files (*)")
    path, _kind = QFileDialog.getOpenFileName(scope.parent, tr("Open a handler or a capture"), "", kinds)
    if path:
        open_file(scope, Path(path))


def open_file(scope: Scope, file: Path) -> None:
    """A handler file becomes a new server; a capture is looked at; of anything else the window says what is wrong."""
    if not file.is_file():
        scope.context.tell(tr("There is no file {}.").format(safe_text(str(file), 300)))
    elif file.suffix == ".py" and scope.context.session is None:
        new_server(scope, Profile(name="", handler_file=str(file.resolve())))
    else:
        scope.shell.open_session(file)


def run_script(scope: Scope) -> None:
    dialog = ScriptDialog(None, _taken(scope), scope.parent)
    dialog.profile_accepted.connect(lambda made, start: scope.context.desk.add(made, start=start))
    dialog.open()


def edit_server(scope: Scope) -> None:
    key = scope.server
    entry = scope.context.workspace.entry(key)
    if entry is None:
        return
    taken = _taken(scope, key)
    if entry.profile.kind == "script":
        dialog: ServerDialog | ScriptDialog = ScriptDialog(entry.profile, taken, scope.parent)
    else:
        dialog = ServerDialog(entry.profile, taken, scope.parent)
    dialog.profile_accepted.connect(lambda made, start: scope.context.desk.edit(key, made, start=start))
    dialog.open()


def duplicate_server(scope: Scope) -> None:
    entry = scope.context.workspace.entry(scope.server)
    if entry is not None:
        path = f"{entry.profile.path}.2" if entry.profile.path else ""
        name = tr("{} copy").format(entry.profile.name)
        scope.context.desk.add(dataclasses.replace(entry.profile, name=name, port=0, path=path), start=False)


def remove_server(scope: Scope) -> None:
    entry = scope.context.workspace.entry(scope.server)
    if entry is None:
        return
    sentence = tr("Remove {} from the workspace? What it did stays in the capture.")
    if ask(scope.parent, tr("Remove server"), sentence.format(safe_text(entry.profile.name)), tr("Remove")):
        scope.context.desk.remove(entry.key)


def copy_line(scope: Scope) -> None:
    status = scope.context.desk.status(scope.context.selection.server)
    if status is not None:
        line = connect_line(status.transport, status.address)
        QGuiApplication.clipboard().setText(line)
        scope.context.tell(tr("Copied: {}").format(line))


def connect_line(transport: str, address: str) -> str:
    """The command that connects to a server by hand."""
    if transport == "unix":
        return f"socat - UNIX-CONNECT:{address}"
    if transport == "unixgram":
        return f"socat - UNIX-SENDTO:{address}"
    host, _colon, port = address.rpartition(":")
    return f"nc {'-u ' if transport == 'udp' else ''}{host.strip('[]')} {port}"


def switch_demo(scope: Scope) -> None:
    desk = scope.context.desk
    if desk.has_demo(scope.server):
        desk.stop_demo(scope.server)
    else:
        desk.start_demo(scope.server)
    scope.shell.refresh_actions()


def _on_save(how: str) -> Command:
    return lambda scope: scope.context.desk.set_on_save(scope.server, how)


def respawn(scope: Scope) -> None:
    scope.context.link.respawn()
    scope.context.selection.select_request(None)
    scope.context.tell(tr("Another supervisor is there; your servers are stopped."))


# Requests


def next_error(scope: Scope, *, forward: bool = True) -> None:
    """The failed request after (or before) the selected one, among those that the filter shows."""
    view, selection = scope.context.view, scope.context.selection
    try:
        failed = parse(f"{view.filter} state:error".strip())
    except FilterError:
        return
    place = selection.request
    for record in scope.context.link.reader.requests(failed, descending=not forward, limit=5000):
        if place is None or (record.id > place if forward else record.id < place):
            view.set_following(False)
            selection.select_request(record.id)
            return
    scope.context.tell(tr("No further error.") if forward else tr("No earlier error."))


def close_request(scope: Scope, how: str) -> None:
    request = scope.context.selection.request
    if request is not None:
        scope.context.link.close_request(request, how, lambda trouble: scope.context.tell(trouble.sentence))


def clear_capture(scope: Scope) -> None:
    scope.context.selection.select_request(None)
    count = scope.context.clearing.clear()
    scope.context.tell(tr("Cleared {n} requests. Ctrl+Z brings them back.").format(n=number(count)))


def run_again(scope: Scope) -> None:
    request = scope.context.selection.request
    if request is not None:
        scope.context.reruns.run_again(request)


def compare_two(scope: Scope) -> None:
    pair = scope.context.selection.pair
    if pair is not None:
        scope.context.reruns.compare(*pair)


def copy_test(scope: Scope) -> None:
    request, reader = scope.context.selection.request, scope.context.link.reader
    if request is None:
        return
    try:
        playback = read_playback(reader, request)
        record = reader.request(request)
        server = next((one for one in reader.servers() if record is not None and one.id == record.server), None)
        text = pytest_case(playback, server.profile if server is not None else {})
    except (NotPlayable, BadCapture) as error:
        scope.context.tell(str(error))
        return
    QGuiApplication.clipboard().setText(text)
    scope.context.tell(tr("A test of #{n} is on the clipboard; save it as test_….py and run pytest.").format(n=request))


def save_session(scope: Scope) -> None:
    name = time.strftime("%Y%m%d-%H%M.socketscope")
    path, _kind = QFileDialog.getSaveFileName(scope.parent, tr("Save session"), name, tr("Captures (*.socketscope)"))
    if path:
        save_to(scope, Path(path))


def save_to(scope: Scope, target: Path) -> Saving:
    """Begin to save; how it ends is told in the status bar."""
    if not target.suffix:
        target = target.with_suffix(".socketscope")
    saving = Saving(scope.context.link.reader.path, target, scope.parent)

    def told(path: Path, count: int) -> None:
        file = safe_text(str(path), 300)
        scope.context.tell(tr("Saved {size} to {file}.").format(size=size(count), file=file))

    saving.saved.connect(told)
    saving.failed.connect(scope.context.tell)
    saving.start()
    return saving


# Debug


def pause_now(scope: Scope) -> None:
    request = scope.context.selection.request
    if request is not None:
        scope.context.gates.halt(request)


def toggle_gate(scope: Scope) -> None:
    """On the line that the keyboard is in, else on the selected stage."""
    lines = scope.context.lines
    if lines.focused and lines.cursor is not None:
        lines.toggle(*lines.cursor)
    else:
        scope.context.gates.toggle(scope.context.selection.server, scope.point)


def go_on(scope: Scope) -> None:
    """What is paused at a stage goes on; if nothing is, or the keyboard is in lines, what is stopped at a line."""
    gates, lines = scope.context.gates, scope.context.lines
    if lines.stopped and (lines.leads or not gates.paused):
        lines.go("continue")
    else:
        gates.decide("continue")


def release_all(scope: Scope) -> None:
    scope.context.lines.release()
    if scope.context.gates.paused:
        scope.context.gates.release()


def add_fault(scope: Scope) -> None:
    """A fault for the selected server, to be changed in its panel."""
    scope.context.faults.add(scope.context.selection.server)
    scope.shell.reveal("faults")


# View


def other_theme(scope: Scope) -> None:
    scope.context.themes.toggle()
    scope.context.settings.set(known.THEME, scope.context.themes.mode)


def system_theme(scope: Scope) -> None:
    scope.context.themes.set_mode("system")
    scope.context.settings.set(known.THEME, "system")


def reset_layout(scope: Scope) -> None:
    scope.shell.arrange("live")


# Help


def show_keys(scope: Scope) -> None:
    KeySheet(scope.parent).open()


def show_palette(scope: Scope) -> None:
    CommandPalette(scope.context.action, scope.parent).open()


COMMANDS: Mapping[str, Command] = {
    "server.mock": new_mock,
    "server.new": new_server,
    "handler.open": open_any,
    "script.run": run_script,
    "app.quit": lambda scope: (scope.shell.close(), None)[1],
    "server.start": lambda scope: scope.context.desk.start(scope.server),
    "server.stop": lambda scope: scope.context.desk.stop(scope.server),
    "server.restart": lambda scope: scope.context.desk.restart(scope.server),
    "servers.stop_all": lambda scope: scope.context.desk.stop_all(),
    "server.edit": edit_server,
    "server.duplicate": duplicate_server,
    "server.remove": remove_server,
    "server.copy_line": copy_line,
    "server.demo": switch_demo,
    **{f"on_save.{how}": _on_save(how) for how in ON_SAVE},
    "supervisor.respawn": respawn,
    "filter.focus": lambda scope: scope.shell.focus_filter(),
    "bytes.find": lambda scope: scope.shell.find_bytes(),
    "filter.clear": lambda scope: scope.context.view.set_filter(""),
    "requests.focus": lambda scope: scope.shell.focus_requests(),
    "request.next_error": next_error,
    "request.previous_error": lambda scope: next_error(scope, forward=False),
    "request.close": lambda scope: close_request(scope, "close"),
    "request.reset": lambda scope: close_request(scope, "reset"),
    "request.again": run_again,
    "request.compare": compare_two,
    "request.bench": lambda scope: scope.shell.arrange("replay"),
    "request.copy_test": copy_test,
    "capture.clear": clear_capture,
    "capture.undo": lambda scope: scope.context.clearing.undo(),
    "capture.save": save_session,
    "pause.continue": go_on,
    "pause.step": lambda scope: scope.context.gates.decide("step"),
    "pause.drop": lambda scope: scope.context.gates.decide("drop"),
    "pause.reset": lambda scope: scope.context.gates.decide("reset"),
    "pause.reject": lambda scope: scope.context.gates.decide("reject"),
    "pause.answer": lambda scope: scope.context.gates.decide("answer"),
    "pause.release": release_all,
    "line.over": lambda scope: scope.context.lines.go("over"),
    "line.into": lambda scope: scope.context.lines.go("into"),
    "line.out": lambda scope: scope.context.lines.go("out"),
    "line.cursor": lambda scope: scope.context.lines.go("cursor"),
    "pause.now": pause_now,
    "gate.toggle": toggle_gate,
    "gate.raised": lambda scope: scope.context.gates.toggle(scope.server, RAISED),
    "gates.switch": lambda scope: scope.context.gates.switch(not scope.context.gates.on),
    "fault.add": add_fault,
    "faults.switch": lambda scope: scope.context.faults.switch(not scope.context.faults.on),
    "perspective.live": lambda scope: scope.shell.arrange("live"),
    "perspective.debug": lambda scope: scope.shell.arrange("debug"),
    "perspective.load": lambda scope: scope.shell.arrange("load"),
    "perspective.replay": lambda scope: scope.shell.arrange("replay"),
    "view.welcome": lambda scope: scope.shell.show_welcome(),
    "view.freeze": lambda scope: scope.context.view.set_frozen(not scope.context.view.frozen),
    "view.follow": lambda scope: scope.context.view.set_following(not scope.context.view.following),
    "view.theme": other_theme,
    "view.theme_system": system_theme,
    "view.reset": reset_layout,
    "help.commands": show_palette,
    "help.keys": show_keys,
    "help.about": lambda scope: show_about(scope.parent),
}
