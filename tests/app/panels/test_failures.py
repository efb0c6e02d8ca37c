"""The failures: equal ones in one row; the way to their requests, and from one to the next."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.panels.failures import FailuresPanel
from app.panels.inspector import EXCEPTION, InspectorPanel
from engine.capture.records import State
from engine.observe.stages import Stage as Step
from tests.app.models.captures import CaptureFile
from tests.app.panels.conftest import listening, tell
from tests.app.stage import Stage

COLUMNS = "server, request, stage, at, type, message, detail, place, signature"


def fail(capture: CaptureFile, kind: str = "ValueError", signature: str = "0123abcd") -> int:
    number = capture.request(state=State.ERROR, error=kind, message="m", stages=True)
    detail = json.dumps({"type": kind, "message": "m", "frames": []})
    values = (1, number, Step.HANDLE, 5, kind, "m", detail, "/x.py:3", signature)
    capture.db.execute(f"INSERT INTO failure ({COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)
    return number


@pytest.fixture
def panel(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> Iterator[FailuresPanel]:
    capture.server()
    made = FailuresPanel(stage.context)
    qtbot.addWidget(made)
    made.resize(1100, 260)
    made.show()
    yield made
    made.hide()


def test_equal_failures_are_one_row(panel: FailuresPanel, stage: Stage, capture: CaptureFile) -> None:
    tell(stage, listening("k"), at=10**10)
    assert panel.nothing.isVisible()
    assert not panel.only_button.isEnabled()
    numbers = [fail(capture) for _ in range(3)]
    fail(capture, "KeyError", "ffff0000")
    tell(stage, listening("k"), at=2 * 10**10)
    assert not panel.nothing.isVisible()
    counts = {panel.model.index(row, 1).data(): panel.model.index(row, 0).data() for row in range(2)}
    assert counts == {"KeyError: m": "×1", "ValueError: m": "×3"}  # noqa: RUF001
    row = next(row for row in range(2) if panel.model.index(row, 0).data() == "×3")  # noqa: RUF001
    panel.table.selectRow(row)
    panel.table.clicked.emit(panel.model.index(row, 0))
    assert stage.context.selection.request == numbers[-1]
    panel.only_button.click()
    assert stage.context.view.filter == "same:0123abcd"


def test_from_one_to_the_next_that_failed_alike(
    qtbot: QtBot, panel: FailuresPanel, stage: Stage, capture: CaptureFile
) -> None:
    numbers = [fail(capture) for _ in range(3)]
    alone = fail(capture, "KeyError", "ffff0000")
    inspector = InspectorPanel(stage.context)
    qtbot.addWidget(inspector)
    inspector.show()
    stage.context.selection.select_request(numbers[1])
    inspector.tabs.setCurrentIndex(EXCEPTION)
    strip = inspector.exception.alike
    assert strip.sentence.text() == f"2 of 3 alike, #{numbers[0]} to #{numbers[2]}"
    strip.next_button.click()
    assert stage.context.selection.request == numbers[2]
    assert not strip.next_button.isEnabled()
    fail(capture)
    tell(stage, listening("k"), at=3 * 10**10)
    assert strip.sentence.text().startswith("3 of 4 alike")
    strip.previous_button.click()
    assert stage.context.selection.request == numbers[1]
    strip.all_button.click()
    assert stage.context.view.filter == "same:0123abcd"
    columns = "server, request, stage, at, type, message, detail"
    values = (1, alone, Step.FINISH, 6, "OSError", "gone", "{}")
    capture.db.execute(f"INSERT INTO failure ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    stage.context.selection.select_request(alone)
    assert inspector.exception.further.text() == "then in finish: OSError: gone"
    assert not strip.isVisible()
    inspector.hide()
