"""Where a live request is: asked for while it is shown, told in one sentence, with the line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.panels.inspector import STAGES, InspectorPanel
from engine.capture.records import State
from tests.app.models.captures import CaptureFile
from tests.app.models.test_whereabouts import LOCK
from tests.app.panels.conftest import listening
from tests.app.stage import Stage

SECOND = 1_000_000_000


@pytest.fixture
def panel(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> Iterator[InspectorPanel]:
    capture.server()
    made = InspectorPanel(stage.context)
    qtbot.addWidget(made)
    made.resize(1100, 260)
    made.show()
    yield made
    made.hide()


def tick(stage: Stage, at: int, stuck: int = 0) -> None:
    lines = [LOCK | {"request": stuck, "key": "k"}] if stuck else []
    members = {"tick": stage.link.tick.number + 1, "at": at, "totals": {}, "servers": [listening("k")]}
    stage.link._take(members | {"stuck": lines})


def asked(stage: Stage) -> int:
    return stage.orders().count("where")


def answer(stage: Stage, request: int) -> None:
    stage.link._take({"reply": len(stage.client.orders), "ok": True, "where": LOCK | {"request": request}})


def test_it_is_asked_for_twice_a_second_while_it_is_shown(
    stage: Stage, panel: InspectorPanel, capture: CaptureFile
) -> None:
    number = capture.request(state=State.RUNNING, stages=True)
    stage.context.selection.select_request(number)
    assert asked(stage) == 0
    panel.tabs.setCurrentIndex(STAGES)
    assert asked(stage) == 1
    for step in range(1, 11):
        tick(stage, 100 * SECOND + step * SECOND // 10)
    assert asked(stage) in (2, 3)
    answer(stage, number)
    now = panel.stages.now
    assert now.sentence.text() == "Waits for the lock TILL. Request #1 holds it, since line 4."
    assert now.frames.model().rowCount() == 1
    assert "with TILL:" in now.source.toPlainText()
    now.copy_button.click()
    assert 'File "/x/shop.py", line 12' in QGuiApplication.clipboard().text()


def test_one_that_is_over_is_nowhere(stage: Stage, panel: InspectorPanel, capture: CaptureFile) -> None:
    stage.context.selection.select_request(capture.request(stages=True))
    panel.tabs.setCurrentIndex(STAGES)
    assert asked(stage) == 0
    assert not panel.stages.now.isVisible()


def test_a_refusal_is_told_in_place(stage: Stage, panel: InspectorPanel, capture: CaptureFile) -> None:
    stage.context.selection.select_request(capture.request(state=State.RUNNING, stages=True))
    panel.tabs.setCurrentIndex(STAGES)
    error = {"code": "not_found", "sentence": "This request is over already."}
    stage.link._take({"reply": len(stage.client.orders), "ok": False, "error": error})
    assert panel.stages.now.sentence.text() == "This request is over already."
    assert not panel.stages.now.copy_button.isEnabled()


def test_details_of_one_that_is_stuck_are_where_it_is(
    stage: Stage, panel: InspectorPanel, capture: CaptureFile
) -> None:
    number = capture.request(state=State.RUNNING, stages=True)
    stage.context.selection.select_request(number)
    tick(stage, 5 * SECOND, stuck=number)
    stage.context.view.show_details()
    assert panel.tabs.currentIndex() == STAGES
