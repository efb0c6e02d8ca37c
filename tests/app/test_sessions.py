"""A capture is opened in a window of its own, which says that nothing runs there."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.conditions import why_not
from app.models.requests import RequestsModel
from app.requestcommands import save_to
from app.servercommands import open_file
from app.window import Window
from engine.capture.records import State
from tests.app.models.captures import MS, CaptureFile

from .stage import Stage

pytestmark = pytest.mark.window


@pytest.fixture
def opened(stage: Stage, tmp_path: Path, qtbot: QtBot) -> Window:
    path = tmp_path / "day.socketscope"
    with CaptureFile(path) as capture:
        capture.server()
        for number in range(5):
            capture.request(opened=number * MS, state=State.ERROR if number == 3 else State.DONE, stages=True)
    open_file(stage.window.scope, path)
    (window,) = stage.window._sessions
    qtbot.addWidget(window)
    return window


def test_it_shows_what_the_file_holds_and_says_that_it_is_not_live(opened: Window, qtbot: QtBot) -> None:
    banners = [one for one in opened.findChildren(QLabel) if one.accessibleName() == "Session from file"]
    assert banners[0].text().startswith("Session from file — not live: ")
    assert opened.windowTitle() == "day.socketscope - Socketscope"
    model = opened.findChildren(RequestsModel)[0]
    qtbot.waitUntil(lambda: model.rowCount() == 5)
    opened.context.view.set_filter("state:error")
    qtbot.waitUntil(lambda: model.rowCount() == 1)


@pytest.mark.parametrize("action", ["server.new", "server.start", "pause.now", "request.again", "capture.clear"])
def test_nothing_can_be_run_there(opened: Window, action: str) -> None:
    assert why_not(opened.scope, action) == "This session comes from a file; nothing runs in it"
    assert not opened.action(action).isEnabled()


def test_the_live_window_keeps_its_own(opened: Window, stage: Stage) -> None:
    assert why_not(stage.window.scope, "server.new") == ""
    opened.close()
    assert stage.settings.blob("geometry").isEmpty(), "only the live window is remembered"


def test_what_cannot_be_opened_is_told(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no capture")
    for name, told in (("a.txt", "a.txt"), ("gone.socketscope", "There is no file")):
        open_file(stage.window.scope, tmp_path / name)
        assert told in stage.window.bar._sentence
    assert stage.window._sessions == []


def test_what_was_saved_is_opened_again(stage: Stage, tmp_path: Path, qtbot: QtBot) -> None:
    with CaptureFile(stage.client.capture_path) as capture:
        capture.server()
        capture.requests(7)
    saving = save_to(stage.window.scope, tmp_path / "day")
    with qtbot.waitSignal(saving.saved):
        pass
    assert stage.window.bar._sentence.startswith("Saved ")
    open_file(stage.window.scope, tmp_path / "day.socketscope")
    (window,) = stage.window._sessions
    qtbot.addWidget(window)
    qtbot.waitUntil(lambda: window.findChildren(RequestsModel)[0].rowCount() == 7)
