"""Lines after a save: before the change, behind it, in it, and gone."""

from __future__ import annotations

import pytest

from app.models.movedlines import moved_line

OLD = ["import os", "", "def f():", "    a = 1", "    return a", "", "def g():", "    a = 1", "    return a"]


@pytest.mark.parametrize(
    ("new", "line", "expected"),
    [
        (OLD, 5, 5),
        (["# new", *OLD], 5, 6),
        (OLD[1:], 9, 8),
        ([*OLD, "x = 1"], 5, 5),
        ([*OLD[:3], "    b = 2", *OLD[3:]], 3, 3),
        ([*OLD[:3], "    b = 2", *OLD[3:]], 4, 5),
        (["# new", *OLD[:4], "    return a + 1", *OLD[5:]], 4, 5),
        (["# new", *OLD[:4], "    return a + 1", *OLD[5:]], 9, 10),
        ([], 5, 1),
        (OLD[:2], 9, 2),
    ],
)
def test_a_line_is_followed(new: list[str], line: int, expected: int) -> None:
    assert moved_line(OLD, new, line) == expected


def test_a_line_beyond_the_end_stays_in_the_file() -> None:
    assert moved_line(OLD, OLD, 99) == 9
