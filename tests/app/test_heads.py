"""Heads of panels: upper case, the panel's tools, and the title first when there is no room."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.heads import PanelHead
from app.theme import HEAD


class Panel(QWidget):
    """Has everything that a head looks for."""

    title_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.head_tools = QPushButton("tools")


def test_what_follows_the_dot_keeps_its_case(qtbot: QtBot) -> None:
    head = PanelHead("Workers")
    qtbot.addWidget(head)
    panel = Panel()
    qtbot.addWidget(panel)
    head.adopt(panel)
    assert head._title.text() == "WORKERS"
    panel.title_changed.emit("Load · broken-length")
    assert head._title.text() == "LOAD · broken-length"
    assert panel.head_tools.parent() is head
    assert head.sizeHint().height() == head.height() == HEAD


def test_tools_give_way_to_the_title(qtbot: QtBot) -> None:
    head = PanelHead("Requests")
    panel = Panel()
    qtbot.addWidget(head)
    qtbot.addWidget(panel)
    head.adopt(panel)
    head.resize(400, HEAD)
    head.show()
    assert panel.head_tools.isVisible()
    head.resize(90, HEAD)
    assert not panel.head_tools.isVisible()


def test_a_plain_widget_will_do(qtbot: QtBot) -> None:
    head, plain = PanelHead("x"), QWidget()
    qtbot.addWidget(head)
    qtbot.addWidget(plain)
    head.adopt(plain)
    assert head._title.text() == "X"
