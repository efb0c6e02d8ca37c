"""Handlers made of rules serve without a host, too; `end` lets go whoever waits with an answer."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

import engine
from engine.channel.frames import FrameReader
from engine.hosting.answering import Answering
from engine.hosting.control import Control
from engine.hosting.profile import Profile
from engine.hosting.rules import RulesError
from tests.engine.serving import DEADLINE, Notes, ask, serving

LATE = {"each": "chunk", "rules": [{"answer": "late", "delay_ms": 600_000}]}


@pytest.fixture
def answering() -> Any:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Answering(Profile("x"), Control(theirs, FrameReader()))


def test_new_rules_are_for_new_requests(answering: Answering) -> None:
    handler = answering.handler({"rules": [{"answer": "old"}]})
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), handler)) as server:
        answering.begin(server)
        with socket.create_connection(server.server_address, DEADLINE) as client:
            client.sendall(b"x\n")
            assert client.recv(100) == b"old"
            answering._change({"rules": {"rules": [{"answer": "new"}]}})
            client.sendall(b"x\n")
            assert client.recv(100) == b"old"
        assert ask(server.server_address, b"x\n") == b"new"


def test_the_end_lets_go_whoever_waits(answering: Answering) -> None:
    notes, answers = Notes(), []
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), answering.handler(LATE)), notes) as server:
        asking = threading.Thread(target=lambda: answers.append(ask(server.server_address, b"x")))
        asking.start()
        notes.wait("received")
        answering.end()
        asking.join(DEADLINE)
    assert answers == [b"late"]


def test_rules_that_make_no_sense(answering: Answering) -> None:
    with pytest.raises(RulesError):
        answering.handler({"rules": []})
