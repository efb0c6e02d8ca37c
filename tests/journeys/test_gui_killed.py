"""The window is killed while servers are at work, stopped at a line, or stuck: nothing of theirs outlives it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.journeys.headless import ROOT, alive, requests_of_whole, until

CLIENTS = 2
SOON = 1.0
"""Seconds."""


class Gui:
    """The window's process, and what it tells."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.pid = process.pid
        self._process = process
        told = json.loads(self.line())
        self.ports: list[int] = told["ports"]
        self.capture = Path(told["capture"])

    def line(self) -> str:
        """What it prints next."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@pytest.fixture
def gui(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Gui]:
    """A window that plays what the test asks for."""
    command = [sys.executable, "-m", "tests.journeys.gui_to_kill", str(tmp_path), *request.param.split()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Gui(process)
        finally:
            process.kill()


def say(port: int, text: bytes) -> socket.socket:
    """A client that has said something and stays."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(text)
    return client


def converse(port: int) -> socket.socket:
    """A client in the middle of its talk: its child lives on."""
    client = say(port, b"still here\n")
    assert client.recv(100) == b"still here\n"
    return client


def refused(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("gui", ["forks"], indirect=True)
def test_nothing_outlives_the_window(gui: Gui) -> None:
    with ExitStack() as clients:
        for port in gui.ports * CLIENTS:
            clients.enter_context(converse(port))
        kill_and_see(gui, 1 + 3 + 3 * CLIENTS)  # supervisor, hosts, forked children
    rows = requests_of_whole(gui.capture)
    assert len(rows) == 3 * CLIENTS
    assert all(row.bytes_in == row.bytes_out == len(b"still here\n") for row in rows)


@pytest.mark.parametrize("gui", ["stopped ThreadingTCPServer", "stopped ForkingTCPServer"], indirect=True)
def test_nothing_stays_stopped_at_a_line(gui: Gui) -> None:
    pytest.importorskip("debugpy")
    with say(gui.ports[0], b"stop\n") as client:
        assert gui.line() == "stopped\n"
        kill_and_see(gui, 1 + 1)
        assert client.recv(100) == b"STOP 4\n"
    (row,) = requests_of_whole(gui.capture)
    assert (row.bytes_in, row.bytes_out) == (len(b"stop\n"), len(b"STOP 4\n"))


@pytest.mark.parametrize("gui", ["stuck ForkingTCPServer"], indirect=True)
def test_a_child_in_an_endless_regular_expression_goes_too(gui: Gui) -> None:
    with say(gui.ports[0], b"hold\n") as client:
        assert gui.line() == "stuck\n"
        kill_and_see(gui, 1 + 1 + 1)
        assert client.recv(100) == b""
    (row,) = requests_of_whole(gui.capture)
    assert (row.bytes_in, row.bytes_out) == (len(b"hold\n"), 0)


def kill_and_see(gui: Gui, least: int) -> None:
    """Kill the window, and see that its processes and ports go too; there are so many at least."""
    descendants = [process.pid for process in psutil.Process(gui.pid).children(recursive=True)]
    assert len(descendants) >= least
    os.kill(gui.pid, 9)
    until(lambda: not alive(descendants) and all(map(refused, gui.ports)), SOON)
