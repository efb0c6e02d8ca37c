"""What peers send, and names, tracebacks and prints of user code, stays plain text in every panel."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.panels import PANELS, Panel
from app.panels.inspector import InspectorPanel
from engine.capture.records import State
from engine.hosting.profile import Profile
from engine.observe.stages import Stage as Step
from tests.app.models.captures import CaptureFile
from tests.app.stage import Stage

from .conftest import listening, tell

EVIL = "<table><tr><td><img src=/dev/zero>\x1b[31m\u202etxt.exe\x00\r\n"


@pytest.fixture
def poisoned(stage: Stage, capture: CaptureFile) -> str:
    """Everything that can be named by somebody else has an evil name; returns the server's key."""
    run = capture.server(EVIL, address=EVIL)
    worker = capture.worker(EVIL)
    number = capture.request(peer=EVIL, worker=worker, state=State.ERROR, error=EVIL, message=EVIL)
    capture.chunk(number, EVIL.encode())
    local = {"name": EVIL, "type": EVIL, "value": EVIL}
    frame = {"file": EVIL, "line": 1, "function": EVIL, "source": [[1, EVIL]], "locals": [local]}
    values = (run, number, Step.HANDLE, 5, EVIL, EVIL, json.dumps({"frames": [frame, frame]}))
    columns = "server, request, stage, at, type, message, detail"
    capture.db.execute(f"INSERT INTO failure ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    capture.output(EVIL, server=run)
    key = stage.workspace.add(Profile(name=EVIL))
    error = {"code": EVIL, "sentence": EVIL}
    tell(stage, listening(key, run=run, name=EVIL, address=EVIL, state="failed", error=error))
    stage.context.selection.select_server(key)
    stage.context.selection.select_request(number)
    return key


def texts(widget: QWidget) -> Iterator[str]:
    """Everything that a widget shows by itself or through its models."""
    for label in widget.findChildren(QLabel):
        yield label.text()
    for view in widget.findChildren(QAbstractItemView):
        yield from cells(view.model())


def cells(model: QAbstractItemModel | None) -> Iterator[str]:
    """The texts of a model's cells."""
    if model is None:
        return
    nothing = QModelIndex()
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(nothing)
    for row in range(model.rowCount(nothing)):
        for column in range(columns):
            yield str(model.index(row, column).data(Qt.ItemDataRole.DisplayRole) or "")


def is_banned(character: str) -> bool:
    """Whether a character can do more than stand there."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_no_panel_shows_it_as_it_came(panel: Panel, qtbot: QtBot, stage: Stage, poisoned: str) -> None:
    widget = panel.factory(stage.context)
    qtbot.addWidget(widget)
    widget.resize(900, 300)
    widget.show()
    pages = range(3) if isinstance(widget, InspectorPanel) else (0,)
    for page in pages:
        if isinstance(widget, InspectorPanel):
            widget.tabs.setCurrentIndex(page)
        assert [text for text in texts(widget) if any(map(is_banned, text))] == []
        assert not widget.grab().isNull()
    for label in widget.findChildren(QLabel):
        assert label.textFormat() is Qt.TextFormat.PlainText
    for child in widget.findChildren(QWidget):
        assert not child.toolTip() or child.toolTip().startswith("<qt>"), child
        assert "<img" not in child.toolTip()
    widget.hide()
