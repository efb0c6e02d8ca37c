"""Two requests paused in a real window: bytes edited, continued, and the client gets the changed answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.examples import FOLDER
from app.models.gates import GateSetting
from app.panels.paused import PausedPanel
from engine.hosting.profile import Profile
from tests.scenes.theatre import Theatre, bound_client, peer_of, theatre

pytestmark = pytest.mark.window


@pytest.fixture
def here(tmp_path: Path, qtbot: QtBot) -> Iterator[Theatre]:
    with theatre(tmp_path) as opened:
        yield opened


def say(client: socket.socket, address: str, said: bytes) -> None:
    """Connect, and send something."""
    host, _, port = address.rpartition(":")
    client.connect((host, int(port)))
    client.sendall(said)


def wait_until_heard(here: Theatre, key: str) -> None:
    """Orders are obeyed one after the other: what the host answers after the gates says that it has them."""
    answers: list[object] = []
    here.window.context.link.order("stacks", answers.append, key=key)
    here.wait("the host has heard", lambda: answers)


def test_edited_bytes_reach_the_client(here: Theatre) -> None:
    gates = here.window.context.gates
    echo = Profile("echo", server_class="ThreadingTCPServer", handler_file=str(FOLDER / "echo.py"),
                   handler_class="EchoHandler")  # fmt: skip
    key = here.serve(echo)
    address = here.wait_listening(key).address
    with bound_client() as first, bound_client() as second:
        gates.put(key, GateSetting(1, "verify_request", condition=peer_of(first)))
        gates.put(key, GateSetting(2, "handle", condition=peer_of(second)))
        wait_until_heard(here, key)
        say(first, address, b"first\n")
        say(second, address, b"second\n")
        here.wait("two are paused", lambda: len(gates.paused) == 2)
        assert {one.point for one in gates.paused} == {"verify_request", "handle"}
        with bound_client() as third:
            say(third, address, b"third\n")
            assert third.recv(100) == b"third\n"
        here.window.run("perspective.debug")
        panel = here.find(PausedPanel)
        held = next(one for one in gates.paused if one.point == "handle")
        gates.choose(held.number)
        here.wait("its bytes are shown", lambda: panel.editor.text.toPlainText() == r"second\n")
        panel.editor.hex_mode.setChecked(True)
        panel.editor.text.setPlainText("63 68 6")
        here.window.run("pause.continue")
        assert "odd" in panel.editor.message.text()
        assert panel.editor.text.toPlainText() == "63 68 6"
        panel.editor.text.setPlainText(b"changed\n".hex())
        here.window.run("pause.continue")
        assert second.recv(100) == b"changed\n"
        here.wait("one is paused", lambda: len(gates.paused) == 1)
        here.window.run("pause.continue")
        assert first.recv(100) == b"first\n"
        here.wait("none is paused", lambda: not gates.paused)


def test_a_paused_server_can_be_stopped(here: Theatre) -> None:
    gates = here.window.context.gates
    key = here.window.context.desk.run_example("echo-threads")
    here.wait_listening(key)
    here.window.run("gate.toggle")
    here.wait("demo clients are held", lambda: gates.paused)
    here.window.context.desk.stop(key)
    here.wait("everything is let go", lambda: not gates.paused and not here.window.context.desk.is_up(key))
