"""The first page: one click runs an example; cards by keyboard; the hint goes for good."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.examples import EXAMPLES
from app.panels.welcome import COMMAND, ExampleCard, WelcomePanel
from app.settings import HINT_SEEN
from tests.app.stage import Stage


@pytest.fixture
def page(qtbot: QtBot, stage: Stage) -> Iterator[WelcomePanel]:
    made = WelcomePanel(stage.context)
    qtbot.addWidget(made)
    made.resize(900, 560)
    made.show()
    yield made
    made.hide()


@pytest.mark.parametrize("at", range(len(EXAMPLES)))
def test_one_click_starts_an_example(page: WelcomePanel, stage: Stage, at: int) -> None:
    page.cards[at].button.click()
    name, members = stage.client.orders[-1]
    assert name == "start"
    assert members["profile"]["example"] == EXAMPLES[at].name
    assert members["profile"]["host"] == "127.0.0.1"
    assert stage.context.selection.server == members["key"]


def test_the_whole_card_can_be_clicked(page: WelcomePanel, stage: Stage) -> None:
    QTest.mouseClick(page.cards[2], Qt.MouseButton.LeftButton)
    assert stage.orders() == ["start"]


def test_arrow_keys_go_from_card_to_card(qtbot: QtBot, page: WelcomePanel) -> None:
    page.activateWindow()
    page.cards[0].button.setFocus()
    qtbot.waitUntil(page.cards[0].button.hasFocus)
    for key, there in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, 4), (Qt.Key.Key_Left, 3), (Qt.Key.Key_Up, 0)):
        QTest.keyClick(page.window().focusWidget(), key)
        assert page.cards[there].button.hasFocus()


def test_the_hint_is_put_away_for_good(page: WelcomePanel, stage: Stage) -> None:
    assert page.hint.isVisible()
    page._put_away()
    assert not page.hint.isVisible()
    assert stage.settings.get(HINT_SEEN) is True


def test_the_command_can_be_copied(page: WelcomePanel) -> None:
    page.copy_button.click()
    assert QGuiApplication.clipboard().text() == COMMAND


def test_pictures_take_the_colour_of_the_theme(stage: Stage, qtbot: QtBot) -> None:
    card = ExampleCard(stage.context, EXAMPLES[0])
    qtbot.addWidget(card)
    dark = card._picture.pixmap().toImage()
    stage.context.themes.set_mode("light")
    assert card._picture.pixmap().toImage() != dark
    stage.context.themes.set_mode("dark")
    assert card._picture.pixmap().toImage() == dark
