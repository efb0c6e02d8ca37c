"""Rules in the server dialog: typed into a table, checked in place, and taken back as they were."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QStyleOptionViewItem, QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.rules import HANDLER, RULES, RulesEdit
from app.dialogs.server import ServerDialog
from app.models.rules import ANSWER, CLOSE, DELAY, MATCH, PATTERN, RulesModel
from engine.hosting.profile import Profile

DEVICE = {
    "each": "chunk",
    "rules": [
        {"match": "regex", "pattern": r"^A(\d)", "answer": r"\1", "delay_ms": 50, "close": True},
        {"match": "any", "answer": ["a", "b"]},
    ],
}
Open = Callable[[Profile], ServerDialog]


@pytest.fixture
def show(qtbot: QtBot) -> Open:
    def show(profile: Profile) -> ServerDialog:
        dialog = ServerDialog(profile)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return show


def put(model: RulesModel, row: int, column: int, value: object) -> None:
    role = Qt.ItemDataRole.CheckStateRole if column == CLOSE else Qt.ItemDataRole.EditRole
    assert model.setData(model.index(row, column), value, role)


def test_a_profile_with_rules_comes_back_as_it_went_in(show: Open) -> None:
    profile = Profile("mock", rules=DEVICE, port=9009)
    dialog = show(profile)
    assert dialog.problem() == ""
    assert dialog.profile() == profile
    assert dialog.handler.file.isHidden() or not dialog.handler.file.isVisible()
    assert "rules" in dialog.summary.text()


def test_rules_are_typed_instead_of_a_handler(show: Open) -> None:
    dialog = show(Profile(""))
    dialog.name.setText("mock")
    assert dialog.problem() != ""
    dialog.rules.way.choose(RULES)
    assert dialog.problem() == ""
    model = dialog.rules.model
    put(model, 0, MATCH, "regex")
    put(model, 0, PATTERN, "(")
    assert dialog.main.row_of(dialog.rules.edit).message.text().startswith("Rule 1: the regular expression cannot")
    assert not dialog.buttons.start.isEnabled()
    put(model, 0, PATTERN, r"^GET (\w+)")
    put(model, 0, ANSWER, r"got \1\n||again")
    put(model, 0, DELAY, "20")
    put(model, 0, CLOSE, Qt.CheckState.Checked.value)
    assert dialog.profile().rules == {
        "each": "line",
        "rules": [{"match": "regex", "pattern": r"^GET (\w+)", "answer": [r"got \1\n", "again"], "delay_ms": 20,
                   "close": True}],
    }  # fmt: skip
    dialog.rules.way.choose(HANDLER)
    assert dialog.profile().rules == {}
    assert dialog.problem() != ""


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        (DELAY, "soon", "Rule 1: the delay must be from 0 to 600000 ms."),
        (ANSWER, r"\q", r"Rule 1: \q is no escape"),
        (ANSWER, "hex:0", "Rule 1: '0' is not pairs of hex digits"),
    ],
)
def test_what_is_wrong_stands_below_the_table(show: Open, column: int, value: str, said: str) -> None:
    dialog = show(Profile("mock", rules=DEVICE))
    put(dialog.rules.model, 0, column, value)
    assert dialog.main.row_of(dialog.rules.edit).message.text().startswith(said)


def test_datagrams_are_not_cut_into_lines(show: Open) -> None:
    dialog = show(Profile("mock", rules=DEVICE))
    assert dialog.rules.each.isVisible()
    dialog.family.choose("udp")
    assert not dialog.rules.each.isVisible()


def test_rows_are_added_moved_and_deleted(qtbot: QtBot) -> None:
    model = RulesModel(DEVICE)
    edit = RulesEdit(model)
    qtbot.addWidget(edit)
    with qtbot.waitSignals([edit.changed, edit.changed]):
        edit.add()
        edit.tools[2].click()
    assert [row.answer for row in model.rows] == [r"\1", r"ok\r\n", "a||b"]
    edit.table.selectRow(0)
    edit.remove()
    assert [row.answer for row in model.rows] == [r"ok\r\n", "a||b"]
    assert edit.table.currentIndex().row() == 0
    edit.tools[3].click()
    assert [row.answer for row in model.rows] == ["a||b", r"ok\r\n"]


def test_how_to_match_is_chosen_and_words_are_typed(qtbot: QtBot) -> None:
    model = RulesModel(DEVICE)
    edit = RulesEdit(model)
    qtbot.addWidget(edit)
    delegate, parent = edit.table.itemDelegate(), QWidget()
    qtbot.addWidget(parent)
    choice = delegate.createEditor(parent, QStyleOptionViewItem(), model.index(0, MATCH))
    delegate.setEditorData(choice, model.index(0, MATCH))
    assert isinstance(choice, QComboBox)
    assert choice.currentText() == "regex"
    choice.setCurrentText("text")
    delegate.setModelData(choice, model, model.index(0, MATCH))
    line = delegate.createEditor(parent, QStyleOptionViewItem(), model.index(0, PATTERN))
    delegate.setEditorData(line, model.index(0, PATTERN))
    assert isinstance(line, QLineEdit)
    line.setText("QUIT")
    delegate.setModelData(line, model, model.index(0, PATTERN))
    assert (model.rows[0].match, model.rows[0].pattern) == ("text", "QUIT")
