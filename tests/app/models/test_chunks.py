"""The chunks of the selected request."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.models.chunks import CHUNK_COLUMNS, FIRST_BYTES, ChunksModel
from engine.capture.records import State
from tests.app.models.captures import MS, CaptureFile


@pytest.fixture
def model(capture: CaptureFile, qtbot: QtBot) -> ChunksModel:
    made = ChunksModel(capture.reader())
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    assert tester.model() is made
    return made


def test_rows_of_a_request(capture: CaptureFile, model: ChunksModel) -> None:
    request = capture.request(opened=10 * MS)
    capture.chunk(request, b"ping\r\n", at=12 * MS)
    capture.chunk(request, b"pong", sent=True, at=13 * MS)
    model.set_request(request)
    shown = [[model.index(row, place).data() for place in (0, 2, 3, 4)] for row in range(model.rowCount())]
    assert shown == [["← in", "2.0", "6", "ping\\r\\n"], ["→ out", "3.0", "4", "pong"]]
    assert model.loaded_all
    heads = [model.headerData(place, Qt.Orientation.Horizontal) for place in range(len(CHUNK_COLUMNS))]
    assert heads == ["way", "time", "+ms", "bytes", "begins with"]
    model.set_request(None)
    assert model.rowCount() == 0


def test_a_live_request_grows_and_a_closed_one_is_left_alone(
    capture: CaptureFile, model: ChunksModel, qtbot: QtBot
) -> None:
    request = capture.request(lasts=None, state=State.RUNNING, bytes_in=0, bytes_out=0)
    model.set_request(request)
    with qtbot.assertNotEmitted(model.conversation_changed):
        model.refresh()
    capture.chunk(request, b"abc")
    capture.db.execute("UPDATE request SET bytes_in = 3")
    with qtbot.waitSignal(model.conversation_changed):
        model.refresh()
    assert model.conversation.data(True) == b"abc"
    capture.close_request(request, MS)
    model.refresh()
    with qtbot.assertNotEmitted(model.conversation_changed):
        model.refresh()


def test_a_large_conversation_is_loaded_in_two_steps(capture: CaptureFile, model: ChunksModel) -> None:
    request = capture.request()
    for _ in range(4):
        capture.chunk(request, bytes(FIRST_BYTES // 2))
    model.set_request(request)
    assert not model.loaded_all
    assert model.conversation.size(True) < 4 * FIRST_BYTES // 2
    model.load_more()
    assert model.conversation.size(True) == 2 * FIRST_BYTES
