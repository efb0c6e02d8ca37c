"""Every action of the window, declared: menus, shortcuts, tool bar, palette and key sheet are made from this list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.icons import icon
from app.text import QT_TRANSLATE_NOOP, set_tip, tr

MENUS = (
    ("file", QT_TRANSLATE_NOOP("app", "File")),
    ("server", QT_TRANSLATE_NOOP("app", "Server")),
    ("request", QT_TRANSLATE_NOOP("app", "Request")),
    ("view", QT_TRANSLATE_NOOP("app", "View")),
    ("help", QT_TRANSLATE_NOOP("app", "Help")),
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


T = QT_TRANSLATE_NOOP

ACTIONS: tuple[Action, ...] = (
    Action("server.new", T("app", "New server…"), "file", T("app", "Set up a server: family, concurrency, address, "
           "handler"), "Ctrl+N", "plus"),
    Action("handler.open", T("app", "Open handler file…"), "file", T("app", "Choose a .py file and serve one of its "
           "handler classes"), "Ctrl+O", "file-code"),
    Action("script.run", T("app", "Run a script…"), "file", T("app", "Run an unmodified program and watch every "
           "server that it makes"), "Ctrl+Shift+O", "terminal"),
    Action("app.quit", T("app", "Quit"), "file", T("app", "Stop every server and leave"), "Ctrl+Q", "log-out",
           separator=True),

    Action("server.start", T("app", "Start"), "server", T("app", "Start the selected server"), "Ctrl+Return", "play",
           needs="startable"),
    Action("server.stop", T("app", "Stop"), "server", T("app", "Stop the selected server in an orderly way"),
           "Ctrl+.", "square", needs="stoppable"),
    Action("server.restart", T("app", "Restart"), "server", T("app", "A new process behind the same port; clients "
           "wait instead of being refused"), "Ctrl+Shift+R", "rotate-ccw", needs="known"),
    Action("servers.stop_all", T("app", "Stop all servers"), "server", T("app", "Stop every server that is up"),
           "Ctrl+Shift+.", "power"),
    Action("server.edit", T("app", "Edit…"), "server", T("app", "Change the selected server's profile"), "F2",
           "pencil", needs="server", separator=True),
    Action("server.duplicate", T("app", "Duplicate"), "server", T("app", "Add another server with the same profile "
           "on a free port"), "Ctrl+Shift+D", "copy", needs="server"),
    Action("server.remove", T("app", "Remove…"), "server", T("app", "Stop the selected server and take it out of the "
           "workspace"), "Ctrl+Delete", "trash-2", needs="server"),
    Action("server.copy_line", T("app", "Copy a line to connect with"), "server", T("app", "Copy the nc or socat "
           "command that connects to this server"), "Ctrl+Shift+K", "clipboard", needs="listening", separator=True),
    Action("server.demo", T("app", "Demo clients"), "server", T("app", "Let built-in clients talk to this example, "
           "or stop them"), "Ctrl+Shift+M", "users", needs="example", checkable=True),
    Action("supervisor.respawn", T("app", "Start the supervisor again"), "server", T("app", "After the supervisor "
           "was lost: start another one"), "", "refresh-cw", needs="lost", separator=True),

    Action("filter.focus", T("app", "Filter"), "request", T("app", "Go to the filter box"), "Ctrl+F", "filter"),
    Action("filter.clear", T("app", "Clear filter"), "request", T("app", "Show every request again"),
           "Ctrl+Shift+Backspace", "x"),
    Action("requests.focus", T("app", "Go to the list"), "request", T("app", "Put the keyboard into the requests "
           "table"), "Esc", "list"),
    Action("request.next_error", T("app", "Next error"), "request", T("app", "Select the next request that failed"),
           "Alt+Down", "arrow-down"),
    Action("request.previous_error", T("app", "Previous error"), "request", T("app", "Select the failed request "
           "before this one"), "Alt+Up", "arrow-up"),
    Action("request.close", T("app", "Close connection"), "request", T("app", "Close the selected live connection "
           "from the server's side"), "Ctrl+Shift+W", "unplug", needs="live", separator=True),
    Action("request.reset", T("app", "Reset connection"), "request", T("app", "Reset the selected live connection: "
           "the peer sees an error"), "Ctrl+Shift+X", "zap", needs="live"),
    Action("capture.clear", T("app", "Clear the capture…"), "request", T("app", "Forget every captured request"),
           "Ctrl+L", "trash", separator=True),

    Action("perspective.live", T("app", "Live"), "view", T("app", "Servers, requests and what is in them"), "Ctrl+1",
           checkable=True),
    Action("perspective.load", T("app", "Load"), "view", T("app", "Workers and charts get the room"), "Ctrl+3",
           checkable=True),
    Action("view.welcome", T("app", "Examples"), "view", T("app", "The welcome page with six example servers"),
           "Ctrl+Shift+N", "zap"),
    Action("view.freeze", T("app", "Freeze view"), "view", T("app", "Let the view stand still; the capture goes on"),
           "Space", "snowflake", checkable=True, table=True),
    Action("view.follow", T("app", "Follow newest"), "view", T("app", "Keep the newest request in sight"), "End",
           "arrow-down-to-line", checkable=True, table=True),
    Action("view.theme", T("app", "Other theme"), "view", T("app", "Change between the dark and the light theme"),
           "Ctrl+Shift+L", "sun-moon", separator=True),
    Action("view.theme_system", T("app", "Theme of the system"), "view", T("app", "Follow the desktop's light or dark "
           "setting"), "", "monitor-play"),
    Action("view.reset", T("app", "Reset layout"), "view", T("app", "Put every panel back in its place"), "", "layers"),

    Action("help.commands", T("app", "Commands…"), "help", T("app", "Find an action by its name and do it"), "Ctrl+K",
           "command"),
    Action("help.keys", T("app", "Keys"), "help", T("app", "Every action and its shortcut"), "F1", "keyboard"),
    Action("help.about", T("app", "About Socketscope"), "help", T("app", "Versions and licences"), "", "info"),
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
