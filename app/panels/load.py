"""The load: requests a second, in flight, bytes a second, latencies, and the CPU of each thread or process."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from app.context import Context
from app.link.lull import Lull
from app.link.tick import ServerStatus, Tick
from app.models.load import LoadModel
from app.models.summary import SummaryModel
from app.panels.latency import LatencySection, gauges
from app.panels.live import LivePanel, Slow
from app.text import QT_TR_NOOP, clock, safe_text, set_role, set_tip, tr
from app.widgets.plot import LoadPlot


@dataclass(frozen=True)
class Chart:
    """One chart: which series it shows, their unit and colours."""

    key: str
    title: str
    tip: str
    unit: str
    series: tuple[str, ...]
    colours: tuple[str, ...]


CHARTS: tuple[Chart, ...] = (
    Chart("rate", QT_TR_NOOP("requests / s"), QT_TR_NOOP("Requests accepted each second"), "", ("rate",), ("handle",)),
    Chart("in_flight", QT_TR_NOOP("in flight"), QT_TR_NOOP("Requests being served at the end of each second"), "",
          ("in_flight",), ("setup",)),
    Chart("latency", QT_TR_NOOP("latency"), QT_TR_NOOP("From accept to close: 95, 50 and 99 of 100 requests were "
          "faster"), "ms", ("p95", "p50", "p99"), ("queue", "handle", "verify")),
    Chart("bytes", QT_TR_NOOP("bytes / s"), QT_TR_NOOP("Bytes received and sent each second"), "bytes",
          ("bytes_in", "bytes_out"), ("handle", "verify")),
    Chart("queued", QT_TR_NOOP("accept queue"), QT_TR_NOOP("Clients that waited to be accepted, the most seen in each "
          "second; stream servers on Linux only"), "", ("queued",), ("accept",)),
    Chart("cpu", QT_TR_NOOP("CPU"), QT_TR_NOOP("Percent of one core, for each process and its busiest threads"), "%",
          (), ("handle", "verify", "setup", "queue", "finish", "close", "accept")),
)  # fmt: skip


WIDE = 560
"""From this width on (px) charts stand side by side."""


class LoadPanel(LivePanel):
    """Charts of the selected server, or of all."""

    title_changed = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__(context, role="chrome")
        self.model = LoadModel(context.link.reader, self)
        self.plots = {chart.key: _plot(chart, context.link.lull) for chart in CHARTS}
        self.summary = SummaryModel(context.link.reader, self)
        self.latency = LatencySection(self.summary)
        self._grid = QGridLayout()
        self._columns = 0
        self._slow = Slow()
        self._show_title("")
        area = self._scrolled()
        self.setFocusProxy(area)
        self.box.addWidget(area)
        context.selection.server_changed.connect(self._on_server)
        context.workspace.changed.connect(self._on_server)

    def refresh(self, tick: Tick) -> None:
        if not self.context.view.frozen and self._slow.due(tick.at):
            self.context.link.lull.ask(self._read)

    def _read(self) -> None:
        ended = self._ended(self.server())
        self.model.set_server(self.runs())
        self.model.refresh(self.context.link.tick.at)
        for chart in CHARTS:
            shown = [self.model.series[key] for key in chart.series if key in self.model.series]
            self.plots[chart.key].set_series(shown if chart.series else self.model.cpu)
            self.plots[chart.key].set_ended("–" if ended else "")  # noqa: RUF001  # a dash for no value
        self._show_title(ended)
        self.context.link.lull.ask(self._read_summary)

    def _read_summary(self) -> None:
        self.latency.set_gauges(gauges(self.server()))
        self.summary.set_server(self.runs())
        self.summary.refresh()

    def change_capture(self) -> None:
        self.model.set_reader(self.context.link.reader)
        self.summary.set_reader(self.context.link.reader)
        self._slow.reset()

    def _ended(self, server: ServerStatus | None) -> str:
        if server is None or server.state.up or server.id is None:
            return ""
        run = next((one for one in self.context.link.reader.servers() if one.id == server.id), None)
        if run is None or run.stopped is None:
            return tr("stopped")
        return tr("stopped {time}").format(time=clock(run.stopped, self.context.link.reader.wall_offset)[:5])

    def _show_title(self, ended: str) -> None:
        key = self.context.selection.server
        name = safe_text(self.context.desk.name(key), 40) if key else tr("all servers")
        title = tr("Load · {name}").format(name=name)
        self.head_title = f"{title} · {ended}" if ended else title
        self.title_changed.emit(self.head_title)

    def _on_server(self) -> None:
        self._show_title(self._ended(self.server()))
        self._slow.reset()
        self.refresh_now()

    def _scrolled(self) -> QScrollArea:
        inner = QWidget()
        set_role(inner, "chrome")
        inner.setLayout(self._grid)
        self._grid.setContentsMargins(0, 4, 0, 8)
        self._grid.setSpacing(2)
        self._arrange(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidgetResizable(True)
        area.setAccessibleName(tr("Load charts"))
        set_tip(area, tr("Scroll with the wheel or the arrow keys"))
        area.setWidget(inner)
        return area

    def _arrange(self, columns: int) -> None:
        """Charts side by side where there is room, and what is about the whole run below them."""
        if columns == self._columns:
            return
        self._columns = columns
        for place, plot in enumerate(self.plots.values()):
            self._grid.addWidget(plot, place // columns, place % columns)
        below = -(-len(self.plots) // columns)
        self._grid.addWidget(self.latency, below, 0, 1, columns)
        for column in range(2):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    # Qt's overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(2 if self.width() >= WIDE else 1)


def _plot(chart: Chart, lull: Lull) -> LoadPlot:
    plot = LoadPlot(lull, tr(chart.title), chart.unit)
    plot.setAccessibleName(tr(chart.title))
    set_tip(plot, tr(chart.tip))
    plot.set_colours(chart.colours)
    return plot
