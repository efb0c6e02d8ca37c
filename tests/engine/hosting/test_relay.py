"""A child that holds a request tells the host, and hears from it; with nobody there it goes on."""

from __future__ import annotations

import base64
import os
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from engine.channel.frames import JsonChannel
from engine.debug.pauses import Pause
from engine.hosting.relay import Relay

DEADLINE_MS = 10_000


class Held(Pause):
    """A pause that needs no request to be told of."""

    def to_json(self) -> dict[str, Any]:
        return {"number": self.number}


class Asked:
    """A request, as far as the relay looks at it."""

    def __init__(self, given: socket.socket) -> None:
        self.given = given


@pytest.fixture
def relay() -> Iterator[Relay]:
    made = Relay()
    yield made
    made.close()


@contextmanager
def child(relay: Relay, patience: float | None) -> Iterator[tuple[socket.socket, int]]:
    """A child that holds a request; its exit code is the length of the bytes decided, or 99 if nobody decided."""
    client, given = socket.socketpair()
    pid = os.fork()
    if not pid:
        client.close()
        decision = relay.hold(Held(Asked(given), "handle", "before", 1, patience))  # type: ignore[arg-type]
        os._exit(len(decision.data or b"") if decision.person else 99)
    with client, given:
        yield client, pid


def test_a_descriptor_that_is_no_longer_ours_is_left_alone(relay: Relay) -> None:
    """The user's code has closed it, and has a socket of its own under its number."""
    mine, other = socket.socketpair()
    with mine, other, child_after(relay, lambda: os.dup2(mine.fileno(), relay._children.fileno())) as code:
        assert code == 99
        other.setblocking(False)
        with pytest.raises(BlockingIOError):
            other.recv(100)


@contextmanager
def child_after(relay: Relay, meddle: Callable[[], object]) -> Iterator[int]:
    """The exit code of a child that meddles, and then holds a request."""
    client, given = socket.socketpair()
    pid = os.fork()
    if not pid:
        meddle()
        decision = relay.hold(Held(Asked(given), "handle", "before", 1, None))  # type: ignore[arg-type]
        os._exit(1 if decision.person else 99)
    with client, given:
        yield os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def line_of(relay: Relay) -> JsonChannel:
    assert select.select([relay], [], [], DEADLINE_MS / 1000)[0]
    line = relay.accept()
    assert line is not None
    return line


def events(line: JsonChannel) -> list[dict[str, Any]]:
    assert select.select([line], [], [], DEADLINE_MS / 1000)[0]
    return line.receive()


def code_of(pid: int) -> int:
    descriptor = os.pidfd_open(pid)
    assert select.select([descriptor], [], [], DEADLINE_MS / 1000)[0]
    os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for children by pidfd")


def test_a_decision_reaches_the_child(relay: Relay) -> None:
    with child(relay, None) as (_, pid):
        line = line_of(relay)
        assert events(line)[0]["event"] == "paused"
        line.send({"deed": "continue", "data": base64.b64encode(b"seven b").decode()})
        assert code_of(pid) == 7
        line.close()


def test_without_anybody_it_goes_on(relay: Relay) -> None:
    with child(relay, None) as (_, pid):
        line_of(relay).close()
        assert code_of(pid) == 99
    with child(relay, 0.2) as (_, pid):
        assert code_of(pid) == 99


def test_a_peer_that_leaves_is_told(relay: Relay) -> None:
    with child(relay, None) as (client, pid):
        line = line_of(relay)
        assert events(line)[0]["event"] == "paused"
        client.close()
        assert events(line)[0]["event"] == "peer_gone"
        line.send({"deed": "continue"})
        assert code_of(pid) == 0
        line.close()


def test_nobody_wants_a_line(relay: Relay) -> None:
    assert relay.accept() is None
