"""The requests table: following, standing still, keys, columns."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.models.requestcolumns import BY_KEY, COLUMNS
from app.models.requests import RequestsModel
from app.widgets.table import RequestsTable
from engine.capture.records import State
from tests.app.models.captures import SECOND, CaptureFile

NOW = 100 * SECOND


@pytest.fixture
def table(capture: CaptureFile, qtbot: QtBot) -> RequestsTable:
    capture.requests(100)
    made = RequestsTable(RequestsModel(capture.reader()))
    qtbot.addWidget(made)
    made.resize(852, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


def model(table: RequestsTable) -> RequestsModel:
    found = table.model()
    assert isinstance(found, RequestsModel)
    return found


def refresh(table: RequestsTable) -> None:
    model(table).refresh(NOW)


def top(table: RequestsTable) -> int | None:
    return model(table).id_at(table.verticalScrollBar().value())


def at_end(table: RequestsTable) -> bool:
    return table.verticalScrollBar().value() == table.verticalScrollBar().maximum()


def chip(table: RequestsTable) -> QPushButton:
    button = table.viewport().findChild(QPushButton)
    assert isinstance(button, QPushButton)
    return button


def test_it_follows_the_newest_while_at_the_end(capture: CaptureFile, table: RequestsTable) -> None:
    assert table.following
    assert at_end(table)
    capture.requests(50)
    refresh(table)
    assert at_end(table)
    assert not chip(table).isVisible()


def test_it_stands_still_elsewhere_and_counts(capture: CaptureFile, table: RequestsTable, qtbot: QtBot) -> None:
    with qtbot.waitSignal(table.following_changed) as told:
        table.verticalScrollBar().setValue(10)
    assert told.args == [False]
    before = top(table)
    capture.requests(12)
    refresh(table)
    assert top(table) == before
    assert chip(table).text() == "12 new ↓"
    with qtbot.waitSignal(table.following_changed):
        chip(table).click()
    assert at_end(table)
    assert not chip(table).isVisible()


def test_evictions_above_do_not_move_what_is_read(capture: CaptureFile, table: RequestsTable) -> None:
    table.verticalScrollBar().setValue(50)
    before = top(table)
    capture.evict(range(1, 21))
    refresh(table)
    assert top(table) == before


def test_newest_first_follows_at_the_top_and_stands_still_below(capture: CaptureFile, table: RequestsTable) -> None:
    table.sortByColumn(BY_KEY["id"], Qt.SortOrder.DescendingOrder)
    assert top(table) == 100
    capture.requests(5)
    refresh(table)
    assert top(table) == 105
    table.verticalScrollBar().setValue(20)
    before = top(table)
    capture.requests(5)
    refresh(table)
    assert top(table) == before


def test_the_selection_survives_new_rows_filters_and_orders(capture: CaptureFile, table: RequestsTable) -> None:
    table.select_request(40)
    capture.requests(5)
    refresh(table)
    table.sortByColumn(BY_KEY["ms"], Qt.SortOrder.DescendingOrder)
    assert table.selected_ids() == [40]
    table.select_request(None)
    assert table.selected_ids() == []


def test_choosing_by_keys(table: RequestsTable, qtbot: QtBot) -> None:
    chosen: list[object] = []
    table.request_chosen.connect(chosen.append)
    table.select_request(40)
    assert chosen == []
    for key in (Qt.Key.Key_J, Qt.Key.Key_J, Qt.Key.Key_K, Qt.Key.Key_Down):
        QTest.keyClick(table, key)
    assert chosen == [41, 42, 41, 42]
    with qtbot.waitSignal(table.request_activated) as told:
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert told.args == [42]
    QTest.keyClick(table, Qt.Key.Key_X)
    assert table.selected_ids() == [42]
    QTest.keyClick(table, Qt.Key.Key_End)
    assert table.following
    QTest.keyClick(table, Qt.Key.Key_Home)
    assert table.selected_ids() == [1]
    assert table.rowAt(0) == 0
    assert not table.following


def test_errors_by_alt_and_arrows(capture: CaptureFile, table: RequestsTable) -> None:
    error = capture.request(state=State.ERROR, error="ValueError")
    capture.requests(5)
    last = capture.request(state=State.KILLED, error="SIGSEGV")
    refresh(table)
    QTest.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert table.selected_ids() == [error]
    QTest.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert table.selected_ids() == [last]
    QTest.keyClick(table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert table.selected_ids() == [error]


def test_a_frozen_view_is_brought_up_by_the_chip(capture: CaptureFile, table: RequestsTable) -> None:
    model(table).freeze()
    capture.requests(7)
    refresh(table)
    assert chip(table).text() == "7 new ↓"
    chip(table).click()
    assert model(table).shown == 107


def test_columns_are_saved_and_restored(table: RequestsTable, qtbot: QtBot) -> None:
    header = table.horizontalHeader()
    with qtbot.waitSignal(table.columns_changed):
        header.resizeSection(BY_KEY["peer"], 222)
    header.moveSection(header.visualIndex(BY_KEY["state"]), 0)
    table.show_column("worker", False)
    table.show_column("server", True)
    table.sortByColumn(BY_KEY["ms"], Qt.SortOrder.DescendingOrder)
    state = table.columns_state()
    table.reset_columns()
    assert header.sectionSize(BY_KEY["peer"]) == COLUMNS[BY_KEY["peer"]].width
    assert not header.isSectionHidden(BY_KEY["worker"])
    table.restore_columns(state)
    assert header.sectionSize(BY_KEY["peer"]) == 222
    assert header.visualIndex(BY_KEY["state"]) == 0
    assert header.isSectionHidden(BY_KEY["worker"])
    assert not header.isSectionHidden(BY_KEY["server"])
    assert model(table).order == ("ms", True)


def test_the_last_column_takes_what_is_left_of_any_window(table: RequestsTable) -> None:
    header = table.horizontalHeader()
    table.resize(1800, 400)
    wide = table.columns_state()
    table.resize(1000, 400)
    for saved in (wide, json.dumps(json.loads(wide) | {"widths": {"stages": 900}})):
        table.restore_columns(saved)
        assert header.length() == table.viewport().width()


@pytest.mark.parametrize(
    "state",
    [
        "",
        "[",
        "[]",
        json.dumps({"order": 5, "widths": [1], "hidden": "x", "sort": ["nobody", True]}),
        json.dumps({"order": ["nobody", {}], "widths": {"peer": -5, "id": "wide"}, "hidden": list(BY_KEY)}),
    ],
)
def test_a_damaged_state_changes_nothing(table: RequestsTable, state: str) -> None:
    before = table.columns_state()
    table.restore_columns(state)
    assert table.columns_state() == before


def test_the_last_column_stays(table: RequestsTable) -> None:
    for column in COLUMNS:
        table.show_column(column.key, False)
    assert table.horizontalHeader().count() - table.horizontalHeader().hiddenSectionCount() == 1


def test_the_column_menu_names_all(table: RequestsTable) -> None:
    menu = table.column_menu()
    actions = [action for action in menu.actions() if action.isCheckable()]
    assert len(actions) == len(COLUMNS)
    actions[BY_KEY["server"]].trigger()
    assert not table.horizontalHeader().isSectionHidden(BY_KEY["server"])
    menu.deleteLater()


def test_the_menu_key_asks_for_the_current_row(table: RequestsTable, qtbot: QtBot) -> None:
    table.select_request(90)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    with qtbot.waitSignal(table.menu_requested) as told:
        QApplication.sendEvent(table.viewport(), event)
    assert told.args is not None
    assert told.args[0] == 90


def test_it_paints_every_state(capture: CaptureFile, table: RequestsTable) -> None:
    for state in State:
        live = state.live
        capture.request(
            opened=NOW - SECOND, state=state, lasts=None if live else SECOND, error="E\n<b>", stages=True, peer="\u202e"
        )
    refresh(table)
    capture.evict([105])
    for column in COLUMNS:
        table.show_column(column.key, True)
    table.selectAll()
    assert not table.grab().isNull()


def test_an_evicted_request_chooses_no_other(capture: CaptureFile, table: RequestsTable, qtbot: QtBot) -> None:
    table.select_request(5)
    with qtbot.assertNotEmitted(table.request_chosen):
        capture.evict(range(1, 21))
        refresh(table)
    assert table.selected_ids() == []


def test_focus_alone_chooses_nothing(table: RequestsTable, qtbot: QtBot) -> None:
    place = table.verticalScrollBar().value()
    with qtbot.assertNotEmitted(table.request_chosen):
        table.setFocus(Qt.FocusReason.TabFocusReason)
    assert not table.currentIndex().isValid()
    assert table.verticalScrollBar().value() == place


def test_it_stays_when_told_to_though_it_is_at_the_end(capture: CaptureFile, table: RequestsTable) -> None:
    table.set_following(False)
    before = top(table)
    capture.requests(5)
    refresh(table)
    assert top(table) == before
    assert not table.following


def test_it_follows_again_when_told_to(capture: CaptureFile, table: RequestsTable) -> None:
    table.set_following(False)
    capture.requests(100)
    refresh(table)
    table.set_following(True)
    bar = table.verticalScrollBar()
    assert table.following
    assert bar.value() == bar.maximum()
