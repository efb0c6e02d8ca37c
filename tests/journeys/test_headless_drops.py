"""The supervisor stands still while a server is flooded: the server does not notice, and each lost fact is counted."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from engine.capture.filters import parse
from engine.capture.reader import CaptureReader
from engine.hosting.client import SupervisorClient
from engine.hosting.profile import Profile

from .headless import port_of, talk, until

HANDLERS = Path(__file__).with_name("flooded.py")
PAYLOAD = b"x" * 100_000
CONNECTIONS = 200
"""Forty megabytes of facts; about twelve wait until somebody takes them."""


def _flood(address: tuple[str, int]) -> float:
    began = time.monotonic()
    for _ in range(CONNECTIONS):
        assert talk(socket.SOCK_STREAM, address, PAYLOAD)[1] == PAYLOAD
    return time.monotonic() - began


@pytest.mark.parametrize("server_class", ["ThreadingTCPServer", "TCPServer"])
def test_what_a_stopped_supervisor_misses_is_counted(server_class: str, tmp_path: Path) -> None:
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        profile = Profile(name="f", server_class=server_class, handler_file=str(HANDLERS), handler_class="Flooded")
        address = port_of(client.request("start", 20, key="f", profile=profile)["address"])
        watched = _flood(address)
        os.kill(client.pid, signal.SIGSTOP)
        try:
            unwatched = _flood(address)
        finally:
            os.kill(client.pid, signal.SIGCONT)
        with CaptureReader(client.capture_path) as reader:
            until(lambda: reader.totals().dropped > 0)
            talk(socket.SOCK_STREAM, address, b"after")
            until(lambda: [request.bytes_in for request in reader.requests(descending=True, limit=1)] == [5])
            emitted, dropped = map(int, talk(socket.SOCK_STREAM, address, b"count")[1].split())
            until(lambda: reader.count(parse("state:running")) + reader.count(parse("state:queued")) == 0)
            client.request("stop", 20, key="f")
            totals = reader.totals()
    assert dropped > 0
    assert totals.dropped == dropped
    assert totals.emitted > emitted
    assert totals.emitted == totals.recorded + totals.dropped
    assert unwatched < watched * 2 + 1.0


CHILDREN = 150
"""They make some fifteen megabytes of facts; about half of one waits until somebody takes it."""


@pytest.mark.parametrize("end", ["orderly", "leave", "kill"])
def test_what_forked_children_could_not_send_is_counted(end: str, tmp_path: Path) -> None:
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        profile = Profile(
            name="f", server_class="ForkingTCPServer", handler_file=str(HANDLERS), handler_class="Ending",
            environment={"MADE": str(tmp_path / "made")},
        )  # fmt: skip
        address = port_of(client.request("start", 20, key="f", profile=profile)["address"])
        os.kill(client.pid, signal.SIGSTOP)
        try:
            for _ in range(CHILDREN):
                assert len(talk(socket.SOCK_STREAM, address, end.encode().ljust(100_000))[1]) == 100_000
        finally:
            os.kill(client.pid, signal.SIGCONT)
        with CaptureReader(client.capture_path) as reader:
            until(lambda: reader.totals().dropped > 0)
            until(lambda: reader.count(parse("state:running")) + reader.count(parse("state:queued")) == 0)
            client.request("stop", 20, key="f")
            totals = reader.totals()
    made = [int(line) for line in (tmp_path / "made").read_text().split()]
    assert len(made) == CHILDREN + 1
    assert totals.emitted == sum(made)
    assert totals.emitted == totals.recorded + totals.dropped
    assert totals.dropped > CHILDREN
