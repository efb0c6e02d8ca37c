"""Whose doing an exception is, with real peers that stay, close, reset and keep us waiting."""

from __future__ import annotations

import asyncio
import http.client
import queue
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import engine
from engine import Observer, Stage
from engine.observe.causes import Cause, cause_of
from engine.observe.facts import Outcome
from engine.observe.request import Request
from tests.engine.serving import DEADLINE, serving

RESET = struct.pack("ii", 1, 0)


class Journal(Observer):
    """What a handler's exceptions were taken for."""

    def __init__(self) -> None:
        self.causes: queue.Queue[Cause] = queue.Queue()
        self.outcomes: queue.Queue[Outcome | None] = queue.Queue()

    def failed(self, request: Request, stage: Stage, error: BaseException) -> None:
        self.causes.put(request.cause)

    def request_closed(self, request: Request) -> None:
        self.outcomes.put(request.outcome)


def told(handle: Callable[[Any], None], client: Callable[[socket.socket], None]) -> tuple[Cause, Outcome | None]:
    """Serve one client; returns the cause of what the handler raised, and how the request ended."""

    class Handler(engine.StreamRequestHandler):
        def handle(self) -> None:
            handle(self)

    class Server(engine.ThreadingTCPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    journal = Journal()
    with (
        serving(Server(("127.0.0.1", 0), Handler), journal) as server,
        socket.create_connection(server.server_address, DEADLINE) as sock,
    ):
        client(sock)
        return journal.causes.get(timeout=DEADLINE), journal.outcomes.get(timeout=DEADLINE)


def leave(sock: socket.socket) -> None:
    sock.sendall(b"half")
    sock.close()


def cut(sock: socket.socket) -> None:
    assert sock.recv(1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    sock.close()


def stay(sock: socket.socket) -> None:
    assert sock.recv(100)


def reads_after_a_reset(handler: Any) -> None:
    handler.wfile.write(b"x")
    handler.rfile.read(10)


def wants_more(error: Exception) -> Callable[[Any], None]:
    def handle(handler: Any) -> None:
        handler.rfile.read(10)
        raise error

    return handle


def raises(error: BaseException) -> Callable[[Any], None]:
    def handle(handler: Any) -> None:
        handler.wfile.write(b"x")
        raise error

    return handle


def asks_in_vain(handler: Any) -> None:
    handler.wfile.write(b"x")
    handler.connection.settimeout(0.001)
    handler.rfile.read(1)


def asks_another_server(handler: Any) -> None:
    handler.wfile.write(b"x")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        socket.create_connection(taken.getsockname(), DEADLINE)


PEER, BUG, LATE = (Cause.PEER, Outcome.RESET), (Cause.BUG, Outcome.ERROR), (Cause.TIMEOUT, Outcome.TIMED_OUT)


@pytest.mark.parametrize(
    ("handle", "client", "expected"),
    [
        (reads_after_a_reset, cut, PEER),
        (wants_more(EOFError()), leave, PEER),
        (wants_more(asyncio.IncompleteReadError(b"half", 10)), leave, PEER),
        (wants_more(http.client.IncompleteRead(b"half", 10)), leave, PEER),
        (wants_more(ValueError("half")), leave, BUG),
        (raises(EOFError()), stay, BUG),
        (raises(ConnectionResetError()), stay, BUG),
        (raises(ValueError()), stay, BUG),
        (raises(KeyError()), stay, BUG),
        (asks_another_server, stay, BUG),
        (asks_in_vain, stay, LATE),
        (raises(TimeoutError()), stay, LATE),
    ],
)
def test_a_handlers_exception(
    handle: Callable[[Any], None], client: Callable[[socket.socket], None], expected: tuple[Cause, Outcome]
) -> None:
    assert told(handle, client) == expected


@pytest.fixture
def pair() -> Iterator[tuple[Any, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield SimpleNamespace(given=ours, trouble=None), theirs


def test_tls_that_ends_early_is_the_peers(pair: tuple[Any, socket.socket]) -> None:
    request, theirs = pair
    assert cause_of(ssl.SSLEOFError(), request) is Cause.BUG
    theirs.close()
    assert cause_of(ssl.SSLEOFError(), request) is Cause.PEER
    assert cause_of(ssl.SSLError(), request) is Cause.BUG


def test_bytes_that_nobody_read_are_no_end(pair: tuple[Any, socket.socket]) -> None:
    request, theirs = pair
    theirs.sendall(b"more")
    assert cause_of(EOFError(), request) is Cause.BUG
    assert request.given.recv(10) == b"more"


def test_of_a_datagrams_peer_nothing_can_be_seen() -> None:
    request: Any = SimpleNamespace(given=(b"data", None), trouble=None)
    assert cause_of(ConnectionRefusedError(), request) is Cause.PEER
    assert cause_of(ValueError(), request) is Cause.BUG


def test_a_time_out_of_ours_is_not_the_peers_going(pair: tuple[Any, socket.socket]) -> None:
    request, _ = pair
    request.trouble = (Outcome.TIMED_OUT, 3)
    assert cause_of(ConnectionResetError(), request) is Cause.BUG
    request.trouble = (Outcome.RESET, 3)
    assert cause_of(ConnectionResetError(), request) is Cause.PEER


def test_each_cause_has_its_word_and_its_end() -> None:
    assert [cause.word for cause in Cause] == ["bug", "peer", "timeout"]
    assert [cause.outcome for cause in Cause] == [Outcome.ERROR, Outcome.RESET, Outcome.TIMED_OUT]
