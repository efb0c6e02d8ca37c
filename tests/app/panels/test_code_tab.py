"""The Code tab: the selected server's file, the failing line of a failed request, and files that cannot be shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.panels.code_tab import CodeTab
from app.panels.inspector import CODE, InspectorPanel
from engine.capture.records import FailureRecord
from engine.hosting.profile import Profile
from engine.observe.stages import Stage as Step
from tests.app.stage import Stage

SECOND = 1_000_000_000
CODE_TEXT = """import socketserver


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        1 / 0
"""


@pytest.fixture
def tab(qtbot: QtBot, stage: Stage) -> Iterator[CodeTab]:
    made = CodeTab(stage.context)
    qtbot.addWidget(made)
    made.resize(700, 200)
    made.show()
    yield made
    made.hide()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "echo.py"
    made.write_text(CODE_TEXT)
    return made


def add(stage: Stage, path: Path, handler: str = "Echo") -> None:
    stage.context.desk.add(Profile("echo", handler_file=str(path), handler_class=handler), start=False)


def failure(path: str, line: int) -> FailureRecord:
    frame = {"file": path, "line": line, "function": "handle", "source": [], "locals": []}
    library = {"file": "/usr/lib/python3.13/struct.py", "line": 1, "function": "f", "source": [], "locals": []}
    return FailureRecord(1, 1, 1, Step.HANDLE, 5, "ZeroDivisionError", "by zero", {"frames": [frame, library]})


def test_nothing_is_selected(tab: CodeTab) -> None:
    tab.show_request(None, None, 0)
    assert tab.nothing.isVisible()
    assert tab.path == ""


def test_the_servers_file_at_its_class(tab: CodeTab, stage: Stage, path: Path) -> None:
    add(stage, path)
    tab.show_request(None, None, 0)
    assert (tab.path, tab.view.line, tab.view.count) == (str(path), 4, 6)
    assert tab.where.text() == f"{path}:4"


def test_a_failed_request_shows_its_line_in_the_persons_own_code(tab: CodeTab, stage: Stage, path: Path) -> None:
    add(stage, path)
    tab.show_request(None, failure(str(path), 6), 0)
    assert tab.view.line == 6
    assert "ZeroDivisionError: by zero" in tab.view._explain(6)
    tab.show_request(None, None, 0)
    assert tab.view._explain(6) == ""


def test_a_failing_file_that_has_gone_leaves_the_handlers_file(tab: CodeTab, stage: Stage, path: Path) -> None:
    add(stage, path)
    tab.show_request(None, failure("/nowhere/x.py", 3), 0)
    assert tab.path == str(path)


def test_a_saved_file_is_read_again_where_the_reader_was(tab: CodeTab, stage: Stage, path: Path) -> None:
    add(stage, path)
    tab.show_request(None, None, 0)
    tab.view.show_line(6)
    path.write_text(CODE_TEXT + "# more\n")
    os.utime(path, ns=(1, 1))
    tab.show_request(None, None, 0)
    assert tab.view.count == 6  # twice a second is enough
    tab.show_request(None, None, SECOND)
    assert (tab.view.count, tab.view.line) == (7, 6)


def test_a_file_that_cannot_be_read_is_told(tab: CodeTab, stage: Stage, path: Path) -> None:
    add(stage, path)
    tab.show_request(None, None, 0)
    path.unlink()
    tab.show_request(None, None, SECOND)
    assert "No such file" in tab.nothing.text()
    path.write_text(CODE_TEXT)
    tab.show_request(None, None, 2 * SECOND)
    assert tab.path == str(path)


def test_the_state_of_the_code_is_told_beside_it(tab: CodeTab) -> None:
    tab.set_status("reloaded 14:07:31 ✓", "ok")
    assert tab.status.text() == "reloaded 14:07:31 ✓"


def test_the_inspector_has_it(qtbot: QtBot, stage: Stage, path: Path) -> None:
    panel = InspectorPanel(stage.context)
    qtbot.addWidget(panel)
    panel.show()
    panel.tabs.setCurrentIndex(CODE)
    assert panel.code.path == ""
    add(stage, path)
    assert panel.code.path == str(path)
    panel.hide()
