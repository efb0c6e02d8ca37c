"""The inspector: bytes, stages and failure of the selected request, with the received slice that a variable holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.models.selection import ByteRange
from app.panels.endings import calm_sentence
from app.panels.inspector import BYTES, EXCEPTION, STAGES, InspectorPanel
from app.panels.stages_tab import summary
from engine.capture.records import State
from engine.observe.facts import Means
from engine.observe.stages import Stage as Step
from tests.app.models.captures import MS, CaptureFile
from tests.app.stage import Stage

RECEIVED = b"\x00\x00\x00\x0ehello world!\r\n"
DETAIL = {
    "type": "ValueError",
    "message": "length 14 but 12 bytes buffered",
    "frames": [
        {
            "file": "/nowhere/length.py",
            "line": 31,
            "function": "LengthHandler.handle",
            "source": [[30, "        n = 14"], [31, "        raise ValueError(f'<b>{n}</b>')"], [32, ""]],
            "locals": [
                {"name": "self", "type": "LengthHandler", "value": "<LengthHandler object>"},
                {"name": "hdr", "type": "bytes", "value": repr(RECEIVED[:4]), "size": 4, "hex": RECEIVED[:4].hex()},
            ],
        }
    ],
    "chain": [{"type": "KeyError", "message": "'x'", "relation": "context", "frames": []}],
}


@pytest.fixture
def panel(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> Iterator[InspectorPanel]:
    capture.server()
    made = InspectorPanel(stage.context)
    qtbot.addWidget(made)
    made.resize(1100, 260)
    made.show()
    yield made
    made.hide()


def test_what_was_done_to_the_request(stage: Stage, panel: InspectorPanel, capture: CaptureFile) -> None:
    number = capture.request(stages=True)
    capture.touch(number, Means.LATENCY, Means.SPLIT)
    panel.tabs.setCurrentIndex(STAGES)
    stage.context.selection.select_request(number)
    assert "⚡ latency, chunks split" in panel.who.words.text()
    assert "⚡ latency received 5.00 ms" in panel.stages.touches.text()
    stage.context.selection.select_request(capture.request(stages=True))
    assert not panel.stages.touches.isVisible()


def failed_request(capture: CaptureFile, detail: object = DETAIL) -> int:
    number = capture.request(
        state=State.ERROR, error="ValueError", message="length 14", worker=capture.worker(), bytes_in=18, stages=True
    )
    capture.chunk(number, RECEIVED)
    columns = "server, request, stage, at, type, message, detail"
    values = (1, number, Step.HANDLE, 5, "ValueError", "length 14 but 12 bytes buffered", json.dumps(detail))
    capture.db.execute(f"INSERT INTO failure ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    return number


def test_a_peer_that_went_is_no_error(panel: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    number = failed_request(capture)
    capture.db.execute("UPDATE request SET state = ?, error = 'EOFError'", (int(State.RESET),))
    capture.db.execute("UPDATE failure SET cause = 2, type = 'EOFError', message = 'ten bytes were to come'")
    stage.context.selection.select_request(number)
    panel.tabs.setCurrentIndex(EXCEPTION)
    assert panel.tabs.tabText(EXCEPTION) == "Exception"
    assert panel.exception.title.text() == "closed by peer · EOFError: ten bytes were to come"
    assert panel.exception.title.property("role") == "strong"
    capture.db.execute("UPDATE failure SET cause = 3, type = 'TimeoutError', message = ''")
    stage.context.selection.select_request(None)
    stage.context.selection.select_request(number)
    assert panel.exception.title.text() == "timed out · TimeoutError"


def test_a_slow_stage_says_where_its_worker_was(panel: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    number = capture.request(stages=True)
    frame = {"file": "/home/me/shop.py", "line": 12, "function": "Shop.handle"}
    detail = {"doing": "sleep", "call": "time.sleep(3)", "kind": "", "holders": [], "frames": [frame]}
    sql = "INSERT INTO slow (request, stage, started, at, allowed, detail) VALUES (?, ?, ?, ?, ?, ?)"
    capture.db.execute(sql, (number, Step.HANDLE, 0, 1_200_000_000, 1_000_000_000, json.dumps(detail)))
    capture.db.execute("UPDATE request SET slow = ?", (int(Step.HANDLE),))
    panel.tabs.setCurrentIndex(STAGES)
    stage.context.selection.select_request(number)
    said = panel.stages.slow.text()
    assert said == (
        "handle had lasted 1.2 s when it was looked at; 1.0 s are allowed. Sleeps, in time.sleep(3). At shop.py:12."
    )
    assert panel.stages.slow.property("role") == "warn-small"
    assert "Shop.handle" in panel.stages.slow.toolTip()
    capture.db.execute("UPDATE slow SET stage = ?, detail = '{\"frames\": [7]}'", (int(Step.VERIFY_REQUEST),))
    stage.context.selection.select_request(None)
    stage.context.selection.select_request(number)
    assert panel.stages.slow.property("role") == "error-small"
    assert "nobody else was let in meanwhile" in panel.stages.slow.text()
    stage.context.selection.select_request(capture.request(stages=True))
    assert not panel.stages.slow.isVisible()


def test_nothing_selected(panel: InspectorPanel) -> None:
    assert panel.bytes.nothing.isVisible()
    panel.tabs.setCurrentIndex(EXCEPTION)
    assert panel.exception.calm.text() == "Select a request."


def test_a_request_without_failure(panel: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    number = capture.request(lasts=3_200_000, worker=capture.worker())
    stage.context.selection.select_request(number)
    panel.tabs.setCurrentIndex(EXCEPTION)
    assert panel.exception.calm.text() == "Handler returned normally in 3.20 ms."
    assert panel.tabs.tabText(EXCEPTION) == "Exception"
    assert panel.who.words.text() == f"#{number} · 127.0.0.1:41341 · T-1"


def test_bytes_and_variables_point_at_each_other(panel: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    detail = json.loads(json.dumps(DETAIL))
    detail["frames"][0]["locals"].append({"name": "n", "type": "int", "value": "14"})
    stage.context.selection.select_request(failed_request(capture, detail))
    panel.tabs.setCurrentIndex(EXCEPTION)
    tab = panel.exception
    stage.context.selection.select_range(ByteRange(True, 2, 3))
    assert [local.name for local in tab._locals.holding()] == ["hdr", "n"]
    assert tab.slice.text() == "bytes 2 are hdr, n"
    stage.context.selection.select_range(ByteRange(True, 6, 9))
    assert tab._locals.holding() == []
    panel.activateWindow()
    tab.locals.setFocus()
    tab.locals.selectRow(2)
    if tab.locals.hasFocus():
        assert stage.context.selection.range == ByteRange(True, 0, 4)
    assert [(mark.start, mark.end, mark.label) for mark in tab.hex._marks] == [(0, 4, "n")]
    tab.locals.entered.emit(tab._locals.index(1, 0))
    assert [mark.label for mark in tab.hex._marks] == ["hdr"]
    tab.locals.viewportEntered.emit()
    assert [mark.label for mark in tab.hex._marks] == ["n"]


def test_a_failure_marks_its_tab_and_the_bytes(panel: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    stage.context.selection.select_request(failed_request(capture))
    panel.tabs.setCurrentIndex(EXCEPTION)
    tab = panel.exception
    assert panel.tabs.tabText(EXCEPTION) == "Exception ✕"
    assert tab.title.text() == "ValueError: length 14 but 12 bytes buffered"
    assert tab.where.text() == "length.py:31 in LengthHandler.handle"
    assert tab.slice.text() == "bytes 0–3 are hdr"  # noqa: RUF001  # a range's dash
    assert tab.locals.model().index(1, 2).data() == "00 00 00 0e → in[0:4]"
    assert [(mark.start, mark.end, mark.label) for mark in tab.marks()] == [(0, 4, "hdr")]
    assert "▶31" in tab.source.toPlainText()
    assert "<b>" in tab.source.toPlainText()


def test_the_traceback_is_copied_as_python_prints_it(panel: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    stage.context.selection.select_request(failed_request(capture))
    panel.tabs.setCurrentIndex(EXCEPTION)
    panel.exception.copy_button.click()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Traceback (most recent call last):\nKeyError: 'x'")
    assert "During handling of the above exception" in text
    assert '  File "/nowhere/length.py", line 31, in LengthHandler.handle' in text
    assert text.endswith("ValueError: length 14 but 12 bytes buffered\n")
    panel.exception.bytes_button.click()
    assert QGuiApplication.clipboard().text() == repr(RECEIVED)
    panel.exception.open_editor()


@pytest.mark.parametrize("detail", [{}, {"frames": [1]}, {"frames": [{"locals": [{"hex": "zz"}]}]}, {"frames": 7}])
def test_a_host_that_tells_nonsense_harms_nobody(
    panel: InspectorPanel, stage: Stage, capture: CaptureFile, detail: object
) -> None:
    stage.context.selection.select_request(failed_request(capture, detail))
    panel.tabs.setCurrentIndex(EXCEPTION)
    assert panel.exception.title.text().startswith("ValueError")
    assert not panel.exception.editor_button.isEnabled()


def test_details_of_a_failure_are_the_failure(panel: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    stage.context.selection.select_request(failed_request(capture))
    stage.context.view.show_details()
    assert panel.tabs.currentIndex() == EXCEPTION
    stage.context.selection.select_request(capture.request())
    stage.context.view.show_details()
    assert panel.tabs.currentIndex() == BYTES


def test_a_live_request_is_followed_until_it_ends(panel: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    number = capture.request(state=State.RUNNING, lasts=None, stages=True)
    stage.context.selection.select_request(number)
    panel.tabs.setCurrentIndex(EXCEPTION)
    assert "Still being served" in panel.exception.calm.text()
    capture.close_request(number, 7 * MS)
    panel.refresh_now()
    assert panel.exception.calm.text() == "Handler returned normally in 7.00 ms."


def test_stages_are_summed_up(panel: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    number = capture.request(stages=True, lasts=100 * MS)
    stage.context.selection.select_request(number)
    panel.tabs.setCurrentIndex(STAGES)
    assert panel.stages.summary.text() == (
        "total 100.00 ms  ·  queue 8.00 ms  ·  handle 66.00 ms: 20.00 ms on a CPU, 46.00 ms waiting"
    )
    panel.stages.waterfall.stage_chosen.emit(Step.HANDLE)
    assert stage.context.selection.stage is Step.HANDLE


def test_bytes_are_copied_and_saved(panel: InspectorPanel, stage: Stage, capture: CaptureFile, tmp_path: Path) -> None:
    number = capture.request()
    capture.chunk(number, b"hel")
    capture.chunk(number, b"lo")
    capture.chunk(number, b"answer", sent=True)
    stage.context.selection.select_request(number)
    assert panel.bytes.sizes.text() == "← in 5 B   → out 6 B"
    panel.bytes.save(tmp_path / "in.bin", number, received=True)
    panel.bytes.save(tmp_path / "out.bin", number, received=False)
    assert (tmp_path / "in.bin").read_bytes() == b"hello"
    assert (tmp_path / "out.bin").read_bytes() == b"answer"
    panel.bytes.save(tmp_path, number, received=True)
    stage.context.selection.select_chunk(1)
    panel.bytes.text_button.click()
    assert panel.bytes.encoding.isVisible()


def test_a_large_payload_is_guarded(panel: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    number = capture.request(bytes_in=300_000)
    for _ in range(10):
        capture.chunk(number, b"x" * 30_000)
    stage.context.selection.select_request(number)
    assert panel.bytes.more_button.isVisible()
    panel.bytes.more_button.click()
    assert not panel.bytes.more_button.isVisible()
    assert panel.bytes.view.conversation.size(True) == 300_000


def test_an_evicted_request_is_told(panel: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    number = capture.request(lasts=None, state=State.RUNNING)
    stage.context.selection.select_request(number)
    capture.evict([number])
    panel.refresh_now()
    assert panel.who.words.text() == f"#{number} is no longer in the capture"


def test_sentences_for_every_end(stage: Stage, capture: CaptureFile) -> None:
    capture.server()
    for state in (State.REJECTED, State.KILLED, State.RESET, State.QUEUED):
        error = "SIGSEGV" if state is State.KILLED else None
        lasts = None if state is State.QUEUED else MS
        record = stage.link.reader.request(capture.request(state=state, error=error, lasts=lasts))
        assert record is not None
        assert calm_sentence(record, 2 * MS).endswith(".")
        assert summary(record, 2 * MS)


def test_the_nearest_own_code_is_shown_first(panel: InspectorPanel, stage: Stage, capture: CaptureFile) -> None:
    library = {"file": "/usr/lib/python3.11/json/decoder.py", "line": 355, "function": "raw_decode"}
    stage.context.selection.select_request(failed_request(capture, {"frames": [*DETAIL["frames"], library]}))
    panel.tabs.setCurrentIndex(EXCEPTION)
    assert panel.exception.frames.currentIndex().row() == 1
    assert panel.exception.where.text() == "length.py:31 in LengthHandler.handle"
    assert panel.exception.locals.isVisible()
    panel.exception.frames.setCurrentIndex(panel.exception.frames.model().index(0, 0))
    assert panel.exception.where.text() == "decoder.py:355 in raw_decode"
    assert not panel.exception.locals.isVisible()
    assert panel.exception.lost.text() == "No variables are known of this line."


def test_where_a_worker_died_is_opened(
    panel: InspectorPanel, stage: Stage, capture: CaptureFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.panels.exception_tab.open_in_editor", lambda _settings, file, line: f"{file}:{line}")
    stage.context.selection.select_request(failed_request(capture, {"file": "/x/crash.py", "line": 33}))
    panel.tabs.setCurrentIndex(EXCEPTION)
    assert panel.exception.lost.text().startswith("The worker ended without a traceback")
    panel.exception.editor_button.click()
    assert stage.window.bar._sentence == "/x/crash.py:33"


@pytest.mark.parametrize(("width", "compact"), [(874, True), (1214, False)])
def test_sixteen_bytes_are_seen_at_every_width(
    panel: InspectorPanel, stage: Stage, capture: CaptureFile, width: int, compact: bool
) -> None:
    stage.context.selection.select_request(failed_request(capture))
    panel.tabs.setCurrentIndex(EXCEPTION)
    panel.resize(width, 240)
    assert panel.exception.buttons.compact is compact
    shown = [button.isVisible() for button in panel.exception.buttons.all]
    assert shown == [True, True, True, not compact, not compact]
    assert panel.exception.hex.horizontalScrollBar().maximum() == 0
