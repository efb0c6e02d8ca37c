"""Docks: one a panel, in its place, folded away when the window is narrow, left where a person put them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTabWidget
from pytestqt.qtbot import QtBot

from app.arrangements import ARRANGEMENTS
from app.docks import AREAS, NARROW, Dock
from app.panels import PANELS
from engine.hosting.profile import Profile

from .stage import Stage

pytestmark = pytest.mark.window


def dock(stage: Stage, name: str) -> Dock:
    return next(one for one in stage.window.docks if one.panel.name == name)


@pytest.fixture
def wide(stage: Stage) -> Stage:
    """A window with every panel out."""
    stage.window.resize(1440, 900)
    stage.window.show()
    stage.context.desk.add(Profile(name="a"), start=False)
    return stage


def test_every_panel_has_its_dock_and_its_place(wide: Stage) -> None:
    assert [one.panel for one in wide.window.docks] == [panel for panel in PANELS if panel.area in AREAS]
    for one in wide.window.docks:
        assert wide.window.dockWidgetArea(one) == AREAS[one.panel.area]
        assert one.objectName() == f"dock-{one.panel.name}"
        assert one.toggle.whatsThis()


def in_front(stage: Stage) -> set[str]:
    return {one.panel.name for one in stage.window.docks if one.in_front}


def test_debug_stands_as_it_is_drawn(wide: Stage, qtbot: QtBot) -> None:
    wide.window.arrange("debug")
    paused, inspector, gates, servers = (dock(wide, name) for name in ("paused", "inspector", "gates", "servers"))
    qtbot.waitUntil(lambda: {"pipeline", "paused", "inspector", "gates", "servers"} <= in_front(wide))
    assert not {"workers", "load"} & in_front(wide)
    assert servers.geometry().right() < paused.geometry().left() < paused.geometry().right()
    assert paused.geometry().right() < inspector.geometry().left()
    assert gates.geometry().bottom() < inspector.geometry().top()
    tabs = wide.window.findChildren(QTabWidget, options=Qt.FindChildOption.FindChildrenRecursively)
    shown = next(one for one in tabs if one.accessibleName() == "Inspector")
    assert shown.tabText(shown.currentIndex()) == "Code"


@pytest.mark.parametrize(("perspective", "front"), [("live", "inspector"), ("debug", "inspector"), ("load", "load")])
def test_what_a_perspective_is_about_stays_in_front_in_any_width(
    wide: Stage, qtbot: QtBot, perspective: str, front: str
) -> None:
    wide.window.arrange(perspective)
    for width in (1100, 1440, 1100):
        wide.window.resize(width, 700)
        assert wide.window.docks.folded is (width < NARROW)
        qtbot.waitUntil(lambda: front in in_front(wide))


def test_every_arrangement_can_be_made(wide: Stage) -> None:
    for perspective in ARRANGEMENTS:
        wide.window.docks.arrange(perspective, 1440)
        wide.window.docks.arrange(perspective, 1100)
        assert {one.panel for one in wide.window.docks} == {panel for panel in PANELS if panel.area in AREAS}


def test_a_toggle_hides_shows_and_brings_to_the_front(wide: Stage, qtbot: QtBot) -> None:
    output = dock(wide, "output")
    output.toggle.trigger()  # it stands behind the inspector
    assert not output.isHidden()
    qtbot.waitUntil(lambda: not output.visibleRegion().isEmpty())
    assert output.toggle.isChecked()
    output.toggle.trigger()
    assert output.isHidden()
    output.toggle.trigger()
    assert not output.isHidden()


def test_a_panel_that_was_moved_is_not_folded(wide: Stage) -> None:
    wide.window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock(wide, "load"))
    wide.window.docks.fit(NARROW - 1)
    assert wide.window.dockWidgetArea(dock(wide, "load")) is Qt.DockWidgetArea.LeftDockWidgetArea
    assert wide.window.dockWidgetArea(dock(wide, "workers")) is Qt.DockWidgetArea.BottomDockWidgetArea
    assert wide.window.docks.folded
    wide.window.docks.fit(NARROW)
    assert wide.window.dockWidgetArea(dock(wide, "workers")) is Qt.DockWidgetArea.RightDockWidgetArea


def test_the_inspector_spans_below_and_the_servers_stand_full_height(wide: Stage, qtbot: QtBot) -> None:
    inspector, servers, load = (dock(wide, name) for name in ("inspector", "servers", "load"))
    qtbot.waitUntil(lambda: inspector.geometry().right() >= load.geometry().right())
    assert inspector.geometry().left() > servers.geometry().right()
    assert servers.geometry().bottom() >= inspector.geometry().bottom()


def test_the_perspective_is_remembered_with_its_layout(wide: Stage, tmp_path: Path) -> None:
    wide.window.arrange("debug")
    wide.window.close()
    again = Stage.build(tmp_path / "stage")
    again.window.close()
    assert again.window.perspective == "debug"


@pytest.mark.parametrize(("perspective", "least"), [("debug", 380), ("load", 360)])
def test_a_narrow_window_gives_its_bottom_the_height_that_it_needs(
    wide: Stage, qtbot: QtBot, perspective: str, least: int
) -> None:
    wide.window.resize(1100, 700)
    wide.window.arrange(perspective)
    qtbot.waitUntil(lambda: dock(wide, wide.window.docks.front).height() >= least)
