"""The requests panel: filter, freeze, menus, empty page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.panels.requests import RequestsPanel, quoted
from engine.capture.filters import parse
from tests.app.models.captures import CaptureFile
from tests.app.stage import Stage

from .conftest import listening, tell


@pytest.fixture
def panel(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> Iterator[RequestsPanel]:
    capture.server()
    made = RequestsPanel(stage.context)
    qtbot.addWidget(made)
    made.resize(800, 400)
    made.show()
    yield made
    made.hide()


def test_requests_come_in_with_the_ticks(panel: RequestsPanel, stage: Stage, capture: CaptureFile) -> None:
    assert panel.pages.currentWidget() is panel.empty
    capture.requests(5)
    tell(stage, listening("k"))
    assert panel.model.shown == 5
    assert panel.pages.currentWidget() is panel.table


def test_a_filter_hides_and_says_so(panel: RequestsPanel, stage: Stage, capture: CaptureFile) -> None:
    capture.requests(5)
    tell(stage, listening("k"))
    stage.context.view.set_filter("state:error")
    tell(stage, listening("k"))
    assert panel.pages.currentWidget() is panel.empty
    assert panel.empty.sentence.text() == "0 of 5 match state:error."
    panel.empty.button.click()
    tell(stage, listening("k"))
    assert panel.model.shown == 5


def test_a_bad_filter_is_refused_in_words(qtbot: QtBot, panel: RequestsPanel, stage: Stage) -> None:
    with qtbot.waitSignal(stage.context.view.filter_refused) as refused:
        stage.context.view.set_filter("state:nonsense")
    assert refused.args is not None
    assert refused.args[0]


def test_a_frozen_view_counts_what_it_holds_back(panel: RequestsPanel, stage: Stage, capture: CaptureFile) -> None:
    stage.context.view.set_frozen(True)
    capture.requests(3)
    tell(stage, listening("k"))
    assert (panel.model.shown, panel.model.new_count) == (0, 3)
    stage.context.view.set_frozen(False)
    tell(stage, listening("k"))
    assert panel.model.shown == 3


def test_the_menu_filters_by_what_the_row_has(panel: RequestsPanel, stage: Stage, capture: CaptureFile) -> None:
    number = capture.request(peer="10.0.0.7:4000", worker=capture.worker())
    record = stage.link.reader.request(number)
    assert record is not None
    menu = panel.row_menu(record)
    for action in menu.actions():
        if action.text().startswith("Only this"):
            action.trigger()
            assert stage.link.reader.count(parse(stage.context.view.filter)) == 1
    menu.close()


@pytest.mark.parametrize("value", ["echo-threads", "two words", 'a "quoted" name', "x:y", "-minus"])
def test_any_name_can_be_filtered_by(value: str) -> None:
    parse(f"server:{quoted(value)}")


@pytest.mark.parametrize("before", [3, 60])
def test_not_following_sticks_until_it_is_asked_for(
    panel: RequestsPanel, stage: Stage, capture: CaptureFile, before: int
) -> None:
    """With room for more rows in the view as without."""
    capture.requests(before)
    tell(stage, listening("k"))
    bar = panel.table.verticalScrollBar()
    stage.window.run("view.follow")
    place = bar.value()
    for at in range(3):
        capture.requests(40)
        tell(stage, listening("k"), at=(11 + at) * 1_000_000_000)
        assert not panel.table.following
        assert not stage.window.action("view.follow").isChecked()
        assert bar.value() == place
    stage.window.run("view.follow")
    assert stage.window.action("view.follow").isChecked()
    assert bar.value() == bar.maximum()


def test_a_view_that_does_not_follow_is_built_so(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> None:
    stage.context.view.set_following(False)
    made = RequestsPanel(stage.context)
    qtbot.addWidget(made)
    assert not made.table.following
    assert not stage.context.view.following
