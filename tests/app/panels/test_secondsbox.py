"""Seconds as a person writes them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.panels.secondsbox import SecondsBox


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [("2.5", 2.5, "2.5 s"), ("300", 300, "300 s"), ("0.25", 0.25, "0.25 s"), ("0", 0, "never")],
)
def test_whole_or_not(qtbot: QtBot, typed: str, value: float, shown: str) -> None:
    box = SecondsBox(86_400, "never")
    box.setLocale(QLocale.c())
    qtbot.addWidget(box)
    box.selectAll()
    QTest.keyClicks(box, typed)
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert (box.value(), box.text()) == (value, shown)
