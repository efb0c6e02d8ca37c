"""Clients that wait to be accepted are counted from outside: of ports and paths, of our servers and of programs'."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Any

import pytest

from engine.capture.reader import CaptureReader
from engine.hosting.client import SupervisorClient
from engine.hosting.listeners import Listeners
from engine.hosting.profile import Profile

from .headless import DEADLINE, ROOT, port_of, until

SCRIPT = Path(__file__).with_name("stuck_queues.py")
ECHO = str(ROOT / "resources" / "examples" / "echo.py")


class Ticks:
    """The servers' lines of the latest tick."""

    def __init__(self, client: SupervisorClient) -> None:
        self._client = client
        self._lines: dict[str, dict[str, Any]] = {}

    def line(self, key: str) -> dict[str, Any]:
        for message in self._client.receive():
            if "servers" in message:
                self._lines = {line["key"]: line for line in message["servers"]}
        return self._lines.get(key, {})

    def wait_depth(self, key: str, depth: int) -> dict[str, Any]:
        """Until so many wait; the queue."""
        until(lambda: (self.line(key).get("queue") or {}).get("depth") == depth)
        found: dict[str, Any] = self.line(key)["queue"]
        return found


@pytest.fixture(autouse=True)
def _told(tmp_path: Path) -> None:
    asked = Listeners()
    with socket.socket(socket.AF_UNIX) as probe:
        probe.bind(str(tmp_path / "probe"))
        probe.listen()
        told = asked.at("unix", str(tmp_path / "probe"))
    asked.close()
    if not told:
        pytest.skip("this system does not tell")


def connect(stack: contextlib.ExitStack, address: str | tuple[str, int]) -> socket.socket:
    client = stack.enter_context(socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET))
    client.settimeout(DEADLINE)
    client.connect(address)
    return client


def test_a_programs_servers(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    profile = Profile(name="p", kind="script", script=str(SCRIPT), arguments=(path,))
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client, contextlib.ExitStack() as clients:
        client.request("start", DEADLINE, key="p", profile=profile)
        ticks = Ticks(client)
        until(lambda: bool(ticks.line("p/2")))
        keys = {ticks.line(key)["transport"]: key for key in ("p/1", "p/2")}
        address = ticks.line(keys["tcp"])["address"]
        served = {
            key: connect(clients, where) for key, where in ((keys["tcp"], port_of(address)), (keys["unix"], path))
        }
        for key in served:
            until(lambda key=key: ticks.line(key)["live"] == 1)  # type: ignore[misc]  # mypy knows no defaults here
        for _ in range(3):
            connect(clients, port_of(address))
        for _ in range(6):
            connect(clients, path)
        assert ticks.wait_depth(keys["tcp"], 3)["limit"] == 5
        assert ticks.wait_depth(keys["unix"], 6) == {"depth": 6, "limit": 5, "overflows": None}
        until(lambda: ticks.line(keys["unix"])["warning"] is not None)
        warning = ticks.line(keys["unix"])["warning"]["sentence"]
        assert warning.startswith("The accept queue was full: 6 clients waited, 5 fit.")
        for one in served.values():
            one.close()
        ticks.wait_depth(keys["tcp"], 2)
        ticks.wait_depth(keys["unix"], 5)
        with CaptureReader(client.capture_path) as reader:

            def most(key: str) -> int:
                now = ticks.line(key)["started"] // 10**9
                return max(one.queued for one in reader.load(ticks.line(key)["id"], now, now + 60))

            until(lambda: (most(keys["tcp"]), most(keys["unix"])) == (3, 6))


def test_a_unix_server_of_ours(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    profile = Profile(
        name="ctl", server_class="UnixStreamServer", path=path, handler_file=ECHO, handler_class="EchoHandler"
    )
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client, contextlib.ExitStack() as clients:
        client.request("start", DEADLINE, key="c", profile=profile)
        ticks = Ticks(client)
        assert ticks.wait_depth("c", 0) == {"depth": 0, "limit": 5, "overflows": None}
        served = connect(clients, path)
        until(lambda: ticks.line("c")["live"] == 1)
        for _ in range(4):
            connect(clients, path)
        ticks.wait_depth("c", 4)
        served.close()
        ticks.wait_depth("c", 3)
        client.request("stop", DEADLINE, key="c")
        until(lambda: ticks.line("c")["queue"] is None)
