"""The profile's switch beside the code: asks while it is on and looked at; lines get their shares of the time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.panels.code_tab import CodeTab
from engine.hosting.profile import Profile
from tests.app.panels.conftest import listening, tell
from tests.app.stage import Stage

SECOND = 1_000_000_000
HANDLER = "class Handler:\n    def handle(self):\n        self.rfile.readline()\n"


@pytest.fixture
def tab(qtbot: QtBot, stage: Stage, tmp_path: Path) -> Iterator[CodeTab]:
    file = tmp_path / "handler.py"
    file.write_text(HANDLER)
    key = stage.workspace.add(Profile("echo", handler_file=str(file), handler_class="Handler"))
    stage.context.selection.select_server(key)
    tell(stage, listening(key))
    made = CodeTab(stage.context)
    qtbot.addWidget(made)
    made.show()
    made.show_request(None, None, SECOND)
    yield made
    made.hide()


def orders(stage: Stage) -> list[Any]:
    return [members["on"] for name, members in stage.client.orders if name == "sample"]


def answer(stage: Stage, **sampled: Any) -> None:
    stage.link._take({"reply": len(stage.client.orders), "ok": True, "sampled": sampled})


def test_it_asks_while_it_is_on(stage: Stage, tab: CodeTab) -> None:
    assert tab.sampling.isEnabled()
    tab.show_request(None, None, 3 * SECOND)
    assert orders(stage) == []
    tab.sampling.click()
    tab.show_request(None, None, 5 * SECOND)
    tab.show_request(None, None, 5 * SECOND + 1)
    tab.show_request(None, None, 7 * SECOND)
    assert orders(stage) == [True, None, None]
    path = tab.path
    answer(
        stage,
        on=True,
        looks=9,
        total=10 * SECOND,
        cpu=SECOND,
        lines=[[path, 3, 8 * SECOND, 2 * SECOND], ["/x", 1, 5, 5]],
    )
    assert tab.sampling.shares(path) == {3: (0.2, 0.6)}
    assert tab.view._tint == {3: (0.2, 0.6)}
    assert "10.0 s sampled: 1.0 s on a CPU, 9.0 s waiting" in tab.sampling.toolTip()
    tab.sampling.click()
    assert orders(stage)[-1] is False


def test_nonsense_and_refusals(stage: Stage, tab: CodeTab) -> None:
    tab.sampling.click()
    answer(stage, total="x", lines=[[1], None, [tab.path, "y", 1, 2]])
    assert tab.sampling.shares(tab.path) == {}
    error = {"code": "not_running", "sentence": "The server does not run."}
    tab.sampling.click()
    stage.link._take({"reply": len(stage.client.orders), "ok": False, "error": error})
    assert not tab.sampling.isChecked()


def test_a_server_that_is_down_has_no_profile(stage: Stage, tab: CodeTab) -> None:
    tab.sampling.click()
    tell(stage, listening(stage.context.selection.server, state="stopped"))
    tab.show_request(None, None, 9 * SECOND)
    assert not tab.sampling.isEnabled()
    assert not tab.sampling.isChecked()
