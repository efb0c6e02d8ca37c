"""The requests: one row each, filtered, sorted, followed or frozen; one line of help where there is none."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QStackedWidget

from app.context import Context
from app.link.tick import Tick
from app.models.requestcolumns import shown_connection
from app.models.requests import RequestsModel
from app.models.whereabouts import Whereabouts
from app.panels.empty import EmptyPage, why_nothing
from app.panels.live import LivePanel
from app.settings import COLUMNS as COLUMNS_SETTING
from app.text import safe_text, set_tip, tr
from app.widgets.stagebar import StageLegend
from app.widgets.table import RequestsTable
from engine.capture.filters import FilterError, parse
from engine.capture.records import RequestRecord


class RequestsPanel(LivePanel):
    """The list in the middle of the window."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.model = RequestsModel(context.link.reader, self)
        self.table = RequestsTable(self.model)
        self.table.setAccessibleName(tr("Requests"))
        set_tip(self.table, tr("One row a request; Enter shows its details"))
        self.table.restore_columns(context.settings.get(COLUMNS_SETTING))
        self.empty = EmptyPage(context)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.table)
        self.pages.addWidget(self.empty)
        self.box.addWidget(self.pages)
        self.head_tools = StageLegend()
        self.setFocusProxy(self.table)
        self.table.set_following(context.view.following)
        self._connect()
        self._apply_filter(context.view.filter)

    def refresh(self, tick: Tick) -> None:
        self.model.refresh(tick.at, {one.request: Whereabouts.from_json(one.about) for one in tick.stuck})
        nothing = self.model.shown == 0
        self.pages.setCurrentIndex(int(nothing))
        if nothing:
            key = self.context.selection.server
            name = self.context.desk.name(key)
            self.empty.show_nothing(why_nothing(tick, key, self.context.view.filter, self.model.total, name))

    def change_capture(self) -> None:
        self.model.set_reader(self.context.link.reader)
        self._apply_filter(self.context.view.filter)
        self.refresh_now()

    def _connect(self) -> None:
        view, selection = self.context.view, self.context.selection
        view.filter_changed.connect(self._apply_filter)
        self.context.clearing.changed.connect(lambda: self._apply_filter(view.filter))
        view.frozen_changed.connect(self._set_frozen)
        view.following_changed.connect(self.table.set_following)
        selection.request_changed.connect(self.table.select_request)
        selection.server_changed.connect(self.refresh_now)
        self.model.counts_changed.connect(self._on_counts)
        self.table.request_chosen.connect(selection.select_request)
        self.table.pair_chosen.connect(selection.select_pair)
        self.table.request_activated.connect(self._open)
        self.table.menu_requested.connect(self._show_menu)
        self.table.following_changed.connect(view.set_following)
        self.table.columns_changed.connect(self._save_columns)
        for name in ("view.freeze", "view.follow"):
            self.table.addAction(self.context.action(name))

    def _apply_filter(self, text: str) -> None:
        clearing = self.context.clearing
        text = f"{clearing.filter} {text}".strip()
        try:
            where = parse(text) if text else None
        except FilterError as error:
            self.context.view.refuse_filter(safe_text(str(error)))
            return
        self.context.view.refuse_filter("")
        self.model.set_filter(where, clearing.hidden)
        self.refresh_now()

    def _set_frozen(self, frozen: bool) -> None:
        if frozen:
            self.model.freeze()
        else:
            self.model.unfreeze()
        self.refresh_now()

    def _open(self, request: int) -> None:
        self.context.selection.select_request(request)
        self.context.view.show_details()

    def _on_counts(self) -> None:
        self.context.view.count(self.model.shown, self.model.total)

    def _save_columns(self) -> None:
        self.context.settings.set(COLUMNS_SETTING, self.table.columns_state())

    # The menu of a row

    def _show_menu(self, request: int, at: QPoint) -> None:
        record = self.context.link.reader.request(request)
        if record is not None:
            self.row_menu(record).popup(at)

    def row_menu(self, record: RequestRecord) -> QMenu:
        """What can be done with one request."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in ("request.again", "request.bench", "request.compare", "request.copy_test"):
            menu.addAction(self.context.action(name))
        menu.addSeparator()
        for name in ("request.close", "request.reset"):
            menu.addAction(self.context.action(name))
        menu.addSeparator()
        for title, text in _similar(record):
            menu.addAction(title, partial(self.context.view.set_filter, text))
        menu.addSeparator()
        menu.addAction(tr("Copy peer"), lambda: QGuiApplication.clipboard().setText(safe_text(record.peer)))
        return menu


def _similar(record: RequestRecord) -> list[tuple[str, str]]:
    """Filters that show the requests which share something with this one."""
    found = [(tr("Only this server"), f"server:{quoted(record.server_name)}")]
    host = record.peer.rpartition(":")[0] or record.peer
    if host:
        found.append((tr("Only this peer"), f"peer:{quoted(host)}"))
    if record.worker is not None:
        found.append((tr("Only this worker"), f"worker:{quoted(record.worker.name.partition(' (')[0])}"))
    if record.error:
        found.append((tr("Only failures like this"), f"same:#{record.id}"))
    standing = shown_connection(record)
    found.append((tr("Only this state"), f"state:{standing.state.value if standing else record.state.word}"))
    return found


def quoted(value: str) -> str:
    """A value as the filter's language takes it."""
    plain = value.replace('"', "")
    return plain if plain and all(c.isalnum() or c in "-_.@/" for c in plain) else f'"{plain}"'
