"""The part of the load that is about whole runs: what became of the requests, and how long a chosen stage took."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from app.link.tick import ServerStatus
from app.models.summary import SummaryModel
from app.panels.live import row
from app.text import QT_TR_NOOP, label, number, safe_text, set_tip, tr
from app.text import size as size_text
from app.widgets.figures import Figure, Figures
from app.widgets.histogram import LatencyHistogram
from engine.observe.histogram import Histogram
from engine.observe.stages import Stage

EXPLAINED = QT_TR_NOOP(
    "Counted since the server was started, or the capture was cleared. A request that is accepted is not handled before"
    " its handler has returned. Of the live, nobody works for the new yet, the handlers of the active owe an answer;"
    " the idle wait for their clients. Overflows: how often a client found the accept queue full and was put off."
)


class LatencySection(QWidget):
    """Counters, and below them the histogram of one stage."""

    def __init__(self, model: SummaryModel) -> None:
        super().__init__()
        self.model = model
        self.figures = Figures(tr("What became of the requests"))
        set_tip(self.figures, tr(EXPLAINED))
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("Stage whose times are shown"))
        set_tip(self.choice, tr("The stage whose times are shown; the whole request is from accept to close"))
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.histogram = LatencyHistogram(tr("How often which time occurred"))
        self.histogram.set_empty_text(tr("No stage has ended yet."))
        self._stages: list[Stage | None] = []
        self._gauges: list[Figure] = []
        self.choice.activated.connect(self._show_chosen)
        title = label(tr("time in"), name=tr("Time in a stage"), role="small")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.figures)
        layout.addLayout(row(title, self.choice, None, margins=(12, 0, 12, 0)))
        layout.addWidget(self.histogram)
        model.changed.connect(self._show)

    @property
    def stage(self) -> Stage | None:
        """The chosen one; None: the whole request."""
        place = self.choice.currentIndex()
        return self._stages[place] if 0 <= place < len(self._stages) else None

    def set_gauges(self, figures: list[Figure]) -> None:
        """What is used of what there is, to be shown beside the counters."""
        self._gauges = figures

    def choose(self, stage: Stage | None) -> None:
        """Show the times of this stage, if there are any."""
        if stage in self._stages:
            self.choice.setCurrentIndex(self._stages.index(stage))
            self._show_chosen()

    def _show(self) -> None:
        counted = [(word, number(count), colour) for word, count, colour in self.model.figures()]
        sums = self.model.counters
        sizes: list[Figure] = [(tr("in"), size_text(sums.bytes_in), ""), (tr("out"), size_text(sums.bytes_out), "")]
        self.figures.set_figures([*counted, *sizes, *self._gauges])
        self._offer(self.model.stages())
        self._show_chosen()

    def _offer(self, stages: list[Stage | None]) -> None:
        """The choice stays what it is while stages come: those of a server that was just selected are not there yet."""
        if not stages or stages == self._stages:
            return
        chosen = self.stage if self._stages else Stage.HANDLE
        self._stages = stages
        self.choice.clear()
        self.choice.addItems([safe_text(stage.method) if stage else tr("whole request") for stage in stages])
        self.choice.setCurrentIndex(stages.index(chosen) if chosen in stages else 0)

    def _show_chosen(self) -> None:
        stage = self.stage
        self.histogram.set_histogram(self.model.timings.get(stage) or Histogram(), stage)


def gauges(status: ServerStatus | None) -> list[Figure]:
    """Used and limit, where both are known: the accept queue, children, a pool's threads; and who was turned away."""
    found: list[Figure] = []
    if status is None or not status.state.up:
        return found
    if status.queue is not None:
        full = status.warning is not None and status.warning.code == "backlog"
        found.append((tr("backlog"), f"{status.queue.depth}/{status.queue.limit}", "warn" if full else ""))
        if status.queue.overflows:
            found.append((tr("overflows"), number(status.queue.overflows), "warn"))
    if status.concurrency == "forking" and status.max_children:
        worst = "warn" if status.children >= status.max_children else ""
        found.append((tr("children"), f"{status.children}/{status.max_children}", worst))
    if status.max_workers:
        used = min(status.live, status.max_workers)
        found.append((tr("threads"), f"{used}/{status.max_workers}", "warn" if used == status.max_workers else ""))
    return found
