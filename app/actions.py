"""Every action of the window, declared: menus, shortcuts, tool bar, palette and key sheet are made from this list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.icons import icon
from app.text import QT_TR_NOOP, set_tip, tr

MENUS = (
    ("file", QT_TR_NOOP("File")),
    ("server", QT_TR_NOOP("Server")),
    ("request", QT_TR_NOOP("Request")),
    ("debug", QT_TR_NOOP("Debug")),
    ("view", QT_TR_NOOP("View")),
    ("help", QT_TR_NOOP("Help")),
)


@dataclass(frozen=True)
class Action:
    """One thing that can be done. `id` is what code says; "server.start" is done by `Commands.server_start`.

    `table`: the shortcut is a bare key, and acts only where the action was added with `addAction` (the requests table).
    `needs`: the name of a condition; while it does not hold the action is disabled, and its tip says why.
    """

    id: str
    text: str
    menu: str
    tip: str
    shortcut: str = ""
    icon: str = ""
    needs: str = ""
    checkable: bool = False
    table: bool = False
    separator: bool = False
    """A line above it in the menu."""


ACTIONS: tuple[Action, ...] = (
    Action("server.new", QT_TR_NOOP("New server…"), "file", QT_TR_NOOP("Set up a server: family, concurrency, address, "
           "handler"), "Ctrl+N", "plus"),
    Action("handler.open", QT_TR_NOOP("Open…"), "file", QT_TR_NOOP("Choose a .py file and serve one of its handler "
           "classes, or a capture file and look at what it holds"), "Ctrl+O", "file-code"),
    Action("server.mock", QT_TR_NOOP("New server without code…"), "file", QT_TR_NOOP("Mock a device: answer what comes "
           "by a table of rules"), "Ctrl+Shift+U", "columns-3"),
    Action("script.run", QT_TR_NOOP("Run a script…"), "file", QT_TR_NOOP("Run an unmodified program and watch every "
           "server that it makes"), "Ctrl+Shift+O", "terminal"),
    Action("capture.save", QT_TR_NOOP("Save session…"), "file", QT_TR_NOOP("Save all that has been captured as a file"),
           "Ctrl+S", "save", separator=True),
    Action("app.quit", QT_TR_NOOP("Quit"), "file", QT_TR_NOOP("Stop every server and leave"), "Ctrl+Q", "log-out",
           separator=True),

    Action("server.start", QT_TR_NOOP("Start"), "server",
           QT_TR_NOOP("Start the selected server"), "Ctrl+Return", "play",
           needs="startable"),
    Action("server.stop", QT_TR_NOOP("Stop"), "server", QT_TR_NOOP("Stop the selected server in an orderly way"),
           "Ctrl+.", "square", needs="stoppable"),
    Action("server.restart", QT_TR_NOOP("Restart"), "server", QT_TR_NOOP("A new process behind the same port; clients "
           "wait instead of being refused"), "Ctrl+Shift+R", "rotate-ccw", needs="known"),
    Action("servers.stop_all", QT_TR_NOOP("Stop all servers"), "server", QT_TR_NOOP("Stop every server that is up"),
           "Ctrl+Shift+.", "power"),
    Action("server.edit", QT_TR_NOOP("Edit…"), "server", QT_TR_NOOP("Change the selected server's profile"), "F2",
           "pencil", needs="server", separator=True),
    Action("server.duplicate", QT_TR_NOOP("Duplicate"), "server", QT_TR_NOOP("Add another server with the same profile "
           "on a free port"), "Ctrl+Shift+D", "copy", needs="server"),
    Action("server.remove", QT_TR_NOOP("Remove…"), "server",
           QT_TR_NOOP("Stop the selected server and take it out of the "
           "workspace"), "Ctrl+Delete", "trash-2", needs="server"),
    Action("server.copy_line", QT_TR_NOOP("Copy a line to connect with"), "server", QT_TR_NOOP("Copy the nc or socat "
           "command that connects to this server"), "Ctrl+Shift+K", "clipboard", needs="listening", separator=True),
    Action("server.demo", QT_TR_NOOP("Demo clients"), "server", QT_TR_NOOP("Let built-in clients talk to this example, "
           "or stop them"), "Ctrl+Shift+M", "users", needs="example", checkable=True),
    Action("on_save.reload", QT_TR_NOOP("On save: reload"), "server", QT_TR_NOOP("When the handler's file is saved, "
           "new requests get the new code in the same process"), "", "", needs="code", checkable=True, separator=True),
    Action("on_save.restart", QT_TR_NOOP("On save: restart"), "server", QT_TR_NOOP("When the handler's file is saved, "
           "a new process takes over behind the same port"), "", "", needs="code", checkable=True),
    Action("on_save.nothing", QT_TR_NOOP("On save: nothing"), "server", QT_TR_NOOP("When the handler's file is saved, "
           "the server goes on with the code that it has"), "", "", needs="code", checkable=True),
    Action("supervisor.respawn", QT_TR_NOOP("Start the supervisor again"), "server", QT_TR_NOOP("After the supervisor "
           "was lost: start another one"), "", "refresh-cw", needs="lost", separator=True),

    Action("filter.focus", QT_TR_NOOP("Filter"), "request", QT_TR_NOOP("Go to the filter box"), "Ctrl+F", "filter"),
    Action("bytes.find", QT_TR_NOOP("Find in bytes"), "request", QT_TR_NOOP("Show only requests whose bytes contain a "
           "text, and mark it there; hex:0d0a finds bytes"), "Ctrl+Shift+F", "search"),
    Action("filter.clear", QT_TR_NOOP("Clear filter"), "request", QT_TR_NOOP("Show every request again"),
           "Ctrl+Shift+Backspace", "x"),
    Action("requests.focus", QT_TR_NOOP("Go to the list"), "request", QT_TR_NOOP("Put the keyboard into the requests "
           "table"), "Esc", "list"),
    Action("request.next_error", QT_TR_NOOP("Next error"), "request", QT_TR_NOOP("Select the next request that failed"),
           "Alt+Down", "arrow-down"),
    Action("request.previous_error", QT_TR_NOOP("Previous error"), "request", QT_TR_NOOP("Select the failed request "
           "before this one"), "Alt+Up", "arrow-up"),
    Action("request.close", QT_TR_NOOP("Close connection"), "request", QT_TR_NOOP("Close the selected live connection "
           "from the server's side"), "Ctrl+Shift+W", "unplug", needs="live", separator=True),
    Action("request.reset", QT_TR_NOOP("Reset connection"), "request", QT_TR_NOOP("Reset the selected live connection: "
           "the peer sees an error"), "Ctrl+Shift+X", "zap", needs="live"),
    Action("request.again", QT_TR_NOOP("Run again"), "request", QT_TR_NOOP("Send the selected request's bytes to the "
           "server once more, and compare the answers"), "Ctrl+R", "refresh-cw", needs="playable", separator=True),
    Action("request.compare", QT_TR_NOOP("Compare two"), "request", QT_TR_NOOP("Compare the answers of the two "
           "selected requests byte by byte"), "Ctrl+D", "columns-3", needs="pair"),
    Action("request.bench", QT_TR_NOOP("Edit and run again…"), "request", QT_TR_NOOP("Bring the bench: change the "
           "bytes, send them often, from many clients, and save what is expected"), "Ctrl+Alt+R", "pencil",
           needs="playable"),
    Action("request.copy_test", QT_TR_NOOP("Copy as pytest test"), "request", QT_TR_NOOP("Put a test on the clipboard "
           "that sends the same bytes to the handler and expects the same answer"), "Ctrl+Shift+Y", "clipboard",
           needs="playable"),
    Action("capture.clear", QT_TR_NOOP("Clear the capture"), "request", QT_TR_NOOP("Forget every captured request; for "
           "a while that can be undone"), "Ctrl+L", "trash", separator=True),
    Action("capture.undo", QT_TR_NOOP("Undo clear"), "request", QT_TR_NOOP("Bring back what was cleared a moment ago"),
           "Ctrl+Z", "rotate-ccw", needs="cleared"),

    Action("pause.continue", QT_TR_NOOP("Continue"), "debug", QT_TR_NOOP("Let the paused request go on, with the bytes "
           "as they were edited"), "F5", "play", needs="held"),
    Action("pause.step", QT_TR_NOOP("Next stage"), "debug", QT_TR_NOOP("Let the paused request go on to the next point "
           "where it can be held"), "F10", "arrow-right", needs="paused"),
    Action("pause.drop", QT_TR_NOOP("Drop"), "debug", QT_TR_NOOP("Close the paused request without an answer"),
           "Shift+F5", "x", needs="paused"),
    Action("pause.reset", QT_TR_NOOP("Reset"), "debug", QT_TR_NOOP("Reset the paused connection: the peer sees an "
           "error"), "Ctrl+Shift+F5", "zap", needs="paused"),
    Action("pause.reject", QT_TR_NOOP("Reject"), "debug", QT_TR_NOOP("As if verify_request had said no"), "",
           "unplug", needs="rejectable"),
    Action("pause.answer", QT_TR_NOOP("Answer with bytes"), "debug", QT_TR_NOOP("Send the bytes of the editor to "
           "the peer instead of the handler's answer"), "", "send", needs="answerable"),
    Action("pause.release", QT_TR_NOOP("Continue all"), "debug", QT_TR_NOOP("Let every paused request go on as it is"),
           "Ctrl+F5", "play", needs="held"),
    Action("line.over", QT_TR_NOOP("Next line"), "debug", QT_TR_NOOP("Let the stopped thread run its line, and stop "
           "before the next one"), "F11", "arrow-down", needs="stopped", separator=True),
    Action("line.into", QT_TR_NOOP("Into the call"), "debug", QT_TR_NOOP("Stop at the first line of what the line "
           "calls"), "Ctrl+F11", "arrow-right", needs="stopped"),
    Action("line.out", QT_TR_NOOP("Out of the function"), "debug", QT_TR_NOOP("Let the stopped thread run to the end "
           "of its function"), "Shift+F11", "arrow-up", needs="stopped"),
    Action("line.cursor", QT_TR_NOOP("To the cursor"), "debug", QT_TR_NOOP("Let the stopped thread run to the line "
           "that the cursor is in"), "Ctrl+F10", "arrow-down-to-line", needs="stopped_cursor"),
    Action("pause.now", QT_TR_NOOP("Pause now"), "debug", QT_TR_NOOP("Hold the selected live request at the next point "
           "that it comes to"), "F6", "pause", needs="running", separator=True),
    Action("gate.toggle", QT_TR_NOOP("Breakpoint on the stage"), "debug", QT_TR_NOOP("Hold every request of the "
           "selected server before the selected stage, before handle if none is selected"), "F9", "circle-dot",
           needs="gateable"),
    Action("gate.raised", QT_TR_NOOP("Break on exceptions"), "debug", QT_TR_NOOP("Hold every request of the selected "
           "server when an exception leaves one of its stages"), "F8", "x", checkable=True, needs="known"),
    Action("gates.switch", QT_TR_NOOP("Breakpoints hold"), "debug", QT_TR_NOOP("Switch all breakpoints; off lets "
           "everything go that they hold"), "Ctrl+F9", "power", checkable=True),

    Action("fault.add", QT_TR_NOOP("Add a fault"), "debug", QT_TR_NOOP("Do something to the requests of the selected "
           "server: delay, split, reset, corrupt …"), "Alt+Shift+F9", "bolt", needs="selected", separator=True),
    Action("faults.switch", QT_TR_NOOP("Faults act"), "debug", QT_TR_NOOP("Switch all faults; off lets everything go "
           "on at once that they delay"), "Ctrl+Shift+F9", "power", checkable=True),

    Action("perspective.live", QT_TR_NOOP("Live"), "view",
           QT_TR_NOOP("Servers, requests and what is in them"), "Ctrl+1",
           checkable=True),
    Action("perspective.debug", QT_TR_NOOP("Debug"), "view", QT_TR_NOOP("What is paused, its pipeline and its bytes"),
           "Ctrl+2", checkable=True),
    Action("perspective.load", QT_TR_NOOP("Load"), "view", QT_TR_NOOP("Workers and charts get the room"), "Ctrl+3",
           checkable=True),
    Action("perspective.replay", QT_TR_NOOP("Replay"), "view", QT_TR_NOOP("The bench: run requests again, edited and "
           "often, and check what is expected"), "Ctrl+4", checkable=True),
    Action("view.welcome", QT_TR_NOOP("Examples"), "view", QT_TR_NOOP("The welcome page with six example servers"),
           "Ctrl+Shift+N", "zap"),
    Action("view.freeze", QT_TR_NOOP("Freeze view"), "view",
           QT_TR_NOOP("Let the view stand still; the capture goes on"),
           "Space", "snowflake", checkable=True, table=True),
    Action("view.follow", QT_TR_NOOP("Follow newest"), "view", QT_TR_NOOP("Keep the newest request in sight"), "End",
           "arrow-down-to-line", checkable=True, table=True),
    Action("view.theme", QT_TR_NOOP("Other theme"), "view", QT_TR_NOOP("Change between the dark and the light theme"),
           "Ctrl+Shift+L", "sun-moon", separator=True),
    Action("view.theme_system", QT_TR_NOOP("Theme of the system"), "view",
           QT_TR_NOOP("Follow the desktop's light or dark "
           "setting"), "", "monitor-play"),
    Action("view.reset", QT_TR_NOOP("Reset layout"), "view",
           QT_TR_NOOP("Put every panel back in its place"), "", "layers"),

    Action("help.commands", QT_TR_NOOP("Commands…"), "help",
           QT_TR_NOOP("Find an action by its name and do it"), "Ctrl+K",
           "command"),
    Action("help.keys", QT_TR_NOOP("Keys"), "help", QT_TR_NOOP("Every action and its shortcut"), "F1", "keyboard"),
    Action("help.about", QT_TR_NOOP("About Socketscope"), "help", QT_TR_NOOP("Versions and licences"), "", "info"),
)  # fmt: skip


def make_actions(parent: QWidget, run: Callable[[str], None]) -> dict[str, QAction]:
    """The QActions by id, each doing `run(id)`. The window gets them all, so that shortcuts work without a menu."""
    made = {action.id: _make(action, parent, run) for action in ACTIONS}
    parent.addActions([made[action.id] for action in ACTIONS if not action.table])
    return made


def _make(action: Action, parent: QWidget, run: Callable[[str], None]) -> QAction:
    made = QAction(tr(action.text), parent)
    made.setObjectName(action.id)
    made.setCheckable(action.checkable)
    if action.icon:
        made.setIcon(icon(action.icon))
    if action.shortcut:
        made.setShortcut(QKeySequence(action.shortcut))
    if action.table:
        made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    set_tip(made, tip_of(action))
    made.triggered.connect(lambda _checked=False: run(action.id))
    return made


def tip_of(action: Action, why_not: str = "") -> str:
    """What the action does, its shortcut, and why it cannot be done now."""
    shortcut = f" ({shortcut_text(action.shortcut)})" if action.shortcut else ""
    return f"{tr(action.tip)}{shortcut}{'. ' + why_not if why_not else ''}"


def shortcut_text(shortcut: str) -> str:
    """A shortcut as this desktop writes it."""
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)


def fill_menu(menu: QMenu, made: Mapping[str, QAction], toggles: Iterable[QAction]) -> None:
    """One submenu for each of MENUS; the panels' toggles stand in the View menu."""
    for name, title in MENUS:
        part = menu.addMenu(tr(title))
        part.setToolTipsVisible(True)
        if name == "view":
            part.addActions(list(toggles))
            part.addSeparator()
        for action in ACTIONS:
            if action.menu == name:
                if action.separator:
                    part.addSeparator()
                part.addAction(made[action.id])


_BY_ID = {action.id: action for action in ACTIONS}


def by_id(name: str) -> Action:
    """The record with this id."""
    return _BY_ID[name]
