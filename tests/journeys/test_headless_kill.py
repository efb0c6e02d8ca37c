"""The client of a supervisor is killed: within a second no process, port or file is left, and the capture is whole."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine.capture.reader import CaptureReader
from engine.hosting.processes import mark_of

from .headless import DEADLINE, ROOT, alive, port_of, requests_of_whole, until

HANDLERS = Path(__file__).with_name("handlers_headless.py")
SOON = 1.0
"""Seconds."""

PARENT = f"""
import json, sys
sys.path[0] = {str(ROOT)!r}
from engine.hosting.client import SupervisorClient
from engine.hosting.profile import Profile
client = SupervisorClient.spawn(sys.argv[1])
said = [client.pid]
for number, server in enumerate(("ForkingTCPServer", "ForkingTCPServer", "ForkingUnixStreamServer")):
    profile = Profile(name=server, server_class=server, path=sys.argv[2], handler_file={str(HANDLERS)!r},
                      handler_class="Trouble")
    said.append(client.request("start", 20, key=str(number), profile=profile))
print(json.dumps(said), flush=True)
while True:
    client.wait(60)
    client.receive()
"""


def _connect(address: str) -> socket.socket:
    client = socket.socket(socket.AF_UNIX if "/" in address else socket.AF_INET)
    client.settimeout(DEADLINE)
    client.connect(address if "/" in address else port_of(address))
    return client


def _tree(supervisor: int) -> list[int]:
    return [supervisor, *(process.pid for process in psutil.Process(supervisor).children(recursive=True))]


@pytest.mark.parametrize("word", [b"echo\n", b"loop\n", b"hold\n"])
def test_nothing_is_left(word: bytes, tmp_path: Path) -> None:
    capture, path = tmp_path / "a.socketscope", tmp_path / "s.sock"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(capture), str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with parent, contextlib.ExitStack() as stack:
        assert parent.stdout is not None
        supervisor, *servers = json.loads(parent.stdout.readline())
        clients = [stack.enter_context(_connect(server["address"])) for server in servers for _ in range(2)]
        for client in clients:
            client.sendall(b"echo\n")
            assert client.recv(100) == b"done\n"
            client.sendall(word)
        until(lambda: len(_tree(supervisor)) == 1 + 3 + 6)
        tree = _tree(supervisor)
        until(lambda: _recorded(capture) == 6)
        os.kill(parent.pid, signal.SIGKILL)
        took = until(lambda: not alive(tree))
    assert took < SOON
    assert not path.exists()
    for server in servers[:2]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(port_of(server["address"]))
    requests = requests_of_whole(capture)
    assert len(requests) == 6
    assert all(request.bytes_in >= 5 for request in requests)


def _recorded(capture: Path) -> int:
    with CaptureReader(capture) as reader:
        return reader.totals().requests


def test_killed_supervisor_takes_its_hosts_along(tmp_path: Path) -> None:
    capture = tmp_path / "a.socketscope"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(capture), str(tmp_path / "s")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with parent:
        assert parent.stdout is not None
        supervisor, *servers = json.loads(parent.stdout.readline())
        tree = _tree(supervisor)
        os.kill(supervisor, signal.SIGKILL)
        until(lambda: not alive(tree), SOON)
        assert parent.wait(DEADLINE) == 1  # receive raises SupervisorGone
    assert [mark_of(server["pid"]) for server in servers] == [None, None, None]
