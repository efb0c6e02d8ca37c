"""The main window: puts bars, docks, pages and actions together, and remembers how they stood."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QChildEvent, QEvent
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QTabBar

from app.actions import ACTIONS, fill_menu, make_actions, tip_of
from app.bars import ToolBar
from app.commands import COMMANDS
from app.conditions import CHECKS, Scope, why_not
from app.contexts import make_context
from app.docks import Docks, name_tab_bar
from app.heads import Page
from app.icons import application_icon
from app.journal import Note
from app.link.link import Link
from app.link.saving import Saving
from app.link.session import SessionFile
from app.panels import PANELS
from app.servercommands import open_file
from app.sessions import with_banner
from app.settings import Settings
from app.standing import PLAIN, remember, restore
from app.statusbar import StatusBar
from app.text import set_tip
from app.theme import ThemeSource
from app.workspace import Workspace
from engine.capture.reader import BadCapture


class Window(QMainWindow):
    """One window, one selection, one view. It owns the link: when it closes, every server ends."""

    def __init__(
        self,
        link: Link,
        workspace: Workspace,
        settings: Settings,
        themes: ThemeSource,
        session: Path | None = None,
    ) -> None:
        """`session`: the capture file that the link tells of, instead of what runs."""
        super().__init__()
        self.setWindowTitle("Socketscope" if session is None else f"{session.name} - Socketscope")
        self.setWindowIcon(application_icon())
        self.setAcceptDrops(True)
        self._actions = make_actions(self, self.run)
        self.context = make_context(
            self, link, workspace, settings, themes, session, run=self.run, action=self.action, tell=self.tell
        )
        self._sessions: list[Window] = []
        self.scope = Scope(self.context, self, self)
        self.perspective = PLAIN
        self._stand: object = None
        self._build()
        self._connect()
        self.perspective = restore(self, self.docks, settings, arranged=session is None)
        for entry in workspace.entries[:1]:
            self.context.selection.select_server(entry.key)
        self._show_page("requests" if workspace.entries or session is not None else "welcome")
        self.refresh_actions()

    def run(self, name: str) -> None:
        """Do what an action does, if it can be done now."""
        if not why_not(self.scope, name):
            COMMANDS[name](self.scope)
        self.refresh_actions()

    def action(self, name: str) -> QAction:
        """The one QAction with this id."""
        return self._actions[name]

    def tell(self, sentence: str) -> None:
        """Say one sentence in the status bar."""
        self.bar.tell(sentence)

    def _tell_urgent(self, note: Note) -> None:
        if note.urgent:
            self.tell(note.told)

    def focus_filter(self) -> None:
        """Put the keyboard into the filter box."""
        self.tools.filter.setFocus()
        self.tools.filter.selectAll()

    def find_bytes(self) -> None:
        """Let the person type what the bytes shall contain."""
        self.tools.filter.begin_text()

    def focus_requests(self) -> None:
        """Show the list, with the keyboard in it."""
        self._show_page("requests")
        self._pages["requests"].setFocus()

    def show_welcome(self) -> None:
        """Show the examples."""
        self._show_page("welcome")

    def open_session(self, path: Path) -> None:
        """Look at a capture file, in a window of its own."""
        try:
            link = Link(lambda: SessionFile(path))
        except BadCapture as error:
            self.tell(str(error))
            return
        self._sessions = [one for one in self._sessions if one.isVisible()]
        self._sessions.append(Window(link, Workspace(), self.context.settings, self.context.themes, path))
        self._sessions[-1].show()

    def arrange(self, perspective: str) -> None:
        """Put every panel in its place for a perspective."""
        self.perspective = perspective
        self.docks.arrange(perspective, self.width())
        if self.docks.tab:
            self.context.view.show_tab(self.docks.tab)
        self._bring_variables()
        self.refresh_actions()

    def _bring_variables(self) -> None:
        """Where panels share a place: the one about stopped threads comes before an empty one about pauses."""
        if self.perspective == "debug" and self.context.lines.stopped and not self.context.gates.paused:
            self.docks.bring("variables")

    def refresh_actions(self) -> None:
        """Enable what can be done, and let the rest say why it cannot."""
        for record in ACTIONS:
            action, reason = self._actions[record.id], why_not(self.scope, record.id)
            if action.isEnabled() == bool(reason):
                action.setEnabled(not reason)
                set_tip(action, tip_of(record, reason))
            if record.checkable:
                action.setChecked(CHECKS[record.id](self.scope))

    def reveal(self, panel: str) -> None:
        """Show a panel, in front, with the keyboard in it."""
        self.docks.reveal(panel)

    def _build(self) -> None:
        self._pages = {panel.name: Page(panel, self.context) for panel in PANELS if panel.area == "center"}
        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)
        self.setCentralWidget(with_banner(self._stack, self.context.session))
        self.docks = Docks(self, PANELS, self.context)
        menu = QMenu(self)
        self.tools = ToolBar(self.context, self._actions, menu)
        self.addToolBar(self.tools)
        self.bar = StatusBar(self.context, self._actions)
        self.setStatusBar(self.bar)
        fill_menu(menu, self._actions, self.docks.toggles())
        self.addActions(self.docks.toggles())

    def _connect(self) -> None:
        context = self.context
        context.journal.written.connect(self._tell_urgent)
        context.journal.settled.connect(lambda note: self.bar.hush(note.told))
        context.gates.refused.connect(self.tell)
        context.faults.refused.connect(self.tell)
        context.reruns.refused.connect(self.tell)
        context.expectations.refused.connect(self.tell)
        context.lines.refused.connect(self.tell)
        context.lines.stopped_changed.connect(self._bring_variables)
        context.lines.shown.connect(lambda: self.docks.bring("variables"))
        for news in (context.reruns.answered, context.reruns.pair_changed):
            news.connect(lambda *_: self.docks.bring("inspector"))
        context.view.details_wanted.connect(lambda: self.docks.reveal("inspector"))
        context.workspace.added.connect(self._show_requests)
        context.selection.server_changed.connect(self._show_requests)
        context.link.ticked.connect(self._on_tick)
        for signal in (
            context.link.lost,
            context.link.respawned,
            context.selection.server_changed,
            context.selection.request_changed,
            context.workspace.changed,
            context.view.frozen_changed,
            context.view.following_changed,
            context.selection.stage_changed,
            context.selection.pair_changed,
            context.clearing.changed,
            context.gates.changed,
            context.faults.changed,
            context.gates.paused_changed,
            context.gates.chosen_changed,
            context.lines.stopped_changed,
            context.lines.chosen_changed,
        ):
            signal.connect(lambda *_: self.refresh_actions())

    def _on_tick(self) -> None:
        if (stand := self.scope.stand) != self._stand:
            self._stand = stand
            self.refresh_actions()

    def _show_page(self, name: str) -> None:
        self._stack.setCurrentWidget(self._pages[name])
        self.docks.rest(name == "welcome" and not self.context.link.tick.totals.requests)

    def _show_requests(self, key: str) -> None:
        if key:
            self._show_page("requests")

    # Qt's overrides

    def childEvent(self, event: QChildEvent) -> None:  # noqa: N802
        """Qt makes the tab bars of docks by itself, when and as it needs them."""
        super().childEvent(event)
        if event.type() == QEvent.Type.ChildPolished and isinstance(event.child(), QTabBar):
            name_tab_bar(event.child())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.docks.fit(event.size().width())
        self._bring_variables()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.context.session is None:
            remember(self, self.docks, self.context.settings, self.perspective)
        for saving in self.findChildren(Saving):
            saving.wait()
        self.context.link.close()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls()[:1]:
            open_file(self.scope, Path(url.toLocalFile()))
