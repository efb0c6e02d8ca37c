"""The window is killed while three servers with forked children run: nothing of theirs outlives it."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from engine.capture.reader import CaptureReader

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = 2
SOON = 1.0
"""Seconds."""


@pytest.fixture
def gui(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The window's process."""
    command = [sys.executable, "-m", "tests.journeys.gui_to_kill", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def converse(port: int) -> socket.socket:
    """A client in the middle of its talk: its child lives on."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(b"still here\n")
    assert client.recv(100) == b"still here\n"
    return client


def all_gone(processes: list[psutil.Process]) -> bool:
    """Whether none is left, not even as a zombie that somebody of ours should have reaped."""
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def refused(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def within(seconds: float, seen: Callable[[], bool]) -> bool:
    """Whether it is seen in time."""
    end = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > end:
            return False
        select.select([], [], [], 0.01)
    return True


def test_nothing_outlives_the_window(gui: subprocess.Popen[str]) -> None:
    assert gui.stdout is not None
    told = json.loads(gui.stdout.readline())
    with ExitStack() as clients:
        for port in told["ports"] * CLIENTS:
            clients.enter_context(converse(port))
        kill_and_see(gui, told["ports"])
    reader = CaptureReader(told["capture"])
    rows = reader.requests(None, limit=100)
    reader.close()
    assert len(rows) == 3 * CLIENTS
    assert all(row.bytes_in == row.bytes_out == len(b"still here\n") for row in rows)
    assert not any(row.state.live for row in rows)


def kill_and_see(gui: subprocess.Popen[str], ports: list[int]) -> None:
    """Kill the window, and see that its processes and ports go too."""
    descendants = psutil.Process(gui.pid).children(recursive=True)
    assert len(descendants) >= 1 + 3 + 3 * CLIENTS  # supervisor, hosts, forked children
    os.kill(gui.pid, 9)
    assert within(SOON, lambda: all_gone(descendants) and all(map(refused, ports)))
