"""Text from anywhere becomes plain, bounded text; numbers become what people read."""

from __future__ import annotations

import ast
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app import text

APP = Path(text.__file__).parent

ONLY_IN_TEXT = re.compile(
    r"\bQLabel\(|\.setToolTip\(|\bQMessageBox\(|QMessageBox\.(about|warning|question|critical|information)\("
)
"""What guesses that its text is markup."""


@given(st.one_of(st.text(max_size=600), st.binary(max_size=2000)))
def test_safe_text_is_one_bounded_line_of_printable_characters(value: str | bytes) -> None:
    shown = text.safe_text(value)
    assert shown.isprintable()
    assert len(shown) <= text.CELL


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        (b"line\r\n", "line\\r\\n"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("\ufeffbom", "\\ufeffbom"),
        (b"\xff\xfe", "\\xff\\xfe"),
        ("\ud800", "\\ud800"),
        ("é 你好 😀", "é 你好 😀"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_safe_text_shows_what_is_there(value: str | bytes, shown: str) -> None:
    assert text.safe_text(value) == shown


def test_safe_text_breaks_towers_of_marks() -> None:
    shown = text.safe_text("a" + "\u0301" * 50)
    assert sum(unicodedata.combining(character) > 0 for character in shown) <= 2


def test_safe_text_marks_what_it_cut() -> None:
    assert text.safe_text("x" * 1000, 10) == "xxxxxxxxx…"
    assert text.safe_text(b"x" * 5000, 10) == "xxxxxxxxx…"
    assert text.safe_text("x" * 10, 10) == "x" * 10


def test_safe_block_keeps_lines_and_bounds_both_ways() -> None:
    shown = text.safe_block("a\r\n\tb\n" + "x" * 1000 + "\n" * 50, lines=4, width=20)
    assert shown.split("\n") == ["a", "    b", "x" * 19 + "…", "", "…"]


def test_label_takes_markup_as_text(qtbot: QtBot) -> None:
    made = text.label("<h1>x</h1>", name="a name", role="dim")
    qtbot.addWidget(made)
    assert made.textFormat() is Qt.TextFormat.PlainText
    assert (made.text(), made.accessibleName(), made.property("role")) == ("<h1>x</h1>", "a name", "dim")


def test_tips_show_markup_as_text(qtbot: QtBot) -> None:
    made = text.label()
    qtbot.addWidget(made)
    text.set_tip(made, "<img src=/dev/zero>")
    assert made.toolTip() == "<qt>&lt;img src=/dev/zero&gt;</qt>"
    assert made.accessibleDescription() == "<img src=/dev/zero>"
    assert text.tip("") == ""


def test_message_box_is_plain(qtbot: QtBot) -> None:
    box = text.message_box(None, "Title", "<b>sentence</b>", "detail\x07\nmore")
    qtbot.addWidget(box)
    assert isinstance(box, QMessageBox)
    assert box.textFormat() is Qt.TextFormat.PlainText
    assert box.text() == "<b>sentence</b>\n\ndetail\\x07\nmore"
    assert box.informativeText() == ""


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (18, "18 B"), (1023, "1023 B"), (1024, "1.0 KB"), (1234, "1.2 KB"), (64 << 20, "64 MB"),
     ((1 << 20) - 1, "1.0 MB"), (5_300_000_000, "4.9 GB"), (7 << 40, "7168 GB")],
)  # fmt: skip
def test_size(count: int, shown: str) -> None:
    assert text.size(count) == shown


@pytest.mark.parametrize(
    ("ns", "shown"),
    [(None, ""), (3_100, "3.1 µs"), (210_000, "0.21 ms"), (60_300_000, "60.30 ms"), (4_200_000_000, "4.2 s"),
     (125_000_000_000, "2 min 05 s")],
)  # fmt: skip
def test_duration(ns: int | None, shown: str) -> None:
    assert text.duration(ns) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, ""),
        (0.99, ""),
        (1, "1 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (7199, "1 h"),
        (86_400, "1 d"),
        (9e6, "104 d"),
        (-5, ""),
    ],
)
def test_age(seconds: float, shown: str) -> None:
    assert text.age(int(seconds * 1e9)) == shown


def test_other_units() -> None:
    assert text.number(10_000) == "10\u2009000"
    assert text.milliseconds(73_400_000) == "73.4"
    assert text.milliseconds(None) == ""
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.244", text.clock(1_244_000_000, 1_700_000_000_000_000_000))
    assert text.no_mnemonic("a & b") == "a && b"


def test_nobody_else_makes_labels_tips_or_boxes() -> None:
    """Only text.py may; it makes them plain."""
    allowed = {APP / "text.py"}
    wrong = [
        f"{path.relative_to(APP)}:{number}: {line.strip()}"
        for path in sorted(APP.rglob("*.py"))
        if path not in allowed
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if ONLY_IN_TEXT.search(line)
    ]
    assert wrong == []


def test_plots_get_no_raw_titles() -> None:
    """pyqtgraph's titles, labels and legends are always markup."""
    wrong = [
        f"{path.relative_to(APP)}:{node.lineno}"
        for path in sorted(APP.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("setTitle", "setHtml", "addLegend")
        and "pyqtgraph" in path.read_text("utf-8")
    ]
    assert wrong == []


def test_a_steady_label_keeps_its_place_until_it_is_outgrown(qtbot: QtBot) -> None:
    shown = text.label("10 of 10", steady=20)
    qtbot.addWidget(shown)
    shown.setText("20 of 20")
    width = shown.minimumWidth()
    shown.setText("2 of 20")
    assert shown.minimumWidth() == shown.maximumWidth() == width
    shown.setText("20 000 of 20 000")
    assert shown.minimumWidth() >= shown.sizeHint().width() > width
    shown.setText("")
    assert shown.minimumWidth() == 20
