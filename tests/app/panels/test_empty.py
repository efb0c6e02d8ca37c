"""The sentence where no request is shown: what is true, why, and the next step."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.link.tick import ServerState as State
from app.link.tick import ServerStatus, Tick, Trouble
from app.panels.empty import EmptyPage, Nothing, why_nothing
from engine.hosting.profile import Profile
from tests.app.stage import Stage

from .conftest import listening, tell

UP = ServerStatus("k", "echo", state=State.LISTENING, address="127.0.0.1:9009")


def test_nothing_runs() -> None:
    assert why_nothing(Tick(), "", "", 0) == Nothing("No server is running.", "new")


def test_a_server_waits_for_its_first_request() -> None:
    found = why_nothing(Tick(servers=(UP,)), "k", "", 0)
    assert found.sentence == "echo is listening on 127.0.0.1:9009. No request yet."
    assert (found.button, found.line, found.key) == ("send", "nc 127.0.0.1 9009", "k")


def test_a_program_waits_for_what_its_server_gets() -> None:
    program = ServerStatus("k", "gateway", kind="script", transport="", state=State.LISTENING)
    found = why_nothing(Tick(servers=(program,)), "k", "", 0)
    assert found == Nothing("gateway runs, and has made no server yet.", key="k")
    made = ServerStatus("k/1", "web", state=State.LISTENING, address="127.0.0.1:80", script="k")
    for selected in ("k", "k/1", ""):
        found = why_nothing(Tick(servers=(program, made)), selected, "", 0)
        assert found.sentence == "web is listening on 127.0.0.1:80. No request yet."
        assert (found.button, found.key) == ("send", "k/1")


def test_a_filter_hides_everything() -> None:
    found = why_nothing(Tick(servers=(UP,)), "k", "state:error", 434)
    assert (found.sentence, found.button) == ("0 of 434 match state:error.", "clear")


def test_a_stopped_and_a_failed_server() -> None:
    stopped = ServerStatus("k", "echo")
    assert why_nothing(Tick(servers=(stopped,)), "k", "", 0) == Nothing("echo is stopped.", "start", key="k")
    failed = ServerStatus("k", "echo", state=State.FAILED, error=Trouble("port_in_use", "Port 9009 is used."))
    assert why_nothing(Tick(servers=(failed,)), "k", "", 0).sentence == "Port 9009 is used."


def test_a_server_that_was_never_started() -> None:
    assert why_nothing(Tick(), "k", "", 0, "echo") == Nothing("echo is stopped.", "start", key="k")
    assert why_nothing(Tick(servers=(UP,)), "k", "", 0, "echo").button == "send"


def test_names_are_made_safe() -> None:
    odd = ServerStatus("k", "a\x1b[31m\u202e", state=State.LISTENING, address="x:1")
    assert "\x1b" not in why_nothing(Tick(servers=(odd,)), "k", "", 0).sentence


def test_the_button_sends_a_line_and_the_other_copies_the_command(qtbot: QtBot, stage: Stage) -> None:
    page = EmptyPage(stage.context)
    qtbot.addWidget(page)
    page.show_nothing(why_nothing(Tick(servers=(UP,)), "k", "", 0))
    page.button.click()
    name, members = stage.client.orders[-1]
    assert (name, members["key"], members["half_close"]) == ("clients_start", "k", True)
    page.copy.click()
    assert QGuiApplication.clipboard().text() == "nc 127.0.0.1 9009"


def test_a_scripts_server_is_started_by_its_script(qtbot: QtBot, stage: Stage) -> None:
    key = stage.workspace.add(Profile(name="web", kind="script", module="http.server"))
    tell(stage, listening(f"{key}/1", state="stopped", script=key))
    page = EmptyPage(stage.context)
    qtbot.addWidget(page)
    page.show_nothing(why_nothing(stage.link.tick, f"{key}/1", "", 0))
    page.button.click()
    assert stage.client.orders[-1][1]["key"] == key
