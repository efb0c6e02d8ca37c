"""Faults in a real window: a client suffers, rows and server are marked, and one click ends it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.examples import FOLDER
from app.models.faults import FaultSetting
from app.models.servers import ServerRole
from app.panels.servers import ServersPanel
from engine.hosting.profile import Profile
from tests.scenes.theatre import Theatre, theatre

pytestmark = pytest.mark.window


@pytest.fixture
def here(tmp_path: Path, qtbot: QtBot) -> Iterator[Theatre]:
    with theatre(tmp_path) as opened:
        yield opened


def wait_until_heard(here: Theatre, key: str) -> None:
    """Orders are obeyed one after the other."""
    answers: list[object] = []
    here.window.context.link.order("stacks", answers.append, key=key)
    here.wait("the host has heard", lambda: answers)


def test_one_click_ends_what_faults_do(here: Theatre) -> None:
    faults = here.window.context.faults
    echo = Profile("echo", server_class="ThreadingTCPServer", handler_file=str(FOLDER / "echo.py"),
                   handler_class="EchoHandler")  # fmt: skip
    key = here.serve(echo)
    host, _, port = here.wait_listening(key).address.rpartition(":")
    faults.put(key, FaultSetting(1, "latency", {"time": 600.0, "jitter": 0.0}))
    wait_until_heard(here, key)
    with socket.create_connection((host, int(port)), 20.0) as client:
        client.sendall(b"hello\n")
        here.wait_requests(1, "touched:latency")
        servers = here.find(ServersPanel).model
        assert servers.index(0).data(ServerRole.FAULTS) == 1
        chip = next(one for one in here.window.findChildren(QPushButton) if one.text().startswith("⚡"))
        assert chip.text() == "⚡ 1 fault on echo  Off"
        began = time.monotonic()
        chip.click()
        assert client.recv(100) == b"hello\n"
        assert time.monotonic() - began < 20
    assert servers.index(0).data(ServerRole.FAULTS) == 0
    assert chip.text().endswith("On")
    with socket.create_connection((host, int(port)), 20.0) as client:
        client.sendall(b"again\n")
        assert client.recv(100) == b"again\n"
