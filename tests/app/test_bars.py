"""The bars: numbers as people read them, buttons that share their action's state."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.bars import action_button
from app.link.tick import Tick, TickTotals
from app.statusbar import EDGE, capture_text, cost_text
from engine.hosting.profile import Profile

from .stage import Stage


def status_texts(stage: Stage) -> str:
    """Everything that the status bar says."""
    stage.window.bar.refresh()
    bar = stage.window.bar
    return " | ".join(
        [bar._capture.text(), bar._dropped.text(), bar._evicted.text(), bar._cost.text(), bar._mode.text()]
    )


def test_capture_text_with_and_without_limits() -> None:
    totals = TickTotals(requests=434, size=1_258_291, limit_requests=10_000, limit_bytes=64 << 20)
    assert capture_text(Tick(totals=totals)) == "capture 434 / 10\u2009000 requests · 1.2 MB / 64 MB"
    assert capture_text(Tick()) == "capture 0 requests · 0 B"


def test_the_status_bar_counts_what_was_lost(stage: Stage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(stage.link.ticked):
        stage.client.tick(requests=5, dropped=1234, evicted=7, cost_ns=3100)
    assert status_texts(stage) == (
        "capture 5 requests · 0 B | dropped 1\u2009234 | evicted 7 | observer cost 3.1 µs/event | ● following newest"
    )
    assert stage.window.bar._dropped.property("role") == "warn"


def test_the_view_says_when_it_is_behind_frozen_or_left_alone(stage: Stage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(stage.link.ticked):
        stage.client.tick(behind_ms=1400)
    assert status_texts(stage).endswith("view 1.4 s behind")
    stage.window.action("view.freeze").trigger()
    assert status_texts(stage).endswith("❄ view frozen")
    assert stage.window.action("view.freeze").isChecked()
    stage.window.action("view.freeze").trigger()
    with qtbot.waitSignal(stage.link.ticked):
        stage.client.tick(number=2)
    stage.context.view.set_following(False)
    assert status_texts(stage).endswith("○ not following")


def test_one_sentence_is_told_as_plain_text(stage: Stage) -> None:
    stage.window.tell("<b>x</b>\x1b[0m")
    assert stage.window.bar._told.text() == "<b>x</b>\\x1b[0m"
    assert stage.window.bar._told.textFormat() is Qt.TextFormat.PlainText


def test_a_button_is_as_able_as_its_action(stage: Stage, qtbot: QtBot) -> None:
    action = stage.window.action("server.start")
    button = action_button(action)
    qtbot.addWidget(button)
    assert isinstance(button, QPushButton)
    assert not button.isEnabled()
    stage.context.desk.add(Profile(name="a"), start=False)
    assert button.isEnabled()
    assert (button.accessibleName(), button.toolTip()) == ("Start", action.toolTip())
    button.click()
    assert stage.orders() == ["start"]


def test_the_count_stands_beside_the_filter(stage: Stage) -> None:
    stage.context.view.count(23, 434)
    assert stage.window.tools._count.text() == "23 of 434"


def test_a_sentence_gets_the_room_that_it_needs(stage: Stage) -> None:
    bar, sentence = (
        stage.window.bar,
        "taken: Port 35141 is used by python3 (pid 4711); port 35142 is free, and more. " * 3,
    )
    stage.window.show()
    bar.resize(1100, 24)
    assert not bar._commands.isHidden()
    bar.tell(sentence)
    assert [item.isHidden() for item in (bar._cost, bar._evicted, bar._dropped, bar._commands, bar._capture)] == [
        True, True, True, True, False,
    ]  # fmt: skip
    assert bar._told.text().endswith("…")
    assert len(bar._told.text()) > 90
    assert bar._told.accessibleDescription() == sentence
    bar.tell("Short.")
    assert bar._told.text() == "Short."
    assert not bar._cost.isHidden()
    bar.hush("Something else.")
    assert bar._told.text() == "Short."
    bar._silence.timeout.emit()
    assert bar._told.text() == ""


def test_what_was_lost_is_never_hidden(stage: Stage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(stage.link.ticked):
        stage.client.tick(dropped=3)
    stage.window.show()
    stage.window.bar.resize(700, 24)
    stage.window.bar.refresh()
    stage.window.bar.tell("x" * 300)
    assert not stage.window.bar._dropped.isHidden()
    assert stage.window.bar._evicted.isHidden()


def test_nothing_is_said_of_a_cost_that_was_not_measured() -> None:
    assert cost_text(Tick()) == "observer cost –"  # noqa: RUF001
    assert cost_text(Tick(totals=TickTotals(cost_ns=3100))) == "observer cost 3.1 µs/event"


def test_the_mode_stands_at_the_right_edge_and_the_sentence_has_the_room_between(stage: Stage) -> None:
    stage.window.resize(1440, 900)
    stage.window.show()
    bar = stage.window.bar
    assert bar._mode.geometry().right() >= bar.width() - EDGE - 4
    assert bar._told.width() > 300
