"""Frames and locals as tables; slices of what came in."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.models.failures import FramesModel, Local, LocalsModel, read_frames
from app.models.selection import ByteRange
from app.models.slices import Slice


def test_the_models_are_sound(qtbot: QtBot) -> None:
    frames, variables = FramesModel(), LocalsModel()
    _testers = [QAbstractItemModelTester(model) for model in (frames, variables)]
    detail: dict[str, Any] = {
        "frames": [{"file": "/a/b.py", "line": n, "function": "C.f", "locals": []} for n in (1, 2)]
    }
    frames.set_frames(read_frames(detail))
    variables.replace([Local("a\n", "int", "1"), Local("b", "bytes 2", "b'hi'", (Slice(0, 2),))])
    assert frames.index(0).data() == "b.py:2  f"
    assert variables.index(0, 0).data() == "a\\n"
    assert variables.index(1, 2).data() == "b'hi' → in[0:2]"
    assert variables.first_slice() == 1
    frames.set_frames(())
    variables.replace(())
    assert (frames.rowCount(), variables.rowCount(), variables.first_slice()) == (0, 0, -1)


def test_variables_that_hold_chosen_bytes_stand_out(qtbot: QtBot) -> None:
    model = LocalsModel()
    header, number = Slice(0, 4), Slice(2, 4, ">H")
    model.replace([Local("hdr", "bytes 4", "", (header,)), Local("n", "int", "14", (number,)), Local("x", "int", "1")])

    def outstanding() -> list[str]:
        rows = range(model.rowCount())
        return [model.index(row, 0).data() for row in rows if model.index(row, 0).data(Qt.ItemDataRole.BackgroundRole)]

    assert outstanding() == []
    with qtbot.waitSignal(model.dataChanged):
        model.choose(ByteRange(True, 3, 4))
    assert outstanding() == ["hdr", "n"] == [local.name for local in model.holding()]
    model.choose(ByteRange(True, 0, 2))
    assert outstanding() == ["hdr"]
    model.choose(ByteRange(False, 0, 2))
    assert outstanding() == [], "what was sent is no variable's"
    assert model.index(1, 2).data() == "14 → in[2:4] >H"
