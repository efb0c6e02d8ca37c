"""Breakpoints keep to their lines when a file is saved, and stay where they are when it cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

from app.models.linepoints import LineSetting
from app.savedfiles import EVERY, SavedFiles


def save(path: Path, text: str, at: int) -> None:
    path.write_text(text)
    os.utime(path, ns=(at, at))


def test_points_move_with_a_save(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    save(path, "a = 1\nb = 2\nc = 3\n", 1)
    files = SavedFiles()
    points: tuple[LineSetting, ...] = (LineSetting(str(path), 2, "x", 3), LineSetting(str(path), 3))
    assert files.follow(points) == points
    files.settle([str(path)])
    assert files.follow(points) == points
    save(path, "# new\na = 1\nb = 2\nc = 3\n", 2)
    points = files.follow(points)
    assert points == (LineSetting(str(path), 3, "x", 3), LineSetting(str(path), 4))
    files.settle([str(path)])
    path.unlink()
    assert files.follow(points) == points
    files.settle([str(path)])
    save(path, "c = 3\n", 3)
    assert files.follow(points) == (LineSetting(str(path), 1, "x", 3),)


def test_it_is_looked_at_twice_a_second() -> None:
    files = SavedFiles()
    assert [files.due(at) for at in (0, EVERY - 1, EVERY, EVERY + 1)] == [True, False, True, False]
