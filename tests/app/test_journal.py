"""The journal: what went wrong is told once, taken back when it is over, and kept where no capture tells it."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.journal import Note
from engine.hosting.profile import Profile

from .panels.conftest import listening, tell
from .stage import Stage


def warned(key: str, seconds: int) -> dict[str, object]:
    return listening(key, warning={"code": "busy", "sentence": f"Busy for {seconds} s."})


def told(stage: Stage) -> str:
    return stage.window.bar._sentence


def test_a_warning_is_told_once_and_taken_back(stage: Stage) -> None:
    key = stage.workspace.add(Profile(name="echo"))
    written: list[Note] = []
    stage.context.journal.written.connect(written.append)
    for seconds in (2, 3, 4):
        tell(stage, warned(key, seconds))
    assert [note.told for note in written] == ["echo: Busy for 2 s."]
    assert told(stage) == "echo: Busy for 2 s."
    tell(stage, listening(key))
    assert told(stage) == ""
    tell(stage, warned(key, 2))
    assert len(written) == 2


def test_a_sentence_about_something_else_stays(stage: Stage) -> None:
    key = stage.workspace.add(Profile(name="echo"))
    tell(stage, warned(key, 2))
    stage.window.tell("Output copied.")
    tell(stage, listening(key))
    assert told(stage) == "Output copied."


def test_a_refused_server_is_kept_as_no_capture_tells_of_it(stage: Stage, qtbot: QtBot) -> None:
    key = stage.context.desk.add(Profile(name="a", port=9009), start=True)
    with qtbot.waitSignal(stage.context.journal.written):
        stage.client.refuse(1, "port_in_use", "Port 9009 is used.", offer=9010)
    tell(
        stage, listening(key, state="failed", id=None, error={"code": "port_in_use", "sentence": "Port 9009 is used."})
    )
    assert [note.told for note in stage.context.journal.since(0)] == ["a: Port 9009 is used."]
    stage.context.desk.use_port(key, 9010)
    tell(stage, listening(key))
    assert told(stage) == ""


def test_what_the_capture_tells_is_not_kept(stage: Stage) -> None:
    key = stage.workspace.add(Profile(name="a"))
    tell(stage, listening(key, state="failed", error={"code": "died", "sentence": "It died."}))
    assert told(stage) == "a: It died."
    assert stage.context.journal.since(0) == []


def test_faults_of_the_supervisor_are_told(stage: Stage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(stage.context.journal.written):
        stage.client.say(event="fault", sentence="The disk is full.")
    assert told(stage) == "The disk is full."
    assert [note.sentence for note in stage.context.journal.since(0)] == ["The disk is full."]
