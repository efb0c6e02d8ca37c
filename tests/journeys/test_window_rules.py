"""A device mocked in the window: rules typed into the dialog answer a real client, and are changed while it runs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.dialogs.server import ServerDialog
from app.models.rules import ANSWER, CLOSE, MATCH, PATTERN
from engine.hosting.profile import Profile
from tests.journeys.headless import DEADLINE, port_of
from tests.scenes.theatre import Theatre, theatre

pytestmark = pytest.mark.window


@pytest.fixture
def here(tmp_path: Path, qtbot: QtBot) -> Iterator[Theatre]:
    with theatre(tmp_path) as opened:
        yield opened


def accept(here: Theatre, dialog: ServerDialog) -> Profile:
    """Press "and start"; the profile that is made."""
    made: list[Profile] = []
    dialog.profile_accepted.connect(lambda profile, start: made.append(profile))
    dialog.show()
    assert dialog.problem() == ""
    dialog.buttons.start.click()
    return made[0]


def ask(address: tuple[str, int], said: bytes) -> bytes:
    with socket.create_connection(address, DEADLINE) as client:
        client.sendall(said)
        return client.makefile("rb").readline()


def test_a_device_is_mocked_and_changed_while_it_runs(here: Theatre) -> None:
    dialog = ServerDialog(Profile("", rules={"rules": [{"answer": "ok\\n"}]}), (), here.window)
    dialog.name.setText("device")
    model = dialog.rules.model
    for column, value in ((MATCH, "regex"), (PATTERN, r"^SET (\w+)"), (ANSWER, r"\1 is set\n")):
        model.setData(model.index(0, column), value)
    model.setData(model.index(0, CLOSE), Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    profile = accept(here, dialog)
    key = here.serve(profile)
    address = port_of(here.wait_listening(key).address)
    pid = here.wait_listening(key).pid
    assert ask(address, b"SET speed\r\n") == b"speed is set\n"
    here.wait_requests(1, "server:device state:done out>10")

    change = ServerDialog(profile, (), here.window)
    change.rules.model.setData(change.rules.model.index(0, ANSWER), r"\1: no\n")
    here.window.context.desk.edit(key, accept(here, change), start=True)
    answers: list[object] = []
    here.window.context.link.order("stacks", answers.append, key=key)  # obeyed after the change
    here.wait("the host has heard", lambda: answers)
    assert ask(address, b"SET speed\r\n") == b"speed: no\n"
    assert here.wait_listening(key).pid == pid
