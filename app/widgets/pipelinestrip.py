"""The pipeline of one request as a strip: what each stage took, where it is held, and where breakpoints stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from app.models.requestcolumns import worked
from app.text import QT_TR_NOOP, label, milliseconds, set_role, set_tip, tr
from engine.capture.records import PauseRecord, RequestRecord, StageRecord
from engine.observe.stages import Stage

SHOWN: Mapping[Stage, str] = {
    Stage.GET_REQUEST: QT_TR_NOOP("get_request"),
    Stage.VERIFY_REQUEST: QT_TR_NOOP("verify"),
    Stage.PROCESS_REQUEST: QT_TR_NOOP("process"),
    Stage.SETUP: QT_TR_NOOP("setup"),
    Stage.HANDLE: QT_TR_NOOP("handle"),
    Stage.FINISH: QT_TR_NOOP("finish"),
    Stage.SHUTDOWN_REQUEST: QT_TR_NOOP("shutdown"),
}


@dataclass(frozen=True, slots=True)
class Held:
    """At which stage the request is held; where there exactly, and since when, in words."""

    stage: Stage
    words: str


class PipelineStrip(QWidget):
    """A button for each stage; pressing it sets or removes a breakpoint before the stage."""

    toggled = Signal(object)
    """Stage"""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self._buttons: dict[Stage, QToolButton] = {}
        for stage in SHOWN:
            if self._buttons:
                layout.addWidget(label("→", role="dim"))
            self._buttons[stage] = self._make(stage)
            layout.addWidget(self._buttons[stage])
        layout.addStretch(1)
        self.show_stages(None, None, frozenset(), "")

    def button(self, stage: Stage) -> QToolButton:
        """The button of a stage."""
        return self._buttons[stage]

    def show_stages(self, record: RequestRecord | None, held: Held | None, gates: frozenset[str], why_not: str) -> None:
        """Show a request's stages, its pause and the breakpoints before stages; `why_not` none can be set."""
        stages = {one.stage: one for one in record.stages} if record is not None else {}
        pauses = record.pauses if record is not None else ()
        for stage, button in self._buttons.items():
            gated = stage.method in gates
            here = held is not None and held.stage is stage
            text = f"‖ {held.words}" if here and held is not None else _passed(stage, stages, pauses)
            text = f"◉ {text}" if gated else text
            if button.text() != text:
                button.setText(text)
            role = "stage-held" if here else "stage-gated" if gated else "stage"
            if button.property("role") != role:
                set_role(button, role)
            reason = tr("There is no request yet that could be held here") if stage is Stage.GET_REQUEST else why_not
            button.setEnabled(not reason)
            button.setAccessibleName(tr("{stage}: breakpoint").format(stage=stage.method))
            set_tip(button, reason or _explanation(stage, gated))

    def _make(self, stage: Stage) -> QToolButton:
        button = QToolButton()
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.toggled.emit(stage))
        return button


def _passed(stage: Stage, stages: Mapping[Stage, StageRecord], pauses: Sequence[PauseRecord]) -> str:
    record = stages.get(stage)
    if record is None:
        return tr(SHOWN[stage])
    if record.ended is None:
        return f"{tr(SHOWN[stage])} …"
    return f"{tr(SHOWN[stage])} ✓{milliseconds(worked(record, pauses, record.ended))}"


def _explanation(stage: Stage, gated: bool) -> str:
    if gated:
        return tr("Requests are held before {stage}; press to remove this breakpoint").format(stage=stage.method)
    return tr("Press to hold every request of this server before {stage}").format(stage=stage.method)
