"""Counters and timings as the window has them."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.models.summary import NOTHING, SummaryModel
from engine.observe.stages import Stage
from tests.app.models.captures import MS, CaptureFile


def test_counters_are_figures_with_a_reason_for_their_colour(capture: CaptureFile, qtbot: QtBot) -> None:
    capture.counters(accepted=9, handled=5, failed=1, reset=2)
    model = SummaryModel(capture.reader())
    model.set_server((1,))
    with qtbot.waitSignal(model.changed):
        model.refresh()
    figures = {word: (count, colour) for word, count, colour in model.figures()}
    assert figures["accepted"] == (9, "")
    assert figures["live"] == (1, "")
    words = [word for word, _, _ in model.figures()]
    assert words[:5] == ["accepted", "live", "handled", "rejected", "failed"]
    assert words[-3:] == ["new", "active", "idle"]
    assert figures["failed"] == (1, "error")
    assert figures["peer gone"] == (2, "")
    assert figures["killed"] == (0, "")


def test_stages_in_the_pipelines_order(capture: CaptureFile, qtbot: QtBot) -> None:
    for stage in (Stage.HANDLE, None, Stage.QUEUE, Stage.HANDSHAKE):
        capture.timing(stage, [2 * MS])
    model = SummaryModel(capture.reader())
    model.refresh()
    assert model.stages() == [None, Stage.QUEUE, Stage.HANDSHAKE, Stage.HANDLE]
    assert model.timings[Stage.HANDLE].longest == 2 * MS


def test_another_server_is_not_shown_with_the_first_ones_numbers(capture: CaptureFile, qtbot: QtBot) -> None:
    capture.counters(accepted=9)
    capture.timing(Stage.HANDLE, [MS])
    model = SummaryModel(capture.reader())
    model.set_server((1,))
    model.refresh()
    model.set_server((2,))
    assert (model.counters, model.timings) == (NOTHING, {})
    model.refresh()
    assert model.counters.accepted == 0
    model.set_reader(None)
    model.refresh()
    assert model.counters is NOTHING


def test_damage_is_told_and_what_was_read_stays(capture: CaptureFile, qtbot: QtBot) -> None:
    capture.counters(accepted=9)
    model = SummaryModel(capture.reader())
    model.refresh()
    capture.db.execute("UPDATE counters SET accepted = 'x'")
    with qtbot.waitSignal(model.damage.found):
        model.refresh()
    assert model.counters.accepted == 9
