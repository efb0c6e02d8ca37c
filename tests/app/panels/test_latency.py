"""The load's part about whole runs: counters, and the histogram of the stage that the person chose."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.panels.latency import gauges
from app.panels.load import WIDE, LoadPanel
from engine.hosting.profile import Profile
from engine.observe.stages import Stage as Part
from tests.app.models.captures import MS, CaptureFile
from tests.app.stage import Stage

from .conftest import listening, tell


def make(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> tuple[LoadPanel, str]:
    panel = LoadPanel(stage.context)
    qtbot.addWidget(panel)
    panel.resize(362, 800)
    panel.show()
    key = stage.workspace.add(Profile(name="echo"))
    run = capture.server()
    capture.counters(server=run, accepted=3, handled=2, failed=1, bytes_in=2048)
    for part in (None, Part.QUEUE, Part.HANDLE):
        capture.timing(part, [MS, 2 * MS, 3 * MS], server=run)
    stage.context.selection.select_server(key)
    tell(stage, listening(key, run=run))
    qtbot.waitUntil(lambda: panel.latency.choice.count() == 3, timeout=5000)
    return panel, key


def test_counters_and_the_handlers_times_are_shown(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> None:
    panel, _ = make(qtbot, stage, capture)
    said = panel.latency.figures.accessibleDescription()
    assert said.startswith("3 accepted, 0 live, 2 handled, 0 rejected, 1 failed")
    assert "0 new, 0 active, 0 idle" in said
    assert "2.0 KB in" in said
    assert panel.latency.stage is Part.HANDLE
    assert panel.latency.histogram.marks()[-1] == ("max", "3.00 ms")


def test_the_choice_of_a_stage_stays(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> None:
    panel, key = make(qtbot, stage, capture)
    panel.latency.choose(Part.QUEUE)
    capture.timing(Part.SETUP, [90 * MS])
    capture.timing(Part.QUEUE, [80 * MS])
    tell(stage, listening(key), at=20_000_000_000)
    qtbot.waitUntil(lambda: panel.latency.choice.count() == 4, timeout=5000)
    assert panel.latency.stage is Part.QUEUE
    assert panel.latency.histogram.marks()[-1] == ("max", "80.00 ms")
    panel.latency.choose(Part.HANDLE_TIMEOUT)
    assert panel.latency.stage is Part.QUEUE


def test_charts_stand_side_by_side_where_there_is_room(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> None:
    panel, _ = make(qtbot, stage, capture)
    plots = list(panel.plots.values())
    assert plots[0].y() < plots[1].y()
    panel.resize(WIDE + 100, 800)
    qtbot.waitUntil(lambda: plots[0].y() == plots[1].y(), timeout=5000)
    assert panel.latency.width() > plots[0].width()


def test_gauges_are_used_and_limit(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> None:
    panel, key = make(qtbot, stage, capture)
    queue = {"depth": 3, "limit": 2, "overflows": 7}
    warning = {"code": "backlog", "sentence": "The accept queue was full."}
    tell(stage, listening(key, queue=queue, warning=warning, concurrency="pool", max_workers=4, live=9), at=20 * 10**9)
    figures = gauges(stage.link.tick.server(key))
    assert figures == [("backlog", "3/2", "warn"), ("overflows", "7", "warn"), ("threads", "4/4", "warn")]
    qtbot.waitUntil(lambda: "3/2 backlog" in panel.latency.figures.accessibleDescription(), timeout=5000)
    tell(stage, listening(key, queue=queue | {"depth": 0, "overflows": None}), at=20 * 10**9)
    assert gauges(stage.link.tick.server(key)) == [("backlog", "0/2", "")]
    tell(stage, listening(key, concurrency="forking", children=1, max_children=40), at=21 * 10**9)
    assert gauges(stage.link.tick.server(key)) == [("children", "1/40", "")]
    assert gauges(None) == []
