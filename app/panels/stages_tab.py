"""The inspector's Stages: the waterfall of the selected request, and where its time went in numbers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QSplitter, QVBoxLayout, QWidget

from app.context import Context
from app.models.means import means_word
from app.models.places import place_text
from app.models.requestcolumns import lasted, worked
from app.models.selection import Selection
from app.panels.live import paint_ground, strip
from app.panels.now import NowView
from app.panels.slow import show_slow, slow_label
from app.text import duration, label, safe_text, set_role, set_tip, tr
from app.widgets.waterfall import Waterfall
from engine.capture.records import GOES_ON, InterferenceRecord, RequestRecord, SlowRecord, StageRecord
from engine.capture.waits import Waits
from engine.observe.facts import Means
from engine.observe.stages import Stage

SIZES = [440, 460]
"""Of the waterfall, and of where a live request is now."""
_LASTING = frozenset({Means.LATENCY, Means.BANDWIDTH})
"""Means whose amount is a time."""


class StagesTab(QWidget):
    """Stages of one request."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        paint_ground(self, "content")
        self._selection: Selection = context.selection
        self.waterfall = Waterfall()
        self.waterfall.setAccessibleName(tr("Stages of the selected request"))
        set_tip(self.waterfall, tr("Solid: on a CPU. Pale: waiting. Arrow keys choose a stage."))
        self.summary = label(name=tr("Where the time went"), role="small")
        self.touches = label(name=tr("What was done to the request"), role="fault-small", wrap=True)
        self.touches.setContentsMargins(12, 4, 12, 4)
        self.slow = slow_label()
        area = QScrollArea()
        area.setWidget(self.waterfall)
        area.setWidgetResizable(True)
        area.setAccessibleName(tr("Stages"))
        set_tip(area, tr("Scroll with the wheel or the arrow keys"))
        self.now = NowView(context)
        self.now.hide()
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(area)
        split.addWidget(self.now)
        split.setSizes(SIZES)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(strip(self.summary, None))
        layout.addWidget(self.slow)
        layout.addWidget(self.touches)
        layout.addWidget(split, 1)
        self.waterfall.stage_chosen.connect(self._selection.select_stage)
        self._selection.stage_changed.connect(self.waterfall.select_stage)

    def show_request(
        self,
        request: RequestRecord | None,
        now: int,
        failed: Stage | None,
        touches: Sequence[InterferenceRecord] = (),
        slow: Sequence[SlowRecord] = (),
        waits: Waits | None = None,
    ) -> None:
        """Show a request, and what gates and faults did to it; `now` ends what still runs, which says where it is."""
        # Of one that is held there is nothing to find out: it waits in our own code.
        self.now.show_request(None if request is not None and request.held else request, now)
        show_slow(self.slow, slow)
        self.waterfall.set_request(request, now, failed)
        self.waterfall.select_stage(self._selection.stage)
        self.summary.setText(summary(request, now, waits) if request else tr("Select a request."))
        self.touches.setText(touches_text(request, touches, now) if request else "")
        set_role(self.touches, "fault-small" if request is not None and request.injected else "warn-small")
        self.touches.setVisible(bool(touches))


def touches_text(request: RequestRecord, touches: Sequence[InterferenceRecord], now: int) -> str:
    """What gates and faults did: "‖ held 12.3 s before handle  ·  ⚡ split 3 B"."""
    return "  ·  ".join(_touch(request, one, now) for one in touches)


def _pause(one: InterferenceRecord, now: int) -> str:
    place = place_text(one.detail)
    if one.amount == GOES_ON:
        return tr("‖ held {place} for {time} now").format(time=duration(max(0, now - one.at)), place=place)
    return tr("‖ held {time} {place}").format(time=duration(one.amount), place=place)


def _touch(request: RequestRecord, one: InterferenceRecord, now: int) -> str:
    if one.means is Means.PAUSED:
        return _pause(one, now)
    lasted = duration(one.amount) if one.means in _LASTING else ""
    at = tr("at {time}").format(time=duration(max(0, one.at - request.opened)))
    sign = "⚡" if one.means.fault else "‖"
    return " ".join(part for part in (sign, means_word(one.means), safe_text(one.detail, 80), lasted, at) if part)


def summary(request: RequestRecord, now: int, waits: Waits | None = None) -> str:
    """Where the time of a request went: total, queue, handler's computing and waiting."""
    parts = [tr("total {time}").format(time=duration(lasted(request, now)))]
    if held := request.paused(now):
        parts.append(tr("and {time} paused").format(time=duration(held)))
    stages = {record.stage: record for record in request.stages}
    if queue := stages.get(Stage.QUEUE):
        parts.append(tr("queue {time}").format(time=duration((queue.ended or now) - queue.started)))
    if handle := stages.get(Stage.HANDLE):
        parts.append(_handler(handle, worked(handle, request.pauses, now), None if request.pauses else waits))
    return "  ·  ".join(parts)


def _handler(handle: StageRecord, lasted: int, waits: Waits | None) -> str:
    if handle.cpu is None:
        return tr("handle {time}").format(time=duration(lasted))
    sentence = tr("handle {time}: {cpu} on a CPU").format(time=duration(lasted), cpu=duration(handle.cpu))
    if waits is None or not waits.receiving + waits.sending:
        waited = duration(max(0, lasted - handle.cpu))
        return ", ".join((sentence, tr("{time} waiting").format(time=waited)))
    parts = [(waits.receiving, tr("{time} receiving")), (waits.sending, tr("{time} sending"))]
    parts.append((waits.otherwise, tr("{time} waiting otherwise")))
    return ", ".join((sentence, *(text.format(time=duration(spent)) for spent, text in parts if spent)))
