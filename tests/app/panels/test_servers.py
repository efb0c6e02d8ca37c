"""The servers panel: rows, selection, what failed and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.commands import COMMANDS
from app.panels.servers import ServersPanel
from app.widgets.servercard import HEIGHT
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


def failing(key: str, **extras: object) -> dict[str, object]:
    error = {"code": "import_failed", "sentence": f"{key} cannot be imported.", **extras}
    return listening(key, state="failed", error=error)


def test_a_warning_is_told_in_the_row_with_its_line(
    panel: ServersPanel, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = stage.workspace.add(Profile(name="echo"))
    said = "The interpreter lock has been held for 12 s in handle, line 14 of regex.py."
    tell(stage, listening(key, warning={"code": "hung", "sentence": said, "file": "/x/regex.py", "line": 14}))
    strip = panel._strips[key]
    assert strip.sentence.text() == f"⚠ {said}"
    assert panel.list.sizeHintForIndex(panel.model.index(0)).height() > HEIGHT + strip.sentence.height()
    monkeypatch.setattr("app.panels.troubles.open_in_editor", lambda _settings, file, line: f"Opened {file}:{line}.")
    strip.more_button.click()
    assert stage.window.bar._sentence == "Opened /x/regex.py:14."
    strip.fix_button.click()
    assert stage.client.orders[-1][0] == "restart"
    tell(stage, listening(key))
    assert panel._strips == {}
    assert panel.list.sizeHintForIndex(panel.model.index(0)).height() == HEIGHT


def test_an_import_that_takes_long_can_be_stopped(panel: ServersPanel, stage: Stage) -> None:
    key = stage.workspace.add(Profile(name="echo"))
    tell(stage, listening(key, state="starting", warning={"code": "importing", "sentence": "Still importing."}))
    assert panel._strips[key].more_button.text() == "Edit…"
    panel._strips[key].fix_button.click()
    assert stage.client.orders[-1][0] == "stop"


def test_a_warning_of_a_programs_server_is_told_in_its_row_and_goes_with_it(
    panel: ServersPanel, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = stage.workspace.add(Profile(name="gateway", kind="script", script="gateway.py"))
    program, full = listening(key, kind="script"), {"code": "backlog", "sentence": "The accept queue was full."}
    tell(stage, program, listening(f"{key}/1", script=key), listening(f"{key}/2", script=key, warning=full))
    assert list(panel._strips) == [f"{key}/2"]
    strip = panel._strips[f"{key}/2"]
    assert strip.sentence.text() == "⚠ The accept queue was full."
    assert panel.list.indexWidget(panel.model.index(2)) is strip
    edited: list[str] = []
    monkeypatch.setitem(COMMANDS, "server.edit", lambda scope: edited.append(scope.server))
    strip.more_button.click()
    assert edited == [key]
    tell(stage, program, listening(f"{key}/1", script=key))
    assert panel._strips == {}
    assert panel.model.rowCount() == 2


def test_three_troubles_are_told_and_the_selected_one_always(panel: ServersPanel, stage: Stage) -> None:
    keys = [stage.workspace.add(Profile(name=str(n))) for n in range(5)]
    tell(stage, *(failing(key) for key in keys))
    assert list(panel._strips) == keys[:3]
    assert (panel.more.isVisible(), panel.more.text()) == (True, "and 2 more")
    panel.more.click()
    assert stage.context.selection.server == keys[3]
    assert set(panel._strips) == {keys[3], *keys[:2]}
    stage.context.desk.remove(keys[3])
    tell(stage, *(listening(key) for key in keys if key != keys[3]))
    assert panel._strips == {}
    assert not panel.more.isVisible()


def test_a_strip_is_reached_from_the_list(panel: ServersPanel, stage: Stage) -> None:
    key = stage.workspace.add(Profile(name="echo"))
    tell(stage, failing(key))
    strip = panel._strips[key]
    viewport = panel.list.nextInFocusChain()
    assert viewport is not None
    assert viewport.nextInFocusChain() is strip.fix_button
    assert strip.fix_button.nextInFocusChain() is strip.more_button


def test_a_warning_about_a_request_leads_to_it(panel: ServersPanel, stage: Stage) -> None:
    key = stage.workspace.add(Profile(name="echo"))
    warning = {"code": "lock", "sentence": "Request #7 has waited 2 s for TILL.", "request": 7, "file": "", "line": 0}
    tell(stage, listening(key, warning=warning))
    strip = panel._strips[key]
    assert strip.fix_button.text() == "Show #7"
    strip.fix_button.click()
    assert stage.context.selection.request == 7
