"""All stacks of a server: taken when asked, read row by row, copied whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.panels.stacks import StacksPanel
from engine.hosting.profile import Profile
from tests.app.models.captures import CaptureFile
from tests.app.models.test_whereabouts import LOCK
from tests.app.panels.conftest import listening, tell
from tests.app.stage import Stage

MAIN: dict[str, Any] = {"name": "MainThread", "doing": "select", "call": "poll()", "pid": 1, "thread": 1, "frames": []}


@pytest.fixture
def panel(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> Iterator[StacksPanel]:
    made = StacksPanel(stage.context)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.hide()


def test_stacks(panel: StacksPanel, stage: Stage) -> None:
    assert panel.note.text() == "No running server is selected."
    assert not panel.take_button.isEnabled()
    key = stage.workspace.add(Profile(name="echo"))
    stage.context.selection.select_server(key)
    tell(stage, listening(key))
    assert stage.orders().count("stacks") == 1
    stage.link._take({"reply": len(stage.client.orders), "ok": True, "stacks": [MAIN, LOCK, 3]})
    assert [panel.model.index(row, 1).data() for row in range(2)] == ["#2", ""], "those that serve come first"
    assert panel.frames.model().rowCount() == 1
    panel.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    assert "Request #2 (process 7, thread 9): Waits for the lock TILL." in copied
    assert "MainThread (process 1, thread 1): Waits until a socket is ready, in poll()." in copied
    panel.table.activated.emit(panel.model.index(0, 0))
    assert stage.context.selection.request == 2
    panel.take_button.click()
    error = {"code": "not_running", "sentence": "The server does not run."}
    stage.link._take({"reply": len(stage.client.orders), "ok": False, "error": error})
    assert panel.note.text() == "The server does not run."
    assert panel.model.rowCount() == 0
