"""The code view: lines, gutter, marks, keys; only what is on screen is read and painted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app import theme as themes
from app.models.linepoints import Dot
from app.widgets.codepaint import LineMark
from app.widgets.codeview import CodeView
from app.widgets.lineview import LINE

LINES = [f"value_{n} = compute({n})  # line" for n in range(1, 10_001)]


@pytest.fixture(params=["dark", "light"])
def view(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[CodeView]:
    themes.theme_source().set_mode(request.param)
    made = CodeView()
    qtbot.addWidget(made)
    made.resize(600, 200)
    made.show()
    made.set_source(LINES)
    yield made
    themes.theme_source().set_mode("dark")


def colour_at(view: CodeView, line: int, x: int) -> QColor:
    image = view.viewport().grab().toImage()
    return image.pixelColor(x, view.line_rect(line).center().y())


def colours_of(view: CodeView, line: int) -> set[str]:
    image = view.viewport().grab().toImage()
    place = view.line_rect(line)
    return {image.pixelColor(x, y).name() for x in range(20) for y in range(place.top(), place.bottom())}


def test_a_long_file_reads_only_what_is_on_screen(view: CodeView) -> None:
    view.grab()
    assert view.count == 10_000
    assert len(view._colours._known) <= 200 // LINE + 1


def test_the_gutter_tells_its_line(view: CodeView, qtbot: QtBot) -> None:
    view.show_line(5000)
    with qtbot.waitSignal(view.gutter_clicked) as clicked:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(6, view.line_rect(5001).center().y()))
    assert clicked.args == [5001]
    with qtbot.waitSignal(view.gutter_asked) as asked:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, pos=QPoint(6, view.line_rect(4999).center().y()))
    assert asked.args == [4999]


def test_signs_are_painted_where_they_belong(view: CodeView) -> None:
    calm = colours_of(view, 3)
    warn = themes.theme().warn.name()
    assert warn not in calm
    for dot in Dot:
        view.set_dots({3: dot})
        assert colours_of(view, 3) != calm
        assert colours_of(view, 4) == calm
    view.set_dots({})
    view.set_arrow(3)
    assert warn in colours_of(view, 3)


def test_tint_marks_and_values_colour_their_lines(view: CodeView) -> None:
    right = 560
    ground = colour_at(view, 2, right)
    view.set_tint({2: (0.5, 0.3)})
    assert colour_at(view, 2, right) != ground
    assert colour_at(view, 3, right) == ground
    view.set_tint({})
    assert colour_at(view, 2, right) == ground
    view.set_marks({2: (LineMark.ERROR, "ValueError: <b>x</b>")})
    assert colour_at(view, 2, right) != ground
    view.set_values({2: "value_2=b'\\x00'"})
    view.grab()


def test_keys_move_and_copy(view: CodeView) -> None:
    view.setFocus()
    view.show_top(10)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.line == 11
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == f"{LINES[10]}\n{LINES[11]}\n"
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.line == 10_000
    assert view.line_rect(10_000).bottom() <= view.viewport().height()
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.line == 1
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert view.selected_text().count("\n") == 10_000


def test_a_screen_reader_hears_the_line(view: CodeView) -> None:
    view.show_line(7)
    assert LINES[6] in view.accessibleDescription()


def test_hostile_text_is_one_line_of_plain_text(view: CodeView) -> None:
    view.set_source(["x = '\u202e\x07'" + "y" * 5000, ""])
    assert "\x07" not in view.selected_text()
    assert len(view.selected_text()) < 600
    view.set_marks({1: (LineMark.ERROR, "<b>no markup</b>")})
    place = view.line_rect(1).center()
    QApplication.sendEvent(view.viewport(), QHelpEvent(QEvent.Type.ToolTip, place, view.mapToGlobal(place)))
    assert "&lt;b&gt;" in QToolTip.text()
    QToolTip.hideText()


def test_an_empty_file_can_be_looked_at(view: CodeView) -> None:
    view.set_source([])
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(6, 6))
    view.grab()
    assert view.selected_text() == ""
