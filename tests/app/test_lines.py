"""Lines in the window against a supervisor that the test plays: ordered, kept, chosen, stepped, looked into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.lines import Lines
from app.models.linepoints import LineSetting
from app.models.variables import Variable
from app.panels.code_tab import CodeTab
from app.panels.inspector import CODE, InspectorPanel
from app.panels.linelist import LineList
from app.panels.variables import VariablesPanel
from engine.hosting.profile import Profile

from .stage import Stage

SOURCE = (
    "import socketserver\n\n\nclass Echo(socketserver.BaseRequestHandler):\n    def handle(self):\n        n = 1\n\n"
)


class Play:
    """A server, its file, and a supervisor that says what the test wants."""

    def __init__(self, stage: Stage, qtbot: QtBot, path: Path) -> None:
        path.write_text(SOURCE)
        self.stage, self.qtbot, self.path = stage, qtbot, str(path)
        self.lines: Lines = stage.context.lines
        profile = Profile("echo", handler_file=self.path, handler_class="Echo")
        self.key = stage.context.desk.add(profile, start=False)
        self.ticks = 0

    def tick(self, *stopped: dict[str, Any], **lines: Any) -> None:
        """Let the supervisor tick."""
        self.ticks += 1
        server = {"key": self.key, "state": "listening", "concurrency": "single", "ids": [1]}
        states = [{"key": self.key, "attached": 1, **lines}]
        with self.qtbot.waitSignal(self.stage.link.ticked):
            self.stage.client.say(
                tick=self.ticks, at=self.ticks * 10**9, totals={}, servers=[server], stopped=list(stopped), lines=states
            )

    def stop(self, **more: Any) -> dict[str, Any]:
        """A thread stopped at line 6."""
        about = {"key": self.key, "pid": 9, "thread": 1, "native": 77, "since": 5, "path": self.path, "line": 6}
        return about | {"function": "handle", "reason": "breakpoint"} | more

    def answer(self, name: str, **members: Any) -> dict[str, Any]:
        """Answer the latest order of a name; what was ordered."""
        orders = self.stage.client.orders
        ticket = max(place for place, (one, _) in enumerate(orders, 1) if one == name)
        with self.qtbot.waitSignal(self.stage.link.replied):
            self.stage.client.accept(ticket, **members)
        return orders[ticket - 1][1]

    def ordered(self, name: str) -> list[dict[str, Any]]:
        """The members of all orders of a name."""
        return [members for one, members in self.stage.client.orders if one == name]

    def show_values(self, n: str = "1") -> None:
        """Answer what is asked about a stopped thread."""
        self.answer("line_frames", frames=[{"id": 3, "name": "handle", "path": self.path, "line": 6}])
        variables = [{"name": "self", "value": "<Echo>", "type": "Echo", "reference": 8}, {"name": "n", "value": n}]
        self.answer("line_locals", variables=variables)
        self.answer("line_members", variables=[{"name": "word", "value": "b'x'"}])


def arrow(tab: CodeTab) -> int | None:
    """The line that has the arrow."""
    return tab.view._arrow


@pytest.fixture
def play(stage: Stage, qtbot: QtBot, tmp_path: Path) -> Play:
    return Play(stage, qtbot, tmp_path / "echo.py")


def test_breakpoints_are_ordered_and_kept(play: Play) -> None:
    play.lines.toggle(play.key, play.path, 6)
    assert play.ordered("lines") == []
    play.tick()
    assert play.ordered("lines")[-1]["points"] == [LineSetting(play.path, 6).to_json()]
    play.stage.workspace.load()
    assert play.stage.workspace.entries[0].lines == (LineSetting(play.path, 6),)
    play.lines.put(play.key, LineSetting(play.path, 6, condition="n > 1"))
    assert [one["condition"] for one in play.ordered("lines")[-1]["points"]] == ["n > 1"]
    play.lines.toggle(play.key, play.path, 6)
    assert play.ordered("lines")[-1]["points"] == []


def test_a_moved_breakpoint_is_taken_away_where_it_stands(play: Play) -> None:
    play.lines.toggle(play.key, play.path, 7)
    play.tick(moved=[{"path": play.path, "line": 7, "at": 6, "message": ""}])
    play.lines.toggle(play.key, play.path, 6)
    assert play.lines.of(play.key) == ()


def test_a_stop_steals_no_selection_and_its_values_come(play: Play) -> None:
    play.tick(play.stop(id=4))
    assert play.stage.context.selection.request is None
    play.show_values()
    assert play.lines.frames.values() == {"self": "<Echo>", "n": "1", "self.word": "b'x'"}
    play.lines.go("over")
    assert play.ordered("line_go") == [{"pid": 9, "thread": 1, "how": "over"}]
    play.tick(play.stop(id=4, running=True))
    play.lines.go("over")
    assert len(play.ordered("line_go")) == 1
    play.tick(play.stop(id=4, since=6))
    play.show_values("2")
    changed = {one.name: one.changed for one in play.lines.frames.variables}
    assert changed == {"self": False, "n": True, "self.word": False}
    play.tick()
    assert play.lines.frames.variables == ()


def test_watches_are_evaluated_at_each_stop(play: Play) -> None:
    play.tick(play.stop())
    play.show_values()
    play.lines.watch(play.key, "n * 2")
    assert play.answer("line_evaluate", result="2", type="int")["expression"] == "n * 2"
    assert list(play.lines.frames.watched) == [Variable("n * 2", "2", watched=True)]
    play.lines.unwatch(play.key, "n * 2")
    assert len(play.lines.frames.watched) == 0


def test_the_panel_shows_steps_and_evaluates(play: Play, qtbot: QtBot) -> None:
    panel = VariablesPanel(play.stage.context)
    qtbot.addWidget(panel)
    panel.show()
    assert "F9" in panel.nothing.text()
    play.lines.toggle(play.key, play.path, 6)
    play.tick(error="Lines need debugpy.")
    assert panel.nothing.text() == "Lines need debugpy."
    play.tick(play.stop(id=4))
    play.show_values()
    assert panel.threads.index(0, 1).data() == "‖ 6  handle"
    assert "one request at a time" in panel.note.text()
    names = [panel.model.index(row, 0).data() for row in range(panel.model.rowCount())]
    assert names == ["n", "self", "self.word"]
    panel.expression.setText("1 / 0")
    panel.evaluate()
    ticket = len(play.stage.client.orders)
    with qtbot.waitSignal(play.stage.link.replied):
        play.stage.client.refuse(ticket, "no_value", "ZeroDivisionError: <b>division</b>")
    assert panel.result.text() == "ZeroDivisionError: <b>division</b>"
    panel.hide()


def test_the_code_shows_arrow_values_and_breakpoints(play: Play, qtbot: QtBot) -> None:
    tab = CodeTab(play.stage.context)
    qtbot.addWidget(tab)
    tab.resize(700, 200)
    tab.show()
    tab.show_request(None, None, 0)
    tab.view.gutter_clicked.emit(6)
    assert play.lines.of(play.key) == (LineSetting(play.path, 6),)
    tab.edit_point(6)
    tab.point.condition.setText("n >")
    assert "no expression" in tab.message.text()
    assert play.lines.of(play.key)[0].condition == ""
    tab.point.close_button.click()
    assert tab.point.isVisible()
    tab.point.condition.setText("n")
    assert play.lines.of(play.key)[0].condition == ""
    tab.point.condition.setText("n > 5")
    tab.point.condition.editingFinished.emit()
    assert play.lines.of(play.key)[0].condition == "n > 5"
    tab.point.hits.setValue(3)
    tab.point.close_button.click()
    assert play.lines.of(play.key)[0].hits == 3
    play.tick(play.stop(), moved=[{"path": play.path, "line": 6, "at": 5, "message": ""}])
    play.show_values()
    play.lines.choose(play.lines.stopped[0])
    tab.show_request(None, None, 10**10)
    assert tab.message.text() == "Line 6 has no code; it stops at line 5."
    assert arrow(tab) == tab.view.line == 6
    play.tick()
    tab.show_request(None, None, 2 * 10**10)
    assert arrow(tab) is None
    tab.hide()


def test_a_stop_that_nobody_called_leaves_the_cursor_where_the_keyboard_is(play: Play, qtbot: QtBot) -> None:
    tab = CodeTab(play.stage.context)
    qtbot.addWidget(tab)
    tab.show()
    tab.activateWindow()
    tab.show_request(None, None, 0)
    tab.view.show_line(2)
    tab.view.setFocus()
    qtbot.waitUntil(tab.view.hasFocus)
    play.tick(play.stop())
    play.show_values()
    tab.show_request(None, None, 10**10)
    assert (arrow(tab), tab.view.line) == (6, 2)
    play.lines.go("over")
    play.tick(play.stop(line=7, since=6))
    play.answer("line_frames", frames=[{"id": 3, "name": "handle", "path": play.path, "line": 7}])
    tab.show_request(None, None, 2 * 10**10)
    assert (arrow(tab), tab.view.line) == (7, 7)
    tab.hide()


def test_f9_is_the_lines_when_the_keyboard_is_there(play: Play) -> None:
    play.lines.cursor, play.lines.focused = (play.key, play.path, 6), True
    play.stage.window.run("gate.toggle")
    assert play.lines.of(play.key) == (LineSetting(play.path, 6),)
    play.lines.focused = False
    play.stage.window.run("gate.toggle")
    assert len(play.stage.context.gates.of(play.key)) == 1


def test_f5_lets_the_stopped_thread_go_on(play: Play) -> None:
    play.tick(play.stop())
    play.stage.window.run("pause.continue")
    assert play.ordered("line_go")[-1]["how"] == "continue"
    play.stage.window.run("line.cursor")
    assert len(play.ordered("line_go")) == 1
    play.lines.cursor = (play.key, play.path, 7)
    play.stage.window.run("line.cursor")
    assert play.ordered("line_go")[-1] == {"pid": 9, "thread": 1, "how": "cursor", "path": play.path, "line": 7}
    play.stage.window.run("pause.release")
    assert play.ordered("line_release") == [{}]


def test_the_list_goes_to_its_line_switches_and_takes_away(play: Play, qtbot: QtBot, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("a = 1\nb = 2\n")
    panel, inspector = LineList(play.stage.context), InspectorPanel(play.stage.context)
    for widget in (panel, inspector):
        qtbot.addWidget(widget)
    inspector.show()
    assert panel.isHidden()
    play.lines.put(play.key, LineSetting(play.path, 6, "n > 5", 2))
    play.lines.put(play.key, LineSetting(str(other), 2, log="<b>"))
    panel.table.selectRow(1)
    assert [panel.model.index(1, column).data() for column in range(3)] == ["●", "2  other.py", "log <b>"]
    panel.go_there()
    assert inspector.tabs.currentIndex() == CODE
    assert (inspector.code.path, inspector.code.view.line) == (str(other), 2)
    panel.switch()
    assert not play.lines.of(play.key)[1].enabled
    panel.remove()
    assert [one.line for one in play.lines.of(play.key)] == [6]
    inspector.hide()
