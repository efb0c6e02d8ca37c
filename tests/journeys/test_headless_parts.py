"""A program with several servers: each has its own row, and the CPU that its own workers use."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from engine.capture.reader import CaptureReader
from engine.hosting.client import SupervisorClient
from engine.hosting.profile import Profile

from .headless import DEADLINE, port_of, until

SCRIPT = Path(__file__).with_name("two_servers.py")


def test_a_workers_cpu_is_its_servers(tmp_path: Path) -> None:
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        client.request("start", DEADLINE, key="p", profile=Profile(name="p", kind="script", script=str(SCRIPT)))
        lines: dict[str, dict[str, Any]] = {}

        def look() -> bool:
            lines.update({line["key"]: line for message in client.receive() for line in message.get("servers", ())})
            return {"p/1", "p/2"} <= set(lines)

        until(look)
        program, busy, idle = (lines[key]["id"] for key in ("p", "p/1", "p/2"))
        with (
            socket.create_connection(port_of(lines["p/1"]["address"]), DEADLINE) as one,
            socket.create_connection(port_of(lines["p/2"]["address"]), DEADLINE),
            CaptureReader(client.capture_path) as reader,
        ):
            one.sendall(b"go\n")
            until(lambda: any(sample.server == busy and sample.share > 0.2 for sample in reader.cpu(busy, 0)))
            (worker,) = reader.workers(busy)
            assert {sample.thread for sample in reader.cpu(busy, 0) if sample.server == busy} == {worker.thread}
            until(lambda: any(sample.server == idle for sample in reader.cpu(idle, 0)))
            assert max(sample.share for sample in reader.cpu(idle, 0) if sample.server == idle) < 0.1
            everybodys = {sample.thread for sample in reader.cpu(idle, 0) if sample.server == program}
    assert {0, lines["p"]["pid"]} <= everybodys
    assert worker.thread not in everybodys
