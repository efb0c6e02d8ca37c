"""Requests that are ended in their handler's place, as their client sees it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from engine.debug import endings
from engine.observe.facts import Outcome

DEADLINE = 10.0


@pytest.fixture
def pair() -> Iterator[tuple[Any, socket.socket]]:
    """A request, and its client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), DEADLINE)
        accepted, address = listener.accept()
    with client, accepted:
        yield SimpleNamespace(given=accepted, address=address, outcome=None), client


def test_drop(pair: tuple[Any, socket.socket]) -> None:
    request, client = pair
    endings.drop(request)
    assert (client.recv(10), request.outcome) == (b"", Outcome.REJECTED)


def test_reset_leaves_the_handler_a_descriptor(pair: tuple[Any, socket.socket]) -> None:
    request, client = pair
    before = request.given.fileno()
    endings.reset(request)
    with pytest.raises(ConnectionResetError):
        client.recv(10)
    assert (request.given.fileno(), request.given.recv(10), request.outcome) == (before, b"", Outcome.RESET)


def test_answer(pair: tuple[Any, socket.socket]) -> None:
    request, client = pair
    endings.answer(request, b"mine")
    assert (client.recv(10), client.recv(10), request.outcome) == (b"mine", b"", Outcome.DONE)


def test_answer_to_a_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as client:
        for sock in (server, client):
            sock.bind(("127.0.0.1", 0))
        client.settimeout(DEADLINE)
        request: Any = SimpleNamespace(given=(b"q", server), address=client.getsockname(), outcome=None)
        endings.answer(request, b"mine")
        assert client.recv(10) == b"mine"


def test_a_client_that_was_quicker(pair: tuple[Any, socket.socket]) -> None:
    request, client = pair
    request.given.close()
    client.close()
    for end in (endings.drop, endings.reset):
        end(request)
    endings.answer(request, b"late")
    assert request.outcome == Outcome.DONE
