"""The bench: what is sent is edited in place, bad hex is told of, and answers are counted and kept."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.panels.bench import BenchPanel
from app.panels.inspector import DIFF, InspectorPanel
from tests.app.models.captures import CaptureFile
from tests.app.stage import Stage


@pytest.fixture
def panel(qtbot: QtBot, stage: Stage, capture: CaptureFile) -> Iterator[BenchPanel]:
    capture.server()
    made = BenchPanel(stage.context)
    qtbot.addWidget(made)
    made.resize(620, 420)
    made.show()
    yield made
    made.hide()


def request(capture: CaptureFile, *chunks: bytes, answer: bytes = b"HI\n") -> int:
    number = capture.request()
    for chunk in chunks:
        capture.chunk(number, chunk)
    capture.chunk(number, answer, sent=True)
    return number


def test_bytes_are_edited_as_text_and_as_hex(panel: BenchPanel, stage: Stage, capture: CaptureFile) -> None:
    number = request(capture, b"one\n", b"\x00two")
    stage.context.selection.select_request(number)
    form = panel.form
    assert form.text.toPlainText() == r"one\n"
    assert form.payloads is None
    form.chunk.setCurrentIndex(1)
    form.hex_mode.setChecked(True)
    assert form.text.toPlainText() == "00 74 77 6f"
    form.text.setPlainText("00 74 7")
    assert "odd number" in form.message.text()
    assert not form.send_button.isEnabled()
    form.text.setPlainText("00 ff")
    assert form.send_button.isEnabled()
    form.times.setValue(3)
    form.clients.setValue(2)
    form.send_button.click()
    order, members = stage.client.orders[-1]
    assert (order, members["request"], members["repeat"], members["clients"]) == ("run_again", number, 3, 2)
    assert [base64.b64decode(one) for one in members["payloads"]] == [b"one\n", b"\x00\xff"]
    assert form.stop_button.isEnabled()
    form.reset_button.click()
    assert form.payloads is None


def test_nothing_to_send(panel: BenchPanel, stage: Stage, capture: CaptureFile) -> None:
    assert panel.form.head.text() == "Select a request to run it again."
    assert not panel.form.send_button.isEnabled()
    stage.context.selection.select_request(request(capture))
    assert "received nothing" in panel.form.head.text()
    assert not panel.form.keep_button.isEnabled()


def test_a_large_chunk_is_sent_as_it_is(panel: BenchPanel, stage: Stage, capture: CaptureFile) -> None:
    stage.context.selection.select_request(request(capture, bytes(100_000)))
    assert panel.form.text.isReadOnly()
    assert "sent as it is" in panel.form.message.text()
    assert panel.form.send_button.isEnabled()


def test_what_came_of_it(panel: BenchPanel, stage: Stage, capture: CaptureFile, qtbot: QtBot) -> None:
    number = request(capture, b"x")
    stage.context.selection.select_request(number)
    panel.form.times.setValue(2)
    panel.form.send_button.click()
    odd = request(capture, b"x", answer=b"HO\n")
    capture.db.execute("INSERT INTO rerun VALUES (?, ?)", (odd, number))
    told = {"event": "clients", "clients": 3, "of": number, "client": 0, "what": "played"}
    with qtbot.waitSignals([stage.context.reruns.benched] * 3):
        stage.client.accept(len(stage.client.orders), clients=3)
        stage.client.say(**told, equal=True, took=2_000_000, request=None)
        stage.client.say(**told, equal=False, took=4_000_000, request=odd)
        stage.client.say(**{**told, "what": "ended", "client": None})
    assert panel.words.text() == f"2 of 2 answered  ·  1 differ from #{number}"
    assert panel.times.text() == "answered in 3.00 ms on average, 2.00 ms to 4.00 ms"
    panel.odd_button.click()
    assert stage.context.selection.request == odd
    panel.refresh_now()
    assert panel.form.playback is not None
    assert panel.form.playback.request == number


def test_an_answer_is_kept_and_checked(panel: BenchPanel, stage: Stage, capture: CaptureFile, qtbot: QtBot) -> None:
    stage.context.selection.select_request(request(capture, b"x"))
    panel.form.keep_button.click()
    listed = panel.expectations
    assert [one.expectation.name for one in map(listed.model.at, range(listed.model.rowCount())) if one] == ["echo #1"]
    listed.table.selectRow(0)
    listed.masks.setText("9")
    listed.masks.editingFinished.emit()
    assert "beyond the answer" in listed.message.text()
    listed.masks.setText("1")
    listed.masks.editingFinished.emit()
    assert stage.context.expectations.all[0].masks == ((1, 2),)
    with qtbot.waitSignal(stage.link.ticked):
        stage.client.tick({"key": "k", "name": "echo", "state": "listening"})
    listed.check_button.click()
    new = request(capture, b"x", answer=b"HO\n")
    with qtbot.waitSignals([stage.context.expectations.changed] * 2):
        stage.client.accept(len(stage.client.orders), clients=4)
        stage.client.say(event="clients", clients=4, of=0, what="checked", name="echo #1", passed=True, request=new)
        stage.client.say(event="clients", clients=4, of=0, what="ended", client=None)
    assert listed.head.text() == "✓ all 1 as expected"
    inspector = InspectorPanel(stage.context)
    qtbot.addWidget(inspector)
    inspector.show()
    listed.table.activated.emit(listed.model.index(0, 0))
    assert inspector.tabs.currentIndex() == DIFF
    assert inspector.diff.words.text() == "✓ As expected: only bytes differ that may."
    assert inspector.diff.old_head.text().startswith("expected  echo #1")
    inspector.hide()
    listed.remove_button.click()
    assert stage.context.expectations.all == []
