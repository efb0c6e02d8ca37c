"""The filter box: says whether it understands, completes, and filters."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.context import View
from app.filterbox import OFFERS, FilterBox, why_not
from engine.capture.filters import suggestions


@pytest.fixture
def box(qtbot: QtBot) -> FilterBox:
    made = FilterBox(View())
    qtbot.addWidget(made)
    return made


def test_a_filter_is_applied_after_a_rest(box: FilterBox, qtbot: QtBot) -> None:
    with qtbot.waitSignal(box._view.filter_changed) as heard:
        QTest.keyClicks(box, "state:error")
    assert heard.args == ["state:error"]
    assert box.property("state") == "good"


def test_what_cannot_be_read_is_red_and_explained(box: FilterBox, qtbot: QtBot) -> None:
    box.setText("state:nonsense")
    with qtbot.assertNotEmitted(box._view.filter_changed), qtbot.waitSignal(box._view.filter_refused) as heard:
        QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.property("state") == "bad"
    assert heard.args == [why_not("state:nonsense")]
    assert box.accessibleDescription() == why_not("state:nonsense")


def test_clearing_from_elsewhere_empties_the_box(box: FilterBox, qtbot: QtBot) -> None:
    QTest.keyClicks(box, "echo")
    QTest.keyClick(box, Qt.Key.Key_Return)
    box._view.set_filter("")
    assert box.text() == ""
    assert box.property("state") == ""


def test_words_are_completed_where_they_stand(box: FilterBox, qtbot: QtBot) -> None:
    box.setText("echo -sta")
    box.setCursorPosition(9)
    assert box._typed() == "-sta"
    box._complete("-state:")
    assert box.text() == "echo -state:"


def test_values_are_offered_after_their_word(box: FilterBox) -> None:
    QTest.keyClicks(box, "state:er")
    assert [box._offers.item(row).text() for row in range(box._offers.rowCount())] == ["state:error"]


def test_an_offer_is_taken_by_keyboard(box: FilterBox) -> None:
    box.show()
    QTest.keyClicks(box, "sta")
    offers = box._completer.popup()
    assert offers is not None
    QTest.keyClick(offers, Qt.Key.Key_Down)
    QTest.keyClick(offers, Qt.Key.Key_Return)
    assert box.text() in ("state:", "stage:")
    box.hide()


def test_find_in_bytes_begins_a_text(qtbot: QtBot) -> None:
    box = FilterBox(View())
    qtbot.addWidget(box)
    box.setText("state:done")
    for _ in range(2):
        box.begin_text()
        assert (box.text(), box.cursorPosition()) == ('state:done text:""', len('state:done text:"'))
    box.insert("GET /")
    assert box.text() == 'state:done text:"GET /"'


def test_every_state_is_offered() -> None:
    assert len(suggestions("state:")) <= OFFERS
    assert "state:idle" in [one.text for one in suggestions("state:")]
