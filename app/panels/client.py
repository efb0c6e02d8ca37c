"""The test client: send text or hex to a server of ours, or to any address, once or many times, and see the answers."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QSplitter, QTableView, QVBoxLayout, QWidget

from app.context import Context
from app.link.tick import Tick, Trouble
from app.models.columns import Moment
from app.models.exchanges import Exchange, ExchangesModel
from app.panels.clientform import ClientForm, Sending
from app.panels.live import LEAST_HEIGHT, LivePanel, StickToEnd, row
from app.text import label, number, safe_text, set_tip, tr
from app.theme import ROW
from app.widgets.hexview import HexView

HEX, ROOM_FOR_HEX = 4, 640
"""The column of hex digits, and how wide the table must be for it: the bytes of the chosen row stand below it."""


class ExchangesTable(QTableView):
    """The table of what happened; the text of each row is always to be seen."""

    # Qt's overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setColumnHidden(HEX, event.size().width() < ROOM_FOR_HEX)


class ClientPanel(LivePanel):
    """What to send at the left, what happened at the right."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setMinimumHeight(LEAST_HEIGHT)
        self.form = ClientForm(context)
        self.model = ExchangesModel(self)
        self._run: int | None = None
        self._waiting = False
        self._counts = {"sent": 0, "received": 0, "failed": 0}
        self._unsettled: list[Mapping[str, Any]] = []
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.form)
        split.addWidget(self._results())
        split.setStretchFactor(1, 1)
        split.setSizes([430, 740])
        self.box.addWidget(split)
        self.form.sent.connect(self.send)
        self.form.stopped.connect(self.stop)
        context.link.event_received.connect(self._on_event)
        context.selection.server_changed.connect(self.form.aim_at)
        self.setFocusProxy(self.form)

    def refresh(self, tick: Tick) -> None:
        self.model.moment = Moment(0, self.context.link.reader.wall_offset)
        self.form.offer_servers(tick)

    def send(self, sending: Sending) -> None:
        """Let the supervisor's clients send it."""
        self.model.replace(())
        self._counts = dict.fromkeys(self._counts, 0)
        self._waiting, self._run = True, None
        self._unsettled.clear()
        self._show_state()
        members = sending.members() | {"payload": base64.b64encode(sending.payload).decode()}
        self.context.link.order("clients_start", self._on_started, self._on_refused, label="test client", **members)

    def stop(self) -> None:
        """Let them stop."""
        if self._run is not None:
            self.context.link.stop_clients(self._run)

    def _results(self) -> QWidget:
        self.state = label(tr("Nothing sent yet."), name=tr("State of the test client"), role="small")
        self.table = ExchangesTable()
        self.table.setModel(self.model)
        self.table.setAccessibleName(tr("Sent and received"))
        set_tip(self.table, tr("What each client sent and received; choose a row to see its bytes"))
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(ROW)
        head: QHeaderView = self.table.horizontalHeader()
        head.setStretchLastSection(True)
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for place, column in enumerate(self.model.columns):
            self.table.setColumnWidth(place, column.width)
        self._end = StickToEnd(self.table.verticalScrollBar())
        self.table.selectionModel().currentRowChanged.connect(self._show_bytes)
        self.hex = HexView()
        self.hex.setAccessibleName(tr("Bytes of the chosen row"))
        set_tip(self.hex, tr("The bytes of the chosen row"))
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row(self.state, None, margins=(8, 6, 8, 4)))
        layout.addWidget(self.table, 3)
        layout.addWidget(self.hex, 2)
        return part

    def _on_started(self, reply: Mapping[str, Any]) -> None:
        """Events may overtake the reply that names their run."""
        self._run = int(reply["clients"])
        waiting, self._unsettled = self._unsettled, []
        for event in waiting:
            self._on_event(event)
        self._show_state()

    def _on_refused(self, trouble: Trouble) -> None:
        self._waiting = False
        self._show_state()
        self.form.complain(safe_text(trouble.sentence))

    def _on_event(self, event: Mapping[str, Any]) -> None:
        if event.get("event") != "clients" or not self._waiting:
            return
        if self._run is None:
            self._unsettled.append(event)
        elif event.get("clients") == self._run:
            self._take(event)

    def _take(self, event: Mapping[str, Any]) -> None:
        what = str(event.get("what"))
        if what == "ended":
            self._waiting = False
        else:
            self._counts[what] = self._counts.get(what, 0) + 1
            self.model.append(Exchange.from_event(event))
            self._choose_first(what)
        self._show_state()

    def _choose_first(self, what: str) -> None:
        """The first answer is what most people want to see."""
        if what == "received" and not self.table.currentIndex().isValid():
            self.table.selectRow(self.model.rowCount() - 1)

    def _show_state(self) -> None:
        counts = self._counts
        text = tr("sent {sent}  ·  received {received}").format(
            sent=number(counts["sent"]), received=number(counts["received"])
        )
        if counts["failed"]:
            text += "  ·  " + tr("failed {n}").format(n=number(counts["failed"]))
        self.state.setText(tr("sending: {counts}").format(counts=text) if self._waiting else text)
        self.form.set_running(self._waiting)

    def _show_bytes(self, current: QModelIndex) -> None:
        found = self.model.at(current.row())
        if found is not None:
            self.hex.set_data(found.data, found.what == "received")
