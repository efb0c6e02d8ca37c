"""Commands: what the actions do to servers, requests and the view."""

from __future__ import annotations

import json

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app import servercommands
from app.dialogs.script import ScriptDialog
from app.dialogs.server import ServerDialog
from engine.hosting.profile import Profile

from .models.captures import CaptureFile
from .stage import Stage

pytestmark = pytest.mark.window


def test_start_stop_restart_from_the_keyboard(stage: Stage, qtbot: QtBot) -> None:
    key = stage.context.desk.add(Profile(name="a"), start=False)
    stage.window.action("server.start").trigger()
    with qtbot.waitSignal(stage.link.ticked):
        stage.client.tick({"key": key, "state": "listening", "transport": "tcp", "address": "127.0.0.1:9"})
    assert not stage.window.action("server.start").isEnabled()
    stage.window.action("server.restart").trigger()
    stage.window.action("server.copy_line").trigger()
    stage.window.action("server.stop").trigger()
    assert stage.orders() == ["start", "restart", "stop"]
    assert QGuiApplication.clipboard().text() == "nc 127.0.0.1 9"


def test_a_script_is_stopped_by_any_of_its_servers(stage: Stage, qtbot: QtBot) -> None:
    key = stage.context.desk.add(Profile(name="s", kind="script", script="x.py"), start=False)
    with qtbot.waitSignal(stage.link.ticked):
        stage.client.tick(
            {"key": key, "state": "listening"}, {"key": f"{key}/1", "state": "listening", "script": key},
        )  # fmt: skip
    stage.context.selection.select_server(f"{key}/1")
    stage.window.action("server.stop").trigger()
    assert stage.client.orders[-1] == ("stop", {"key": key})


def test_demo_clients_are_switched(stage: Stage, qtbot: QtBot) -> None:
    key = stage.context.desk.run_example("udp-clock")
    with qtbot.waitSignal(stage.link.ticked):
        stage.client.tick({"key": key, "state": "listening"})
    demo = stage.window.action("server.demo")
    demo.trigger()
    assert demo.isChecked()
    assert stage.orders() == ["start"] + ["clients_start"] * 3
    demo.trigger()
    assert not demo.isChecked()


def test_new_and_edit_open_the_right_dialog(stage: Stage) -> None:
    stage.window.run("server.new")
    stage.window.run("script.run")
    assert [len(stage.window.findChildren(kind)) for kind in (ServerDialog, ScriptDialog)] == [1, 1]
    stage.context.desk.add(Profile(name="s", kind="script", script="x.py"), start=False)
    stage.window.run("server.edit")
    assert len(stage.window.findChildren(ScriptDialog)) == 2
    for dialog in (*stage.window.findChildren(ServerDialog), *stage.window.findChildren(ScriptDialog)):
        dialog.reject()


def test_duplicate_takes_a_free_port(stage: Stage) -> None:
    stage.context.desk.add(Profile(name="a", port=9009), start=False)
    stage.window.run("server.duplicate")
    copy = stage.workspace.entries[1].profile
    assert (copy.name, copy.port) == ("a copy", 0)


@pytest.mark.parametrize("sure", [True, False])
def test_what_cannot_be_undone_asks_first(stage: Stage, monkeypatch: pytest.MonkeyPatch, sure: bool) -> None:
    monkeypatch.setattr(servercommands, "ask", lambda *_args, **_named: sure)
    stage.context.desk.add(Profile(name="a"), start=False)
    stage.window.run("server.remove")
    assert (stage.workspace.entries == ()) is sure


def test_no_further_error_is_said(stage: Stage) -> None:
    stage.window.run("request.next_error")
    assert stage.window.bar._told.text() == "No further error."
    stage.window.run("request.previous_error")
    assert stage.window.bar._told.text() == "No earlier error."


def test_close_and_reset_need_a_request(stage: Stage) -> None:
    stage.window.run("request.close")
    stage.context.selection.select_request(7)
    stage.window.run("request.close")
    stage.window.run("request.reset")
    assert stage.client.orders == [
        ("close_request", {"request": 7, "how": "close"}),
        ("close_request", {"request": 7, "how": "reset"}),
    ]


def test_about_names_versions_and_licences(stage: Stage) -> None:
    from app.about import about_text

    assert all(word in about_text() for word in ("Qt", "PySide", "LGPL", "Lucide", "Python"))


def test_a_request_is_copied_as_a_test(stage: Stage) -> None:
    with CaptureFile(stage.client.capture_path) as capture:
        server = capture.server()
        profile = {"name": "echo", "handler_file": "/x/echo.py", "handler_class": "Echo"}
        capture.db.execute("UPDATE server SET profile = ? WHERE id = ?", (json.dumps(profile), server))
        request, empty = capture.request(), capture.request()
        capture.chunk(request, b"hello\n")
        capture.chunk(request, b"HELLO\n", sent=True)
    stage.context.selection.select_request(request)
    stage.window.action("request.copy_test").trigger()
    copied = QGuiApplication.clipboard().text()
    compile(copied, "test_it.py", "exec")
    assert "ANSWER = b'HELLO\\n'" in copied
    stage.context.selection.select_request(empty)
    stage.window.action("request.copy_test").trigger()
    assert "nothing to send again" in stage.window.bar._sentence
