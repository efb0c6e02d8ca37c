"""The two answers as they are painted: differences are tinted, what is missing leaves a gap, the rest is not drawn."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app import theme as themes
from app.models.diffrows import DiffRow
from app.widgets.diffview import DiffView


@pytest.fixture
def view(qtbot: QtBot) -> DiffView:
    made = DiffView()
    qtbot.addWidget(made)
    made.resize(1200, 200)
    made.show()
    qtbot.waitExposed(made)
    return made


def tinted(image: QImage) -> set[str]:
    """Which of the two tints of differences are there."""
    theme = themes.theme()
    tints = {
        themes.mix(theme.error, theme.panel, 0.30).rgb(): "old",
        themes.mix(theme.ok, theme.panel, 0.30).rgb(): "new",
    }
    seen = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    return {tints[colour] for colour in seen & set(tints)}


@pytest.mark.parametrize("mode", ["hex", "text"])
def test_only_differences_are_tinted(view: DiffView, mode: str) -> None:
    view.set_mode(mode)
    view.set_answers(b"got 12 bytes\n", b"got 12 bytes\n")
    assert tinted(view.viewport().grab().toImage()) == set()
    view.set_answers(b"got 12 bytes\n", b"got 140 bytes\n")
    assert tinted(view.viewport().grab().toImage()) == {"old", "new"}
    view.set_answers(b"", b"new\n")
    assert tinted(view.viewport().grab().toImage()) == {"new"}


def test_it_goes_from_difference_to_difference(view: DiffView) -> None:
    old = bytearray(64_000)
    new = bytearray(old)
    new[32_000] = new[48_000] = 7
    view.set_answers(bytes(old), bytes(new))
    assert view.verticalScrollBar().value() == 2000
    view.go_on()
    assert view.verticalScrollBar().value() == 3000
    view.go_on()
    assert view.verticalScrollBar().value() == 3000
    view.go_on(by=-1)
    assert view.verticalScrollBar().value() == 2000
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.verticalScrollBar().value() == 2001


def test_a_narrow_view_has_eight_bytes_a_row(view: DiffView) -> None:
    view.set_answers(bytes(160), bytes(160))
    assert view.count == 10
    view.resize(640, 200)
    assert view.count == 20


@pytest.mark.parametrize("mode", ["hex", "text"])
def test_ten_megabytes_are_painted_row_by_row(view: DiffView, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old = random.Random(3).randbytes(10 << 20)
    view.set_mode(mode)
    view.set_answers(old, old[: 5 << 20] + b"!" + old[5 << 20 :])
    painted: list[int] = []
    row = view._rows.row

    def counted(number: int) -> DiffRow:
        painted.append(number)
        return row(number)

    monkeypatch.setattr(view._rows, "row", counted)
    view.viewport().grab()
    assert 5 <= len(painted) <= 40
    assert not row(view.verticalScrollBar().value()).equal
