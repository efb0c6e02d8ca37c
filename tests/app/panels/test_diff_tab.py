"""The Diff tab: equal and different in words, and how one gets there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.panels.diff_tab import DiffTab, verdict
from app.panels.inspector import DIFF, InspectorPanel
from app.reruns import Pair
from engine.capture.records import State
from engine.observe.facts import Piece
from engine.replay.comparison import compare
from tests.app.models.captures import CaptureFile
from tests.app.stage import Stage


@pytest.fixture
def inspector(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> Iterator[InspectorPanel]:
    capture.server()
    made = InspectorPanel(stage.context)
    qtbot.addWidget(made)
    made.resize(1200, 260)
    made.show()
    yield made
    made.hide()


def answered(capture: CaptureFile, data: bytes, *, of: int | None = None, flags: Piece = Piece.WHOLE) -> int:
    number = capture.request(bytes_out=len(data))
    capture.chunk(number, b"question")
    if data:
        capture.chunk(number, data, sent=True, flags=flags, size=len(data) + (10 if flags else 0))
    if of is not None:
        capture.db.execute("INSERT INTO rerun VALUES (?, ?)", (number, of))
    return number


def test_nothing_to_compare(inspector: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    stage.context.selection.select_request(answered(capture, b"x"))
    inspector.tabs.setCurrentIndex(DIFF)
    assert "Ctrl+R" in inspector.diff.nothing.text()
    assert not inspector.diff.view.isVisible()


def test_a_request_and_its_rerun(inspector: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    old = answered(capture, b"got 12 bytes\n")
    new = answered(capture, b"got 14 bytes\n", of=old)
    inspector.tabs.setCurrentIndex(DIFF)
    for selected in (old, new):
        stage.context.selection.select_request(selected)
        assert inspector.diff.words.text() == ("≠ Different from byte 5 on: 13 bytes before and now, 1 of them differ.")
        assert inspector.diff.old_head.text().startswith(f"before  #{old}")
        assert inspector.diff.new_head.text().startswith(f"now  #{new}")
    assert f"compared with #{old}" in inspector.who.words.text()
    assert inspector.diff.after_button.isEnabled()


def test_equal_ones(inspector: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    old = answered(capture, b"same")
    stage.context.reruns.answered.emit(Pair(old, answered(capture, b"same", of=old)))
    assert inspector.tabs.currentIndex() == DIFF
    assert inspector.diff.words.text() == "✓ Equal: all 4 bytes."
    assert inspector.diff.words.property("role") == "ok"
    assert not inspector.diff.after_button.isEnabled()


def test_two_that_were_chosen(inspector: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    one, other = answered(capture, b"one"), answered(capture, b"other")
    stage.context.selection.select_request(one)
    stage.context.selection.select_pair((other, one))
    stage.context.run("request.compare")
    assert inspector.tabs.currentIndex() == DIFF
    assert inspector.diff.old_head.text().startswith(f"before  #{one}")
    capture.evict([other])
    inspector.diff.show_pair(Pair(one, other))
    assert "no longer" in inspector.diff.nothing.text()


def test_what_was_not_captured_is_said(stage: Stage, capture: CaptureFile, qtbot: QtBot) -> None:
    capture.server()
    tab = DiffTab(stage.context)
    qtbot.addWidget(tab)
    old = answered(capture, b"cut", flags=Piece.CUT)
    tab.show_pair(Pair(old, answered(capture, b"cut", of=old)))
    assert tab.words.text().endswith("Only what was captured is compared.")


def test_a_request_that_still_runs(stage: Stage, capture: CaptureFile, qtbot: QtBot) -> None:
    capture.server()
    tab = DiffTab(stage.context)
    qtbot.addWidget(tab)
    old = answered(capture, b"all of it")
    new = capture.request(lasts=None, state=State.RUNNING, bytes_out=0)
    tab.show_pair(Pair(old, new))
    assert tab.words.text().startswith("Not finished yet. So far: ")
    capture.chunk(new, b"all of it", sent=True)
    capture.db.execute("UPDATE request SET bytes_out = 9 WHERE id = ?", (new,))
    capture.close_request(new, 90)
    tab.show_pair(Pair(old, new))
    assert tab.words.text() == "✓ Equal: all 9 bytes."


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"", b"", "✓ Equal: neither has any bytes."),
        (b"", b"abc", "≠ Different: there was no answer before, 3 bytes now."),
        (b"abc", b"", "≠ Different: 3 bytes before, no answer now."),
        (b"abc", b"abcd", "≠ Different from byte 3 on: 3 bytes before, 4 now, 1 of them differ."),
    ],
)
def test_words(old: bytes, new: bytes, words: str) -> None:
    assert verdict(compare(old, new)) == words
