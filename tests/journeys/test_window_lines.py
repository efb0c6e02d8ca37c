"""Lines of a handler stepped through in a real window, in a thread and in a forked child, while others flow."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.panels.code_tab import CodeTab
from app.panels.inspector import CODE
from app.panels.variables import VariablesPanel
from engine.hosting.profile import Profile
from tests.journeys.test_headless_lines import ANSWER, HANDLER, SIZE, WRITE, answer_of
from tests.scenes.theatre import Theatre, theatre

pytest.importorskip("debugpy")
pytestmark = pytest.mark.window


@pytest.fixture
def here(tmp_path: Path, qtbot: QtBot) -> Iterator[Theatre]:
    with theatre(tmp_path) as opened:
        yield opened


def say(address: str, text: bytes) -> socket.socket:
    """Connect, and send a line."""
    host, _, port = address.rpartition(":")
    client = socket.create_connection((host, int(port)), 20)
    client.sendall(text)
    return client


def click_gutter(tab: CodeTab, line: int) -> None:
    """As a person clicks beside a line's number."""
    tab.view.show_line(line)
    place = QPoint(8, tab.view.line_rect(line).center().y())
    QTest.mouseClick(tab.view.viewport(), Qt.MouseButton.LeftButton, pos=place)


@pytest.mark.parametrize("how", ["ThreadingTCPServer", "ForkingTCPServer"])
def test_a_handler_is_stepped_while_others_flow(here: Theatre, tmp_path: Path, how: str) -> None:
    path = tmp_path / "lines.py"
    path.write_text(HANDLER)
    context, window = here.window.context, here.window
    lines = context.lines
    key = here.serve(Profile("lines", server_class=how, handler_file=str(path), handler_class="Lines"))
    address = here.wait_listening(key).address
    here.look_at(CODE)
    tab = here.find(CodeTab)
    here.wait("the code is shown", lambda: tab.path == str(path))
    click_gutter(tab, SIZE)
    tab.edit_point(SIZE)
    tab.point.condition.setText("word == b'stop\\n'")
    tab.point.close_button.click()
    here.wait("the debugger is there", lambda: (state := lines.state(key)) is not None and state.attached)
    with say(address, b"stop\n") as client:
        here.wait("it stops", lambda: lines.stopped and lines.stopped[0].id)
        assert context.selection.request is None
        for number in range(3):
            with say(address, b"go %d\n" % number) as other:
                assert answer_of(other) == b"GO %d 4\n" % number
        window.run("perspective.debug")
        panel = here.find(VariablesPanel)
        here.wait("its values are there", lambda: "word" in lines.frames.values())
        window.run("line.over")
        here.wait("the next line", lambda: tab.view._arrow == ANSWER and lines.frames.values().get("size") == "4")
        changed = {one.name for one in lines.frames.variables if one.changed}
        assert "size" in changed
        assert "word" not in changed
        panel.expression.setText("self.heard[::-1]")
        panel.evaluate()
        here.wait("it is evaluated", lambda: panel.result.text() == "b'pots'")
        tab.view.show_line(WRITE)
        window.run("line.cursor")
        here.wait("at the cursor", lambda: tab.view._arrow == WRITE)
        here.wait("inline", lambda: tab.view._values.get(ANSWER) == "answer=b'STOP'")
        window.run("pause.continue")
        assert answer_of(client) == b"STOP 4\n"
    here.wait("nothing is stopped", lambda: not lines.stopped and tab.view._arrow is None)


def test_the_window_closes_while_a_thread_is_stopped(tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "lines.py"
    path.write_text(HANDLER)
    with theatre(tmp_path) as here:
        lines = here.window.context.lines
        key = here.serve(
            Profile("lines", server_class="ThreadingTCPServer", handler_file=str(path), handler_class="Lines")
        )
        lines.toggle(key, str(path), SIZE)
        here.wait("the debugger is there", lambda: (state := lines.state(key)) is not None and state.attached)
        client = say(here.wait_listening(key).address, b"last\n")
        here.wait("it stops", lambda: lines.stopped)
    with client:
        assert answer_of(client) == b"LAST 4\n"
