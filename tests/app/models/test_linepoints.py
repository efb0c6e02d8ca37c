"""Breakpoints on lines in the window: kept, shown where they really stop, explained where they cannot."""

from __future__ import annotations

import pytest

from app.link.tick import LineState, MovedPoint
from app.models.linepoints import Dot, LineSetting, asked_line, dots, moved_sentence

A = "/a.py"


def state(*moved: MovedPoint, error: str = "") -> LineState:
    return LineState("k", error, 1, moved)


def test_it_is_kept_as_it_is_ordered() -> None:
    full = LineSetting(A, 3, "n > 5", 2, "n={n}", enabled=False)
    assert LineSetting.from_json(full.to_json()) == full
    assert LineSetting.from_json({"path": A, "line": 3}) == LineSetting(A, 3)
    for nonsense in ({}, 7, {"path": A, "line": 0}):
        with pytest.raises(ValueError, match="breakpoint"):
            LineSetting.from_json(nonsense)
    assert "no expression" in LineSetting(A, 3, "n >").problem()
    assert full.problem() == ""


def test_signs_tell_the_kinds() -> None:
    settings = [
        LineSetting(A, 1), LineSetting(A, 2, "x"), LineSetting(A, 3, hits=2), LineSetting(A, 4, log="x"),
        LineSetting(A, 5, enabled=False), LineSetting("/b.py", 6), LineSetting(A, 7), LineSetting(A, 9),
    ]  # fmt: skip
    found = dots(settings, A, state(MovedPoint(A, 7, 8, ""), MovedPoint(A, 9, 0, "no")), on=True)
    assert found == {
        1: Dot.PLAIN, 2: Dot.CONDITIONAL, 3: Dot.CONDITIONAL, 4: Dot.LOG, 5: Dot.OFF, 8: Dot.PLAIN, 9: Dot.OFF,
    }  # fmt: skip
    assert set(dots(settings, A, None, on=False).values()) == {Dot.OFF}


def test_where_it_really_stops_is_told() -> None:
    settings = [LineSetting(A, 7)]
    assert moved_sentence(settings, A, None) == ""
    assert moved_sentence(settings, A, state(MovedPoint(A, 7, 8, ""))) == "Line 7 has no code; it stops at line 8."
    assert "excluded" in moved_sentence(settings, A, state(MovedPoint(A, 7, 0, "excluded")))
    assert moved_sentence(settings, A, state(error="No debugpy.")) == "No debugpy."
    assert moved_sentence(settings, "/b.py", state(MovedPoint(A, 7, 8, ""))) == ""
    assert asked_line(settings, A, 8, state(MovedPoint(A, 7, 8, ""))) == 7
    assert asked_line(settings, A, 7, None) == 7
