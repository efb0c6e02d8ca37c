"""The servers: one row each, what can be done with them, and a way out where one failed to start."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QPushButton, QToolButton, QWidget

from app.context import Context
from app.icons import icon
from app.link.tick import Tick, Trouble
from app.models.servers import ServersModel
from app.panels.live import LivePanel, row
from app.panels.requests import quoted
from app.panels.troubles import CardDelegate, TroubleStrip
from app.text import label, set_role, set_tip, tr

MENU = (
    ("server.start", "server.stop", "server.restart"),
    ("server.edit", "server.duplicate", "server.remove"),
    ("on_save.reload", "on_save.restart", "on_save.nothing"),
    ("server.copy_line", "server.demo"),
)
LEAST_WIDTH = 180
STRIPS = 3
"""Troubles told at once; more wait until one of these is gone, or until their server is selected."""


class ServersPanel(LivePanel):
    """The list at the left."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, role="chrome")
        self.model = ServersModel(self)
        self.list = QListView()
        self._strips: dict[str, TroubleStrip] = {}
        self._delegate = CardDelegate(self.list, self._strips)
        self._build_list()
        self.more = QPushButton()
        set_role(self.more, "link")
        set_tip(self.more, tr("Select the next server with a trouble"))
        self.more.clicked.connect(self._select_untold)
        self.more.hide()
        self._untold: list[str] = []
        self.setMinimumWidth(LEAST_WIDTH)
        self.drop_text = label(tr("Drop a .py file here to add its handlers"), role="small", wrap=True)
        self.drop_text.setContentsMargins(10, 8, 10, 10)
        self.box.addWidget(self.list, 1)
        self.box.addLayout(row(self.more, None, margins=(10, 4, 10, 0)))
        self.box.addWidget(self.drop_text)
        self.head_tools = self._add_button()
        self._connect()
        self._show_profiles()

    def refresh(self, tick: Tick) -> None:
        self.model.reader = self.context.link.reader
        self.model.wall_offset = self.model.reader.wall_offset
        self.model.refresh(tick)
        self._show_troubles()
        if self.list.currentIndex().row() < 0:
            self._follow(self.context.selection.server)

    def _build_list(self) -> None:
        self.list.setModel(self.model)
        self.list.setItemDelegate(self._delegate)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setAccessibleName(tr("Servers"))
        set_tip(self.list, tr("Enter shows only its requests; the menu key offers what can be done"))
        set_role(self.list, "chrome")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setFocusProxy(self.list)

    def _add_button(self) -> QWidget:
        button = QToolButton()
        button.setDefaultAction(self.context.action("server.new"))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setIcon(icon("plus", "dim"))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(tr("New server"))
        return button

    def _connect(self) -> None:
        context = self.context
        self.list.selectionModel().currentChanged.connect(self._choose)
        self.list.activated.connect(self._filter)
        self.list.customContextMenuRequested.connect(self._show_menu)
        context.selection.server_changed.connect(self._follow)
        context.workspace.changed.connect(self._show_profiles)
        context.faults.changed.connect(self._show_faults)
        context.desk.troubled.connect(lambda _key: self._show_troubles())

    def _show_profiles(self) -> None:
        self.model.set_profiles([(entry.key, entry.profile) for entry in self.context.workspace.entries])
        self.model.refresh(self.context.link.tick)
        self._follow(self.context.selection.server)
        self._show_faults()
        self._show_troubles()

    def _show_faults(self) -> None:
        faults = self.context.faults
        self.model.set_faults(faults.enabled() if faults.on else {})

    def _choose(self, current: QModelIndex) -> None:
        if current.isValid():
            self.context.selection.select_server(self.model.key_at(current.row()))

    def _follow(self, key: str) -> None:
        place = self.model.row_of(key)
        if place != self.list.currentIndex().row():
            self.list.setCurrentIndex(self.model.index(place))
        self._show_troubles()

    def _filter(self, index: QModelIndex) -> None:
        """Show only this server's requests, or all again."""
        profile = self.model.profile(self.model.key_at(index.row()))
        status = self.model.status(self.model.key_at(index.row()))
        name = status.name if status is not None and status.name else profile.name if profile else ""
        wanted = f"server:{quoted(name)}"
        view = self.context.view
        view.set_filter("" if view.filter == wanted else wanted)

    def _show_menu(self, at: QPoint) -> None:
        self.menu().popup(self.list.viewport().mapToGlobal(at))

    def menu(self) -> QMenu:
        """What can be done with the selected server."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for group in MENU:
            for name in group:
                menu.addAction(self.context.action(name))
            menu.addSeparator()
        index = self.list.currentIndex()
        if index.isValid():
            menu.addAction(tr("Show only its requests"), lambda: self._filter(index))
            self._add_autostart(menu)
        else:
            menu.addAction(self.context.action("server.new"))
        return menu

    def _add_autostart(self, menu: QMenu) -> None:
        entry = self.context.workspace.entry(self.context.selection.server)
        if entry is None:
            return
        action = menu.addAction(tr("Start with the workspace"))
        action.setCheckable(True)
        action.setChecked(entry.autostart)
        set_tip(action, tr("Start this server whenever Socketscope starts"))
        action.toggled.connect(lambda on: self.context.workspace.edit(entry.key, entry.profile, autostart=on))

    def _show_troubles(self) -> None:
        """One strip a row, at most STRIPS; the selected server has one in any case."""
        found = self._troubles()
        told = sorted(found, key=lambda key: key != self.context.selection.server)[:STRIPS]
        for key in set(self._strips) - set(told):
            self._drop(key)
        for key in told:
            self._tell(key, found[key])
        self._untold = [key for key in found if key not in told]
        self.more.setVisible(bool(self._untold))
        self.more.setText(tr("and {n} more").format(n=len(self._untold)))

    def _troubles(self) -> dict[str, tuple[Trouble, bool]]:
        """What is wrong with each server in the list, and whether it is only a warning."""
        desk, found = self.context.desk, {}
        for key in map(self.model.key_at, range(self.model.rowCount())):
            error, warning = desk.trouble(key), desk.warning(key)
            if (trouble := error or warning) is not None:
                found[key] = trouble, error is None
        return found

    def _tell(self, key: str, trouble: tuple[Trouble, bool]) -> None:
        index = self.model.index(self.model.row_of(key))
        strip = self._strips.get(key)
        new = strip is None
        if strip is None:
            strip = self._strips[key] = TroubleStrip(self.context, key, self.list.viewport())
        changed = strip.show_trouble(trouble[0], warning=trouble[1])
        if new:
            self.list.setIndexWidget(index, strip)
            QWidget.setTabOrder(self.list, strip.fix_button)
            QWidget.setTabOrder(strip.fix_button, strip.more_button)
        if changed:
            self._delegate.sizeHintChanged.emit(index)
        if new and key == self.context.selection.server:
            QTimer.singleShot(0, self.list, lambda: self.list.scrollTo(self.list.currentIndex()))

    def _drop(self, key: str) -> None:
        self._strips.pop(key).hide()
        index = self.model.index(self.model.row_of(key))
        if index.isValid():  # else it went with its row
            # Qt takes no widget for "none any more"; PySide's stub does not know.
            self.list.setIndexWidget(index, None)  # type: ignore[arg-type]
            self._delegate.sizeHintChanged.emit(index)

    def _select_untold(self) -> None:
        if self._untold:
            self.context.selection.select_server(self._untold[0])
