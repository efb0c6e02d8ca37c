"""Where live connections stand is read from the capture while their server runs."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from engine.capture.filters import parse
from engine.capture.reader import CaptureReader

from .headless import DEADLINE, ROOT, Running, call, port_of, show, until

ECHO = f"{ROOT / 'resources' / 'examples' / 'echo.py'}:EchoHandler"


def test_new_active_idle_and_over(tmp_path: Path) -> None:
    capture = tmp_path / "live.socketscope"
    pool = ("--server", "ThreadPoolTCPServer", "--set", "max_workers=2")
    with Running("serve", ECHO, "--json", *pool, "--record", str(capture), cwd=tmp_path) as running:
        address = port_of(running.item()["address"])
        asks, rests, waits = (socket.create_connection(address, DEADLINE) for _ in range(3))
        with CaptureReader(capture) as reader, asks, rests, waits:
            asks.sendall(b"half a li")
            rests.sendall(b"a line\n")
            assert rests.recv(100) == b"a line\n"

            def standing() -> dict[str, str]:
                live = reader.requests(parse("state:new,active,idle"))
                return {one.peer: one.connection.state.value for one in live if one.connection is not None}

            wanted = {_name(asks): "active", _name(rests): "idle", _name(waits): "new"}
            until(lambda: standing() == wanted)
            (told,) = show(capture, "--where", "state:idle")
            assert told["peer"] == _name(rests)
            assert told["connection"] == {"state": "idle", "since": told["chunks"][-1]["at"]}
            rows = [line.split() for line in call("show", str(capture)).stdout.splitlines() if "127.0.0.1:" in line]
            assert {row[3]: row[-1] for row in rows if row[0].isdigit()} == wanted
            asks.sendall(b"ne\n")
            assert asks.recv(100) == b"half a line\n"
            rests.close()
            until(lambda: standing() == {_name(asks): "idle", _name(waits): "active"})
        assert running.stop() == 0
    assert [one["connection"] for one in show(capture)] == [None] * 3


def _name(client: socket.socket) -> str:
    name: Any = client.getsockname()
    return f"{name[0]}:{name[1]}"
