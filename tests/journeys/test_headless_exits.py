"""Processes that end by `os._exit` in the midst of a request: every fact that they made is in the capture."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from engine.capture.filters import parse
from engine.capture.reader import CaptureReader
from engine.hosting.client import SupervisorClient
from engine.hosting.profile import Profile

from .headless import port_of, until

TIMES = 12
HANDLER = (
    "import os, socketserver\n"
    "class Leaving(socketserver.StreamRequestHandler):\n"
    "    def handle(self):\n"
    "        self.wfile.write(self.rfile.readline())\n"
    "        self.wfile.flush()\n"
    "        os._exit(3)\n"
)


@pytest.mark.parametrize("server", ["ForkingTCPServer", "PreforkTCPServer"])
def test_nothing_is_lost(server: str, tmp_path: Path) -> None:
    (tmp_path / "leaving.py").write_text(HANDLER)
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        profile = Profile(
            name="x", server_class=server, handler_file=str(tmp_path / "leaving.py"), handler_class="Leaving"
        )  # fmt: skip
        address = port_of(client.request("start", 20, key="x", profile=profile)["address"])
        for number in range(TIMES):
            with socket.create_connection(address, 20) as sock, sock.makefile("rb") as answers:
                sock.sendall(b"%d\n" % number)
                assert answers.read() == b"%d\n" % number
        with CaptureReader(client.capture_path) as reader:
            until(lambda: reader.count(parse("state:killed")) == TIMES)
            client.request("stop", 20, key="x")
            requests, totals = reader.requests(), reader.totals()
    assert [(one.bytes_in, one.bytes_out) for one in requests] == [(len(f"{n}\n"),) * 2 for n in range(TIMES)]
    assert (totals.dropped, totals.emitted) == (0, totals.recorded)
