"""The host's share of gates, by orders over a real channel; children's by a real line."""

from __future__ import annotations

import os
import select
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

import engine
from engine.channel.frames import FrameReader, JsonChannel
from engine.hosting.control import Control
from engine.hosting.holding import Holding
from engine.observe import acting
from tests.engine.serving import Echo, Notes, ask, serving

DEADLINE = 10.0


class Supervisor:
    """The other end of a host's channel."""

    def __init__(self, stack: ExitStack) -> None:
        ours, theirs = socket.socketpair()
        self._beat = os.memfd_create("beat")
        stack.callback(os.close, self._beat)
        os.ftruncate(self._beat, 4096)
        self.channel = JsonChannel(ours)
        self._heard: deque[dict[str, Any]] = deque()
        stack.callback(theirs.close)
        stack.callback(self.channel.close)
        control = Control(theirs, FrameReader())
        self.holding = Holding(control)
        control.start(self._beat, self.holding.look)

    def order(self, name: str, **members: Any) -> None:
        self.channel.send({"order": name, **members})

    def event(self, what: str) -> dict[str, Any]:
        """The next event of this kind."""
        while True:
            while self._heard:
                event = self._heard.popleft()
                if event["event"] == what:
                    return event
            assert select.select([self.channel], [], [], DEADLINE)[0]
            self._heard += self.channel.receive()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        opened.callback(acting.choose, None)
        yield opened


def test_held_told_and_let_go_in_the_end(stack: ExitStack) -> None:
    supervisor = Supervisor(stack)
    supervisor.holding.set([{"number": 3, "point": "received"}, {"number": 4, "point": "sent"}])
    server = stack.enter_context(serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo), Notes()))
    client = stack.enter_context(socket.create_connection(server.server_address, DEADLINE))
    client.sendall(b"hello\n")
    pause = supervisor.event("paused")
    assert (pause["gate"], pause["point"]) == (3, "received")
    supervisor.order("decide", number=pause["number"], deed="continue")
    assert supervisor.event("released")["number"] == pause["number"]
    assert supervisor.event("paused")["gate"] == 4
    supervisor.order("release", stopping=True)
    assert client.recv(100) == b"hello\n"
    supervisor.holding.set([{"number": 5, "point": "received"}])
    assert ask(server.server_address, b"not held\n") == b"not held\n"


@pytest.mark.parametrize("gates", [[], [{"number": 1, "point": "handle"}]])
def test_no_gate_no_actor(stack: ExitStack, gates: list[dict[str, Any]]) -> None:
    supervisor = Supervisor(stack)
    supervisor.holding.set(gates)
    assert (acting.actor is not None) == bool(gates)
