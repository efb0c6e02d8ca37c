"""What actions do with servers: make, edit, copy and remove them, open files, say how to connect."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from app.conditions import Scope
from app.dialogs.script import ScriptDialog
from app.dialogs.server import ServerDialog
from app.reach import connect_line
from app.text import ask, safe_text, tr
from engine.hosting.profile import Profile


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
    listener = scope.context.link.tick.listener(scope.context.selection.server)
    if listener is not None:
        line = connect_line(listener)
        QGuiApplication.clipboard().setText(line)
        scope.context.tell(tr("Copied: {}").format(safe_text(line)))


def switch_demo(scope: Scope) -> None:
    desk = scope.context.desk
    if desk.has_demo(scope.server):
        desk.stop_demo(scope.server)
    else:
        desk.start_demo(scope.server)
    scope.shell.refresh_actions()


def on_save(how: str) -> Callable[[Scope], None]:
    """What makes it the rule for code that is saved while its server runs."""
    return lambda scope: scope.context.desk.set_on_save(scope.server, how)


def respawn(scope: Scope) -> None:
    scope.context.link.respawn()
    scope.context.selection.select_request(None)
    scope.context.tell(tr("Another supervisor is there; your servers are stopped."))
