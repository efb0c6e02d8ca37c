"""A title beside tabs: it is whole where there is room, and never takes the tabs' place."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from app.widgets.tabtitle import TabTitle

LONG = "#1 · <b>/tmp/" + "a" * 60 + "</b> · T-1"


@pytest.fixture
def tabs(qtbot: QtBot) -> QTabWidget:
    made = QTabWidget()
    made.setDocumentMode(True)
    for name in ("Bytes", "Stages", "Exception", "Code", "Diff"):
        made.addTab(QWidget(), name)
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize("width", [1400, 480, 100])
def test_tabs_keep_their_place(tabs: QTabWidget, qtbot: QtBot, width: int) -> None:
    title = TabTitle(tabs, "Selected")
    tabs.resize(1400, 100)
    tabs.show()
    title.set_text(LONG)
    qtbot.waitUntil(lambda: title.width() > 200)
    whole = title.width()
    tabs.resize(width, 100)
    bar = tabs.tabBar()
    assert bar.width() >= min(bar.sizeHint().width(), width)
    assert title.width() == min(whole, max(0, width - bar.sizeHint().width()))


def test_the_whole_title_is_in_the_tip(tabs: QTabWidget) -> None:
    title = TabTitle(tabs, "Selected")
    title.set_text(LONG)
    assert title.words.text() == LONG
    assert "&lt;b&gt;" in title.words.toolTip()
