"""The failures: equal ones in one row, with how often they were, and a way to each of their requests."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.context import Context
from app.link.tick import Tick
from app.models.columns import Moment
from app.models.failuregroups import FailureGroupsModel
from app.panels.live import LEAST_HEIGHT, LivePanel, Slow, row
from app.panels.tables import make_table
from app.text import label, set_role, set_tip, tr

MOST = 200


class FailuresPanel(LivePanel):
    """Failures of the selected server, or of all."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setMinimumHeight(LEAST_HEIGHT)
        self._slow = Slow()
        self._seen: tuple[object, int] = (None, -1)
        self.model = FailureGroupsModel(self)
        self.table = make_table(
            self.model, tr("Failures"), tr("Equal failures in one row; choosing one selects its last request")
        )
        self.table.clicked.connect(self._choose)
        self.table.activated.connect(self._open)
        self.table.selectionModel().currentRowChanged.connect(self._enable)
        self.nothing = label(tr("Nothing has failed."), name=tr("Nothing has failed"), role="dim", wrap=True)
        self.nothing.setContentsMargins(12, 12, 12, 12)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.box.addWidget(self.nothing)
        self.box.addWidget(self.table, 1)
        self.head_tools = self._build_tools()
        context.selection.server_changed.connect(self.refresh_now)
        self.setFocusProxy(self.table)
        self._enable()

    def refresh(self, tick: Tick) -> None:
        if self.context.view.frozen or not self._slow.due(tick.at):
            return
        reader, runs = self.context.link.reader, self.runs()
        seen = (runs, reader.last_failure)
        if seen != self._seen:
            self.model.moment = Moment(tick.at, reader.wall_offset)
            self.model.merge(reader.failure_groups(runs, limit=MOST), lambda group: group.signature)
            self._seen = seen
        self.nothing.setVisible(self.model.rowCount() == 0)
        self.table.setVisible(self.model.rowCount() > 0)

    def change_capture(self) -> None:
        self._seen = (None, -1)
        self._slow.reset()
        self.refresh_now()

    def refresh_now(self) -> None:
        self._slow.reset()
        super().refresh_now()

    def _build_tools(self) -> QWidget:
        self.only_button = QPushButton(tr("Show only these"))
        set_role(self.only_button, "link")
        set_tip(self.only_button, tr("Filter the requests to those that failed in this way"))
        self.only_button.clicked.connect(self._filter)
        tools = QWidget()
        tools.setLayout(row(None, self.only_button))
        return tools

    def _enable(self) -> None:
        self.only_button.setEnabled(self.model.at(self.table.currentIndex().row()) is not None)

    def _choose(self, index: QModelIndex) -> None:
        group = self.model.at(index.row())
        if group is not None and group.last is not None:
            self.context.view.set_following(False)
            self.context.selection.select_request(group.last)

    def _open(self, index: QModelIndex) -> None:
        self._choose(index)
        self.context.view.show_details()

    def _filter(self) -> None:
        group = self.model.at(self.table.currentIndex().row())
        if group is not None:
            self.context.view.set_filter(f"same:{group.signature}")
