"""What each action does, and when it can be done: functions by the action's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app import settings as known
from app.about import show_about
from app.conditions import Scope
from app.keysheet import CommandPalette, KeySheet
from app.requestcommands import (
    clear_capture,
    close_request,
    compare_two,
    copy_test,
    next_error,
    run_again,
    save_session,
)
from app.servercommands import (
    copy_line,
    duplicate_server,
    edit_server,
    new_mock,
    new_server,
    on_save,
    open_any,
    remove_server,
    respawn,
    run_script,
    switch_demo,
)
from engine.debug.gates import RAISED
from engine.hosting.profile import ON_SAVE

Command = Callable[[Scope], None]


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
    **{f"on_save.{how}": on_save(how) for how in ON_SAVE},
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
