"""Variables as a table: the debugger's groups left out, changes bold."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.models.variables import Variable, VariablesModel, own_variables


def test_only_what_a_person_named() -> None:
    found = own_variables(
        [
            {"name": "special variables", "value": ""},
            {"name": "__dict__", "value": "{}"},
            {"name": "n", "value": "5", "type": "int", "reference": 3},
        ],
        "self.",
    )
    assert found == [Variable("self.n", "5", "int", 3)]


def test_what_has_changed_is_bold(qtbot: QtBot) -> None:
    model = VariablesModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.replace([Variable("n", "5\n\x07", "int", changed=True), Variable("x", "y", failed=True)])
    bold, plain = (model.index(row, 1).data(Qt.ItemDataRole.FontRole).bold() for row in (0, 1))
    assert (bold, plain) == (True, False)
    assert model.index(0, 1).data() == "5\\n\\x07"
    assert model.index(1, 1).data(Qt.ItemDataRole.ForegroundRole) is not None
