"""Actions: complete, reachable, explained; what cannot be done says why."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.actions import ACTIONS, MENUS, by_id, fill_menu, shortcut_text, tip_of
from app.commands import COMMANDS
from app.conditions import CHECKS, CONDITIONS
from app.panels import PANELS

from .stage import Stage


def test_every_action_can_be_done_and_reached() -> None:
    assert {action.id for action in ACTIONS} == set(COMMANDS)
    assert {action.menu for action in ACTIONS} == {name for name, _title in MENUS}
    assert {action.needs for action in ACTIONS} - {""} == set(CONDITIONS)
    assert {action.id for action in ACTIONS if action.checkable} == set(CHECKS)
    assert all(action.tip and action.text for action in ACTIONS)


def test_no_shortcut_means_two_things() -> None:
    declared = [action.shortcut for action in ACTIONS] + [panel.shortcut for panel in PANELS]
    used = [shortcut_text(shortcut) for shortcut in declared if shortcut]
    assert [keys for keys, times in Counter(used).items() if times > 1] == []
    assert "" not in used


def test_bare_keys_act_only_in_the_table() -> None:
    bare = {action.id for action in ACTIONS if action.shortcut and "+" not in action.shortcut and not action.table}
    assert bare == {
        "help.keys", "server.edit", "requests.focus",  # F1, F2, Esc
        "pause.continue", "pause.now", "pause.step", "gate.toggle", "line.over",  # F5, F6, F10, F9, F11
            "gate.raised",  # F8
    }  # fmt: skip


def test_the_menu_holds_everything(stage: Stage) -> None:
    menu = QMenu(stage.window)
    fill_menu(menu, {a.id: stage.window.action(a.id) for a in ACTIONS}, stage.window.docks.toggles())
    parts = [entry.menu() for entry in menu.actions()]
    held = {entry.objectName() for part in parts if isinstance(part, QMenu) for entry in part.actions()}
    assert {action.id for action in ACTIONS} <= held
    assert {toggle.objectName() for toggle in stage.window.docks.toggles()} <= held


@pytest.mark.parametrize("name", [action.id for action in ACTIONS if action.needs])
def test_what_cannot_be_done_says_why(stage: Stage, name: str) -> None:
    action = stage.window.action(name)
    assert isinstance(action, QAction)
    assert not action.isEnabled()
    assert action.whatsThis().startswith(tip_of(by_id(name)) + ". ")
    stage.window.run(name)
    assert stage.client.orders == []
