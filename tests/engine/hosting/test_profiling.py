"""A profile of a real host, by orders."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.hosting.client import SupervisorClient
from engine.hosting.errors import HostingError
from engine.hosting.profile import Profile
from tests.journeys.headless import DEADLINE, port_of, until

HANDLER = """
import socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline() == b"go\\n":
            self.spin()
            self.wfile.write(b"done\\n")
    def spin(self):
        for number in range(300000):
            number * number
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[SupervisorClient]:
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as made:
        yield made


def test_lines_of_the_handler_with_their_time(client: SupervisorClient, tmp_path: Path) -> None:
    file = tmp_path / "spin.py"
    file.write_text(HANDLER)
    with pytest.raises(HostingError, match="does not run"):
        client.request("sample", DEADLINE, key="k", on=True)
    profile = Profile("spin", handler_file=str(file), handler_class="Handler")
    address = client.request("start", DEADLINE, key="k", profile=profile)["address"]

    def ask(on: bool | None = None) -> dict[str, Any]:
        found: dict[str, Any] = client.request("sample", DEADLINE, key="k", on=on)["sampled"]
        return found

    assert ask(True)["on"]
    with socket.create_connection(port_of(address), DEADLINE) as peer:

        def lines() -> dict[int, tuple[int, int]]:
            peer.sendall(b"go\n")
            assert peer.recv(100) == b"done\n"
            return {line: (spent, cpu) for path, line, spent, cpu in ask()["lines"] if path == str(file)}

        until(lambda: 9 in lines() or 10 in lines())
        until(lambda: 5 in lines())
        found = lines()
    assert found[6][0] >= max(found.get(9, (0, 0))[0], found.get(10, (0, 0))[0]), "who calls has the time of both"
    told = ask(False)
    assert not told["on"]
    looks = ask()["looks"]
    assert ask()["looks"] == looks
    assert told["total"] >= told["cpu"] > 0
