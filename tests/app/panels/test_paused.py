"""The paused panel: what it says where something goes wrong while a request is held."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.panels.paused import PausedPanel
from engine.capture.records import State
from tests.app.models.captures import CaptureFile
from tests.app.stage import Stage

from .conftest import listening

HELD: dict[str, Any] = {"number": "1-1", "key": "k", "id": 1, "point": "handle", "since": 0, "data": "aGk=", "size": 2}


@pytest.fixture
def panel(stage: Stage, qtbot: QtBot, capture: CaptureFile) -> PausedPanel:
    capture.request(lasts=None, state=State.PAUSED)
    made = PausedPanel(stage.context)
    qtbot.addWidget(made)
    made.show()
    return made


def tell(stage: Stage, *paused: dict[str, Any], state: str = "listening") -> None:
    number = stage.link.tick.number + 1
    servers = [listening("k", state=state)]
    stage.link._take({"tick": number, "at": number * 10**9, "totals": {}, "servers": servers, "paused": list(paused)})


def test_a_peer_that_has_gone_is_told(panel: PausedPanel, stage: Stage) -> None:
    tell(stage, HELD)
    assert not panel.note.isVisible()
    tell(stage, HELD | {"peer": False})
    assert panel.note.text() == "The peer has ended its side; it may still read, or have gone."
    assert panel.model.index(0, 3).data().startswith("✕")


def test_a_worker_that_dies_is_told_and_what_was_typed_can_be_had(
    panel: PausedPanel, stage: Stage, capture: CaptureFile
) -> None:
    tell(stage, HELD)
    panel.editor.text.setPlainText("much work")
    tell(stage)
    capture.close_request(1, 5, State.KILLED, "killed (SIGKILL)")
    tell(stage)
    assert panel.gone.sentence.text() == "#1 is held no longer, its worker has ended: killed (SIGKILL)"
    panel.gone.copy.click()
    assert QGuiApplication.clipboard().text() == "much work"
    assert not panel.gone.isVisible()


def test_nobody_is_told_what_he_has_done_himself(panel: PausedPanel, stage: Stage) -> None:
    tell(stage, HELD)
    stage.context.gates.decide("continue")
    tell(stage)
    assert not panel.gone.isVisible()
    tell(stage, HELD | {"number": "1-2"})
    tell(stage, state="draining")
    assert not panel.gone.isVisible()
    tell(stage, HELD | {"number": "1-3"})
    tell(stage)
    assert panel.gone.sentence.text() == "#1 has gone on by itself, with its bytes as they were."


def test_why_everything_waits(panel: PausedPanel, stage: Stage) -> None:
    tell(stage, HELD | {"blocks": True, "patience": 2.5})
    assert panel.note.text() == (
        "Everything waits: this server serves one request at a time, and this one is paused before handle."
        " It goes on by itself after 2.5 s."
    )


def test_what_has_stopped_at_a_line_is_pointed_to(panel: PausedPanel, stage: Stage) -> None:
    def told(**members: Any) -> str:
        number = stage.link.tick.number + 1
        stage.link._take({"tick": number, "at": number * 10**9, "totals": {}, "servers": [listening("k")], **members})
        panel.refresh(stage.link.tick)
        return panel.nothing.text()

    assert "F9" in told()
    thread = {"key": "k", "pid": 9, "thread": 1, "native": 77, "since": 5, "path": "/h.py", "line": 6}
    assert "Variables" in told(stopped=[thread | {"function": "handle", "reason": "breakpoint"}])
    assert "F9" in told()
