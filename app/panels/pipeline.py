"""The pipeline of the selected request, or of the paused one that is chosen, in one line above the panels."""

from __future__ import annotations

from app.context import Context
from app.link.tick import PausedRequest, Tick
from app.models.paused import waiting_text
from app.models.places import place_text
from app.panels.live import LivePanel, row
from app.text import label, tr
from app.widgets.pipelinestrip import SHOWN, Held, PipelineStrip
from engine.capture.records import RequestRecord
from engine.debug.gates import BEFORE, place_of
from engine.observe.stages import Stage

HEIGHT = 36


class PipelinePanel(LivePanel):
    """Shows where a request is, and sets breakpoints on the selected server."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, role="chrome")
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(tr("Pipeline"))
        self.title = label(tr("PIPELINE"), role="head")
        self.strip = PipelineStrip()
        self.who = label(name=tr("Request of the pipeline"), role="dim")
        line = row(self.title, self.strip, self.who, margins=(12, 0, 12, 0), spacing=12)
        line.setStretch(1, 1)
        self.box.addLayout(line)
        self.strip.toggled.connect(self._toggle)
        for signal in (
            context.selection.request_changed,
            context.selection.server_changed,
            context.gates.changed,
            context.gates.chosen_changed,
        ):
            signal.connect(lambda *_: self.refresh_now())
        self.setFocusProxy(self.strip.button(Stage.VERIFY_REQUEST))

    def refresh(self, tick: Tick) -> None:
        request = self.context.selection.request
        chosen = self.context.gates.chosen
        request = request if request is not None else chosen.id if chosen is not None else None
        paused = next((one for one in tick.paused if one.id == request and request is not None), None)
        record = self.context.link.reader.request(request) if request is not None else None
        self._show(record, paused, tick.at)

    def _show(self, record: RequestRecord | None, paused: PausedRequest | None, now: int) -> None:
        key = self.context.selection.server
        gates = frozenset(stage.method for stage in SHOWN if self.context.gates.at(key, stage.method))
        held = _held(paused, record, now) if paused is not None else None
        self.strip.show_stages(record, held, gates, "" if key else tr("Select a server first"))
        self.who.setText(f"#{record.id}" if record is not None else tr("Select a request"))

    def _toggle(self, stage: Stage) -> None:
        self.context.gates.toggle(self.context.selection.server, stage.method)


def _held(paused: PausedRequest, record: RequestRecord | None, now: int) -> Held:
    """Where the strip shows a pause. Bytes pass and exceptions are raised within a stage."""
    names = {stage.method: stage for stage in Stage}
    stage = names.get(paused.point) or (record.stage if record is not None else Stage.HANDLE)
    if stage is Stage.FINISH_REQUEST:
        stage = Stage.SETUP if paused.when == BEFORE else Stage.FINISH
    place = place_text(place_of(paused.point, paused.when))
    words = tr("{place}  waiting {time}").format(place=place, time=waiting_text(paused, now))
    return Held(stage if stage in SHOWN else Stage.HANDLE, words)
