"""Equal failures as rows."""

from __future__ import annotations

from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.models.failuregroups import FailureGroupsModel, place_text
from engine.capture.failing import DIED
from engine.capture.records import FailureGroup
from engine.observe.causes import Cause
from engine.observe.stages import Stage


def group(signature: str, count: int, **members: object) -> FailureGroup:
    told = {"first": 12, "last": 421, "type": "ValueError", "message": "length\n14", "place": "/x/length.py:31"}
    rest = {"stage": Stage.HANDLE, "at": 5, "cause": Cause.BUG, "server": 1}
    return FailureGroup(signature, count, **(told | rest | members))  # type: ignore[arg-type]  # as declared


def test_a_row_says_how_often_what_and_where(qtbot: QtBot) -> None:
    model = FailureGroupsModel()
    _tester = QAbstractItemModelTester(model)
    model.merge([group("a", 37)], lambda one: one.signature)
    cells = [model.index(0, column).data() for column in range(model.columnCount())]
    assert cells[:6] == ["×37", "ValueError: length\\n14", "length.py:31", "handle", "#12", "#421"]  # noqa: RUF001
    model.merge([group("b", 1, type=DIED, message="exited"), group("a", 38)], lambda one: one.signature)
    assert [model.index(row, 0).data() for row in range(2)] == ["×38", "×1"], "none moves"  # noqa: RUF001
    assert model.index(1, 1).data() == "Worker died: exited"


def test_places() -> None:
    assert place_text("") == ""
    assert place_text("/a/b.py:3") == "b.py:3"
