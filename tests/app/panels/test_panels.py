"""The list of panels: each can be built from it, rests while hidden, and survives another capture."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.link.tick import Tick
from app.panels import PANELS, Panel
from app.panels.live import LivePanel, Slow
from tests.app.models.captures import CaptureFile
from tests.app.stage import Stage

from .conftest import tell


def test_names_and_shortcuts_are_unique() -> None:
    assert len({panel.name for panel in PANELS}) == len(PANELS)
    shortcuts = [panel.shortcut for panel in PANELS if panel.shortcut]
    assert len(set(shortcuts)) == len(shortcuts)
    assert {panel.area for panel in PANELS} == {"left", "right", "top", "bottom", "center"}


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_each_is_built_and_follows_ticks_only_while_it_is_seen(
    panel: Panel, qtbot: QtBot, stage: Stage, capture: CaptureFile
) -> None:
    widget = panel.factory(stage.context)
    qtbot.addWidget(widget)
    if not isinstance(widget, LivePanel):
        return
    seen: list[Tick] = []
    original = widget.refresh

    def watched(tick: Tick) -> None:
        seen.append(tick)
        original(tick)

    widget.refresh = watched  # type: ignore[method-assign]  # the test looks on
    tell(stage)
    assert seen == []
    widget.show()
    assert seen == [stage.link.tick]
    tell(stage)
    assert len(seen) == 2
    widget.hide()
    tell(stage)
    assert len(seen) == 2
    widget.change_capture()


def test_numbers_change_twice_a_second() -> None:
    slow = Slow()
    assert slow.due(0)
    assert not slow.due(499_999_999)
    assert slow.due(500_000_000)
    assert slow.due(100), "a clock that went back starts again"
    slow.reset()
    assert slow.due(101)
