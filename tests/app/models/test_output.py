"""The newest lines that servers printed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.models import output
from app.models.output import OUTPUT_COLUMNS, OutputModel, RecordRole
from engine.capture.records import OutputRecord
from tests.app.models.captures import CaptureFile


@pytest.fixture
def model(capture: CaptureFile, qtbot: QtBot) -> OutputModel:
    made = OutputModel(capture.reader())
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    assert tester.model() is made
    return made


def lines(model: OutputModel) -> list[str]:
    return [model.index(row, 3).data() for row in range(model.rowCount())]


def test_lines_come_in_and_are_escaped(capture: CaptureFile, model: OutputModel) -> None:
    capture.output("hello\x1b[2J")
    capture.output("<b>", stream=2)
    model.refresh()
    assert lines(model) == ["hello\\x1b[2J", "<b>"]
    assert [model.index(row, 2).data() for row in (0, 1)] == ["out", "err"]
    assert model.index(0, 1).data() == "echo"
    assert model.index(1, 3).data(Qt.ItemDataRole.ToolTipRole) == "<qt>&lt;b&gt;</qt>"
    assert isinstance(model.index(0, 0).data(RecordRole), OutputRecord)
    assert model.text() == "hello\\x1b[2J\n<b>"
    model.refresh()
    assert model.rowCount() == 2


def test_one_server_only(capture: CaptureFile, model: OutputModel) -> None:
    other = capture.server("other")
    capture.output("one")
    capture.output("two", server=other)
    model.set_server((other,))
    assert lines(model) == ["two"]
    model.set_server(None)
    assert lines(model) == ["one", "two"]


def test_only_the_newest_are_kept(capture: CaptureFile, model: OutputModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "LIMIT", 3)
    for word in "abcde":
        capture.output(word)
        model.refresh()
    assert lines(model) == ["c", "d", "e"]


def test_a_flood_is_skipped_to_its_end(
    capture: CaptureFile, model: OutputModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "AT_ONCE", 2)
    for word in "abcde":
        capture.output(word)
    model.refresh()
    assert lines(model) == ["d", "e"]


def test_heads(model: OutputModel) -> None:
    heads = [model.headerData(place, Qt.Orientation.Horizontal) for place in range(len(OUTPUT_COLUMNS))]
    assert heads == ["time", "server", "from", "line"]
    assert model.record(0) is None
