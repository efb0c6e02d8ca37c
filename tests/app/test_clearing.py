"""What was cleared is hidden for a while, comes back if that is wanted, and is deleted then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app import clearing
from app.conditions import why_not
from app.models.requests import RequestsModel
from tests.app.models.captures import CaptureFile

from .stage import Stage

pytestmark = pytest.mark.window


@pytest.fixture
def capture(stage: Stage) -> Iterator[CaptureFile]:
    with CaptureFile(stage.client.capture_path) as made:
        made.server()
        made.requests(5)
        yield made


@pytest.fixture
def model(stage: Stage, capture: CaptureFile, qtbot: QtBot) -> RequestsModel:
    stage.window.focus_requests()
    stage.window.show()
    found = stage.window.findChildren(RequestsModel)[0]
    tell(stage)
    qtbot.waitUntil(lambda: found.rowCount() == 5)
    return found


def tell(stage: Stage) -> None:
    number = stage.link.tick.number + 1
    stage.link._take({"tick": number, "at": number * 10**9, "totals": {"requests": 5}, "servers": []})


def test_it_comes_back(stage: Stage, model: RequestsModel, capture: CaptureFile) -> None:
    assert why_not(stage.window.scope, "capture.undo") == "Nothing was cleared a moment ago"
    stage.window.run("capture.clear")
    assert stage.window.bar._sentence == "Cleared 5 requests. Ctrl+Z brings them back."
    capture.request()
    tell(stage)
    assert (model.rowCount(), model.total) == (1, 1)
    stage.window.run("capture.undo")
    tell(stage)
    assert (model.rowCount(), model.total) == (6, 6)
    assert stage.orders() == []


def test_a_filter_goes_on(stage: Stage, model: RequestsModel, capture: CaptureFile) -> None:
    stage.window.run("capture.clear")
    capture.requests(2)
    stage.context.view.set_filter("state:done")
    tell(stage)
    assert model.rowCount() == 2
    stage.context.view.set_filter("state:error")
    tell(stage)
    assert model.rowCount() == 0


def test_after_a_while_it_is_deleted(
    stage: Stage, model: RequestsModel, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(stage.context.clearing._grace, "start", stage.context.clearing.carry_out)
    stage.window.run("capture.clear")
    assert stage.client.orders[-1] == ("clear", {"before": 6})
    tell(stage)
    assert model.rowCount() == 0, "hidden until it is gone"
    stage.client.accept(len(stage.client.orders))
    qtbot.waitUntil(lambda: stage.context.clearing.floor == 0)
    assert clearing.GRACE >= 10_000
