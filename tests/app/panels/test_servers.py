"""The servers panel: rows, selection, what failed and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.panels.servers import ServersPanel
from engine.hosting.profile import Profile
from tests.app.models.captures import CaptureFile
from tests.app.stage import Stage

from .conftest import listening, tell


@pytest.fixture
def panel(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> Iterator[ServersPanel]:
    made = ServersPanel(stage.context)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.hide()


def test_rows_follow_the_workspace_and_the_selection(panel: ServersPanel, stage: Stage) -> None:
    first, second = (stage.workspace.add(Profile(name=name)) for name in ("one", "two"))
    assert panel.model.rowCount() == 2
    stage.context.selection.select_server(second)
    assert panel.list.currentIndex().row() == 1
    panel.list.setCurrentIndex(panel.model.index(0))
    assert stage.context.selection.server == first


def test_enter_filters_by_a_server_and_again_shows_all(panel: ServersPanel, stage: Stage) -> None:
    key = stage.workspace.add(Profile(name="two words"))
    tell(stage, listening(key, name="two words"))
    index = panel.model.index(0)
    panel.list.activated.emit(index)
    assert stage.context.view.filter == 'server:"two words"'
    panel.list.activated.emit(index)
    assert stage.context.view.filter == ""


def test_a_port_in_use_is_left_by_one_click(qtbot: QtBot, panel: ServersPanel, stage: Stage) -> None:
    key = stage.workspace.add(Profile(name="echo", port=9009))
    stage.context.desk.start(key)
    stage.client.refuse(len(stage.client.orders), "port_in_use", "Port 9009 is used by nc (pid 7).", offer=9010)
    qtbot.waitUntil(lambda: key in panel._strips)
    strip = panel._strips[key]
    assert strip.fix_button.text() == "Use 9010"
    assert "nc (pid 7)" in strip.toolTip()
    strip.fix_button.click()
    entry = stage.workspace.entry(key)
    assert entry is not None
    assert entry.profile.port == 9010
    assert stage.client.orders[-1][0] == "start"
    assert key not in panel._strips


def test_a_stale_socket_is_removed_by_one_click(
    qtbot: QtBot, panel: ServersPanel, stage: Stage, tmp_path: Path
) -> None:
    stale = tmp_path / "old.sock"
    key = stage.workspace.add(Profile(name="ctl", server_class="UnixStreamServer", path=str(stale)))
    stage.context.desk.start(key)
    stage.client.refuse(len(stage.client.orders), "stale_socket", "Stale.", path=str(stale), can_remove=True)
    qtbot.waitUntil(lambda: key in panel._strips)
    panel._strips[key].fix_button.click()
    assert stage.client.orders[-1] == ("remove_stale", {"path": str(stale)})


def test_the_menu_offers_every_order(panel: ServersPanel, stage: Stage) -> None:
    key = stage.workspace.add(Profile(name="echo"))
    stage.context.selection.select_server(key)
    menu = panel.menu()
    texts = {action.text() for action in menu.actions()}
    entry = stage.workspace.entry(key)
    assert entry is not None
    assert not entry.autostart
    next(action for action in menu.actions() if action.text() == "Start with the workspace").trigger()
    entry = stage.workspace.entry(key)
    assert entry is not None
    assert entry.autostart
    assert {"Start", "Stop", "Restart", "Edit…", "Duplicate", "Remove…", "Show only its requests"} <= texts
    menu.close()
