"""The key sheet lists every shortcut; the palette finds and does."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.actions import ACTIONS, shortcut_text
from app.keysheet import CommandPalette, KeySheet
from app.text import tr

from .stage import Stage

pytestmark = pytest.mark.window


def test_every_shortcut_is_on_the_sheet(stage: Stage, qtbot: QtBot) -> None:
    sheet = KeySheet(stage.window)
    qtbot.addWidget(sheet)
    texts = {found.text() for found in sheet.findChildren(QLabel)}
    assert {shortcut_text(action.shortcut) for action in ACTIONS if action.shortcut} <= texts
    assert {tr(action.text) for action in ACTIONS if action.shortcut} <= texts


def test_type_and_enter_does_it(stage: Stage, qtbot: QtBot) -> None:
    palette = CommandPalette(stage.window.action, stage.window)
    qtbot.addWidget(palette)
    done: list[bool] = []
    stage.window.action("view.freeze").triggered.connect(lambda _checked: done.append(True))
    QTest.keyClicks(palette._line, "freeze")
    assert palette._matches.rowCount() == 1
    QTest.keyClick(palette._line, Qt.Key.Key_Return)
    assert done == [True]


def test_only_what_can_be_done_is_offered(stage: Stage, qtbot: QtBot) -> None:
    palette = CommandPalette(stage.window.action, stage.window)
    qtbot.addWidget(palette)
    QTest.keyClicks(palette._line, "Restart")
    assert palette._matches.rowCount() == 0
    QTest.keyClick(palette._line, Qt.Key.Key_Return)
    assert stage.orders() == []


def test_the_arrows_move_in_the_list(stage: Stage, qtbot: QtBot) -> None:
    palette = CommandPalette(stage.window.action, stage.window)
    qtbot.addWidget(palette)
    QTest.keyClick(palette._line, Qt.Key.Key_Down)
    assert palette._list.currentIndex().row() == 1
