"""Rules as a table: what is typed becomes the document that the host reads."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.models.rules import CLOSE, COLUMNS, PATTERN, RuleRow, RulesModel


@pytest.mark.parametrize(
    "rule",
    [
        {"match": "any", "answer": "x"},
        {"match": "text", "pattern": "a", "answer": ["x", "y"], "delay_ms": 5},
        {"match": "hex", "pattern": "00", "answer": "hex:ff", "close": True},
    ],
)
def test_back_as_it_came(rule: dict[str, object]) -> None:
    assert RuleRow.from_json(rule).to_json() == rule


def test_the_model(qtbot: QtBot) -> None:
    model = RulesModel({})
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert model.problem() == ""
    model.add()
    model.move(0, 1)
    model.move(1, 1)
    model.remove(0)
    model.remove(7)
    assert model.rowCount() == 1
    assert [model.index(0, place).data() for place in range(len(COLUMNS))] == [
        "any", "\N{EN DASH}", r"ok\r\n", "0", "",
    ]  # fmt: skip
    assert not model.flags(model.index(0, PATTERN)) & Qt.ItemFlag.ItemIsEditable
    assert model.flags(model.index(0, CLOSE)) & Qt.ItemFlag.ItemIsUserCheckable
    model.remove(0)
    assert model.problem() == "There is no rule yet; add one."


def test_hostile_text_is_shown_escaped() -> None:
    model = RulesModel({"rules": [{"match": "text", "pattern": "\x1b<b>", "answer": "\u202e"}]})
    assert model.index(0, PATTERN).data().isprintable()
