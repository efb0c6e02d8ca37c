"""What is asked for is done in each child that a server forks, before it serves."""

from __future__ import annotations

import os
import socket

import pytest

import engine
from engine.observe import newborn


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_a_child_begins_with_the_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    parent, done = os.getpid(), []
    monkeypatch.setattr(newborn, "tasks", [lambda: done.append(os.getpid())])

    class Tells(engine.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"%d" % (done == [os.getpid()] and os.getpid() != parent))

    with (
        engine.ForkingTCPServer(("127.0.0.1", 0), Tells) as server,
        socket.create_connection(server.server_address) as client,
    ):
        server.handle_request()
        assert client.recv(10) == b"1"
    assert done == []
