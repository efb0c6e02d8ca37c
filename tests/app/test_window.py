"""The window: opens on the right page, remembers how it stood, drops files in, ends everything when it closes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QStackedWidget, QTabBar
from pytestqt.qtbot import QtBot

from app.dialogs.server import ServerDialog
from app.heads import Page
from app.panels import PANELS
from app.panels.servers import LEAST_WIDTH
from app.settings import THEME
from app.theme import theme
from engine.hosting.profile import Profile

from .stage import Stage

pytestmark = pytest.mark.window


def page(stage: Stage) -> str:
    """Name of the page in the centre."""
    stack = stage.window.centralWidget()
    assert isinstance(stack, QStackedWidget)
    shown = stack.currentWidget()
    assert isinstance(shown, Page)
    return shown.panel.name


def shown_docks(stage: Stage) -> set[str]:
    return {dock.panel.name for dock in stage.window.docks if not dock.isHidden()}


def test_the_first_start_welcomes_with_room(stage: Stage) -> None:
    stage.window.show()
    assert page(stage) == "welcome"
    assert shown_docks(stage) == {"servers"}


def test_a_server_brings_the_list_and_every_panel(stage: Stage) -> None:
    stage.window.show()
    stage.context.desk.run_example("echo-threads")
    assert page(stage) == "requests"
    assert shown_docks(stage) == {panel.name for panel in PANELS if panel.area != "center" and panel.visible}
    stage.window.run("view.welcome")
    assert page(stage) == "welcome"
    stage.window.run("requests.focus")
    assert page(stage) == "requests"


def test_servers_come_back_stopped(qtbot: QtBot, tmp_path: Path) -> None:
    first = Stage.build(tmp_path)
    qtbot.addWidget(first.window)
    first.context.desk.add(Profile(name="a"), start=False)
    first.window.close()
    second = Stage.build(tmp_path)
    qtbot.addWidget(second.window)
    assert [entry.profile.name for entry in second.workspace.entries] == ["a"]
    assert page(second) == "requests"
    assert second.context.selection.server == second.workspace.entries[0].key
    assert second.orders() == []
    second.window.close()


def test_the_layout_comes_back(qtbot: QtBot, tmp_path: Path) -> None:
    first = Stage.build(tmp_path)
    qtbot.addWidget(first.window)
    first.window.show()
    first.context.desk.add(Profile(name="a"), start=False)
    next(dock for dock in first.window.docks if dock.panel.name == "load").hide()
    first.window.resize(first.window.width(), 750)
    first.window.close()
    second = Stage.build(tmp_path)
    qtbot.addWidget(second.window)
    second.window.show()
    assert "load" not in shown_docks(second)
    assert second.window.height() == 750
    second.window.run("view.reset")
    assert "load" in shown_docks(second)
    second.window.close()


def test_a_narrow_window_folds_the_right_column_into_tabs(stage: Stage) -> None:
    stage.window.show()
    stage.context.desk.add(Profile(name="a"), start=False)
    stage.window.resize(1440, 900)
    area = stage.window.dockWidgetArea
    workers = next(dock for dock in stage.window.docks if dock.panel.name == "workers")
    assert area(workers) is Qt.DockWidgetArea.RightDockWidgetArea
    stage.window.resize(1100, 700)
    assert area(workers) is Qt.DockWidgetArea.BottomDockWidgetArea
    stage.window.resize(1440, 900)
    assert area(workers) is Qt.DockWidgetArea.RightDockWidgetArea


def test_folding_leaves_the_panel_in_front(stage: Stage, qtbot: QtBot) -> None:
    stage.window.show()
    stage.context.desk.add(Profile(name="a"), start=False)
    stage.window.resize(1440, 900)
    output = next(dock for dock in stage.window.docks if dock.panel.name == "output")
    output.reveal()
    qtbot.waitUntil(lambda: output.in_front)
    for width in (1100, 1440):
        stage.window.resize(width, 800)
        qtbot.waitUntil(lambda: output.in_front)


def test_docks_in_tabs_have_names(stage: Stage, qtbot: QtBot) -> None:
    stage.window.show()
    stage.context.desk.add(Profile(name="a"), start=False)
    bars = [bar for bar in stage.window.findChildren(QTabBar) if bar.parent() is stage.window]
    qtbot.waitUntil(lambda: all(bar.accessibleName() for bar in bars))
    assert bars


def test_perspectives_give_the_room_to_others(stage: Stage, qtbot: QtBot) -> None:
    stage.window.resize(1440, 900)
    stage.window.show()
    stage.context.desk.add(Profile(name="a"), start=False)
    load = next(dock for dock in stage.window.docks if dock.panel.name == "load")
    before = load.width()
    stage.window.action("perspective.load").trigger()
    qtbot.waitUntil(lambda: load.width() > before + 200)
    assert stage.window.action("perspective.load").isChecked()
    assert not stage.window.action("perspective.live").isChecked()


def test_panels_are_built_when_first_shown(stage: Stage) -> None:
    stage.window.show()
    output = next(dock for dock in stage.window.docks if dock.panel.name == "output")
    assert output.widget() is None
    output.toggle.trigger()
    assert output.widget() is not None
    assert not output.isHidden()


def test_the_theme_changes_while_it_runs(stage: Stage) -> None:
    stage.window.run("view.theme")
    assert theme().name == "light"
    assert stage.settings.get(THEME) == "light"
    stage.window.run("view.theme_system")
    assert stage.settings.get(THEME) == "system"
    stage.context.themes.set_mode("dark")


def test_a_dropped_file_is_offered_as_a_server(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import socketserver\nclass H(socketserver.BaseRequestHandler):\n    pass\n")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    stage.window.dropEvent(QDropEvent(QPointF(5, 5), copy, data, left, none))
    dialogs = stage.window.findChildren(ServerDialog)
    assert [dialog.profile().handler_class for dialog in dialogs] == ["H"]
    dialogs[0].reject()


def test_closing_ends_the_supervisor(stage: Stage) -> None:
    stage.window.show()
    stage.window.close()
    assert stage.client.closed


@pytest.mark.loud
def test_a_lost_supervisor_is_told_and_can_be_replaced(stage: Stage, qtbot: QtBot) -> None:
    assert not stage.window.action("supervisor.respawn").isEnabled()
    with qtbot.waitSignal(stage.link.lost):
        stage.client.die()
    assert stage.window.action("supervisor.respawn").isEnabled()
    assert "ended" in stage.window.bar._told.accessibleDescription()


def test_the_load_perspective_shows_the_load_in_a_narrow_window_too(stage: Stage, qtbot: QtBot) -> None:
    stage.window.show()
    stage.context.desk.add(Profile(name="a"), start=False)
    stage.window.resize(1100, 700)
    stage.window.run("perspective.load")
    load, servers = (next(dock for dock in stage.window.docks if dock.panel.name == n) for n in ("load", "servers"))
    qtbot.waitUntil(lambda: load.in_front)
    assert servers.width() >= LEAST_WIDTH
