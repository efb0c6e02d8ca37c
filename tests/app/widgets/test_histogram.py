"""The histogram of a stage: bars, marks, tooltips, and an axis that people can read."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from app.widgets.figures import CELL, Figures
from app.widgets.histogram import LatencyHistogram, decade_text
from engine.observe.histogram import Histogram
from engine.observe.stages import Stage
from tests.app.models.captures import MS

from .test_painted import hover, shown


def of(*times: int) -> Histogram:
    histogram = Histogram()
    histogram.add_all(times)
    return histogram


def test_every_time_is_in_a_bar_that_can_be_seen(qtbot: QtBot) -> None:
    widget = LatencyHistogram("times")
    shown(qtbot, widget, 360, 120)
    widget.set_histogram(of(*range(1, 5_000_000, 977)), Stage.HANDLE)
    bars = widget.bars()
    assert sum(count for *_, count in bars) == len(range(1, 5_000_000, 977))
    for box, *_ in bars:
        assert box.width() >= 2
        assert box.height() >= 2
        assert widget.rect().contains(box.toRect())
    assert all(one[0].right() <= other[0].left() for one, other in pairwise(bars))
    assert not widget.grab().isNull()


def test_marks_are_words_and_the_description(qtbot: QtBot) -> None:
    widget = LatencyHistogram("times")
    shown(qtbot, widget)
    widget.set_empty_text("Nothing yet.")
    assert (widget.marks(), widget.bars()) == ([], [])
    assert not widget.grab().isNull()
    widget.set_histogram(of(*[2 * MS] * 98, 40 * MS, 4400 * MS), Stage.HANDLE)
    assert [word for word, _ in widget.marks()] == ["p50", "p95", "p99", "max"]
    assert widget.marks()[-1] == ("max", "4.4 s")
    assert "max 4.4 s" in widget.accessibleDescription()


def test_the_mouse_tells_what_a_bar_counts(qtbot: QtBot) -> None:
    widget = LatencyHistogram("times")
    shown(qtbot, widget)
    widget.set_histogram(of(2 * MS, 2 * MS, 900 * MS), None)
    first = widget.bars()[0][0]
    hover(widget, first.center().toPoint())
    assert "2 of 3, 66.7 %" in QToolTip.text()
    hover(widget, QPoint(1, 1))


@pytest.mark.parametrize(("decade", "text"), [(2, "100 ns"), (4, "10 µs"), (6, "1 ms"), (11, "100 s")])
def test_decades(decade: int, text: str) -> None:
    assert decade_text(decade) == text


def test_figures_fill_rows_evenly_and_are_spoken(qtbot: QtBot) -> None:
    widget = Figures("counters")
    shown(qtbot, widget, 5 * CELL.width() + 24, 200)
    widget.set_figures([(f"word {place}", str(place), "error" if place == 3 else "") for place in range(8)])
    assert widget.height() == 2 * CELL.height()
    assert widget.accessibleDescription().startswith("0 word 0, 1 word 1")
    widget.resize(8 * CELL.width() + 24, 200)
    assert widget.height() == CELL.height()
    assert not widget.grab().isNull()
