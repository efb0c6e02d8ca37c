"""What a table of records does, whatever they are."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.models.columns import RIGHT, Column, Moment
from app.models.recordtable import RecordTable
from app.theme import theme


@dataclass(frozen=True)
class Fruit:
    name: str
    weight: int = 1


COLUMNS: tuple[Column[Fruit], ...] = (
    Column("name", "name", "What it is", 80, lambda f, m: f.name, mono=True, hint=lambda f: f"<{f.name}>"),
    Column("weight", "g", "", 40, lambda f, m: str(f.weight + m.now), align=RIGHT,
           colour=lambda f: theme().error if f.weight > 2 else None),
)  # fmt: skip


@pytest.fixture
def table(qtbot: QtBot) -> RecordTable[Fruit]:
    made = RecordTable(COLUMNS, most=10)
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    assert tester.model() is made
    return made


def names(table: RecordTable[Fruit]) -> list[str]:
    return [table.index(row, 0).data() for row in range(table.rowCount())]


def test_cells_and_heads(table: RecordTable[Fruit]) -> None:
    table.moment = Moment(10, 0)
    table.replace([Fruit("apple"), Fruit("melon", 3)])
    cell = table.index(1, 1)
    assert (cell.data(), cell.data(Qt.ItemDataRole.TextAlignmentRole)) == ("13", RIGHT)
    assert cell.data(Qt.ItemDataRole.ForegroundRole) == theme().error
    assert table.index(0, 1).data(Qt.ItemDataRole.ForegroundRole) is None
    assert table.index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "<qt>&lt;apple&gt;</qt>"
    assert table.index(0, 0).data(Qt.ItemDataRole.FontRole) is not None
    assert table.headerData(1, Qt.Orientation.Horizontal) == "g"
    assert table.headerData(1, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole) == RIGHT
    assert table.at(2) is None
    assert (table.find(lambda f: f.weight == 3), table.find(lambda f: f.weight == 4)) == (1, -1)


def test_a_row_that_stays_is_the_same_row(table: RecordTable[Fruit]) -> None:
    table.merge([Fruit("apple"), Fruit("pear"), Fruit("plum")], lambda f: f.name)
    chosen = QPersistentModelIndex(table.index(1, 0))
    table.merge([Fruit("cherry"), Fruit("plum"), Fruit("pear", 5)], lambda f: f.name)
    assert names(table) == ["pear", "plum", "cherry"]
    assert (chosen.row(), table.at(0)) == (0, Fruit("pear", 5))


def test_the_oldest_give_way(table: RecordTable[Fruit]) -> None:
    for number in range(25):
        table.append(Fruit(str(number)))
    assert names(table) == [str(number) for number in range(15, 25)]
