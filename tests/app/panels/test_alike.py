"""What stands above a failure that has its like is tested with the list of failures."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.panels.alike import AlikeStrip
from tests.app.stage import Stage


def test_a_request_that_has_not_failed_has_none_alike(qtbot: QtBot, stage: Stage) -> None:
    strip = AlikeStrip(stage.context)
    qtbot.addWidget(strip)
    strip.show_request(1)
    assert not strip.isVisible()
    strip.next_button.click()
    strip.all_button.click()
    assert stage.context.view.filter == ""
