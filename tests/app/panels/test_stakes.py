"""The bytes at stake: typed ones are kept, and what arrives meanwhile follows them."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.link.tick import PausedRequest
from app.panels.stakes import StakesEditor
from tests.app.stage import Stage

HELD = PausedRequest("1-1", key="k", id=5, point="handle", data=b"first ", size=6)
MORE = replace(HELD, data=b"first second", size=12)


@pytest.fixture
def editor(stage: Stage, qtbot: QtBot) -> StakesEditor:
    made = StakesEditor(stage.context)
    qtbot.addWidget(made)
    return made


def test_what_arrives_is_shown(editor: StakesEditor) -> None:
    editor.show_paused(replace(HELD, data=b"", size=0))
    editor.show_paused(HELD)
    assert editor.text.toPlainText() == "first "
    editor.show_paused(MORE)
    assert editor.text.toPlainText() == "first second"


def test_what_was_typed_stays_and_the_rest_follows(editor: StakesEditor, stage: Stage) -> None:
    gates = stage.context.gates
    editor.show_paused(HELD)
    editor.text.setPlainText("1st ")
    editor.show_paused(MORE)
    editor.text.setPlainText("1st, ")
    assert editor.title.text() == "first 6 B of 12 B; the rest passes as it is"
    stage.link._take({"tick": 1, "at": 1, "paused": [{"number": "1-1", "data": "", "size": 12}]})
    gates.decide("continue")
    name, members = stage.client.orders[-1]
    assert (name, base64.b64decode(members["data"]), members["over"]) == ("decide", b"1st, ", 6)
    editor.text.setPlainText("first ")
    assert gates.draft("1-1") is None, "as it was"


def test_odd_hex_is_told_and_nothing_is_lost(editor: StakesEditor, stage: Stage) -> None:
    editor.show_paused(HELD)
    editor.hex_mode.setChecked(True)
    editor.text.setPlainText("66 6")
    assert editor.message.text() == "There is an odd number of hex digits."
    editor.text_mode.setChecked(True)
    assert (editor.text.toPlainText(), editor.hex_mode.isChecked()) == ("66 6", True)
    editor.show_paused(None)
    editor.show_paused(HELD)
    assert editor.text.toPlainText() == "66 6"
