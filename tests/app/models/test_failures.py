"""Frames and locals as tables; slices of what came in."""

from __future__ import annotations

from typing import Any

from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.models.failures import FramesModel, Local, LocalsModel, find_slice, read_frames


def test_slices() -> None:
    received = b"\x00\x00\x00\x0ehello"
    assert find_slice(received, b"hello", 5) == (4, 9)
    assert find_slice(received, b"hello", 300) == (4, 9), "the variable held more than was captured"
    assert find_slice(received, b"h", 1) is None
    assert find_slice(received, b"nowhere", 7) is None
    assert find_slice(received, b"", 0) is None


def test_the_models_are_sound(qtbot: QtBot) -> None:
    frames, variables = FramesModel(), LocalsModel()
    _testers = [QAbstractItemModelTester(model) for model in (frames, variables)]
    detail: dict[str, Any] = {
        "frames": [{"file": "/a/b.py", "line": n, "function": "C.f", "locals": []} for n in (1, 2)]
    }
    frames.set_frames(read_frames(detail))
    variables.replace([Local("a\n", "int", "1"), Local("b", "bytes 2", "b'hi'", (0, 2))])
    assert frames.index(0).data() == "b.py:2  f"
    assert variables.index(0, 0).data() == "a\\n"
    assert variables.index(1, 2).data() == "b'hi' → in[0:2]"
    assert variables.first_slice() == 1
    frames.set_frames(())
    variables.replace(())
    assert (frames.rowCount(), variables.rowCount(), variables.first_slice()) == (0, 0, -1)
