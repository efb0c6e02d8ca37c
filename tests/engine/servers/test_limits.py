"""Limits: of number, of one peer, of time, of slowness; and that they are off unless asked for."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress
from typing import Any

import pytest

import engine
from engine.observe.facts import Outcome
from engine.servers.limits import Limits
from tests.engine.serving import DEADLINE, Echo, Notes, ask, serving


class Lines(engine.StreamRequestHandler):
    """Sends back line after line."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line)


def _connect(server: Any) -> socket.socket:
    client = socket.create_connection(server.server_address)
    client.settimeout(DEADLINE)
    client.sendall(b"up\n")
    return client


def _server(kind: Any = engine.ThreadingTCPServer, **limits: Any) -> Any:
    server = kind(("127.0.0.1", 0), Lines)
    server.limits = Limits(**limits)
    return server


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("max_connections", 0, "max_connections must be None or a whole number from 1 on, not 0"),
        ("max_connections_per_peer", 1.5, "whole number from 1 on, not 1.5"),
        ("overflow", "queue", "overflow must be 'wait' or 'drop', not 'queue'"),
        ("idle_timeout", 0, "idle_timeout must be None or a number of seconds above 0, not 0"),
        ("first_byte_timeout", "1", "not '1'"),
        ("total_timeout", float("inf"), "not inf"),
        ("minimum_rate", -3, "minimum_rate must be None or a number of bytes a second above 0, not -3"),
    ],
)
def test_wrong_values(name: str, value: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Limits(**{name: value})


def test_off_unless_asked_for() -> None:
    with engine.ThreadingTCPServer(("127.0.0.1", 0), Lines) as server:
        threads = threading.active_count()
        assert server.limits == Limits()
        server.limits = Limits(idle_timeout=5)
        assert threading.active_count() == threads + 1
        server.limits = Limits()
        assert "verify_request" not in vars(server)


def test_a_class_may_have_its_own() -> None:
    class Server(engine.ThreadingTCPServer):
        default_limits = Limits(max_connections=3)

    with Server(("127.0.0.1", 0), Echo) as server:
        assert server.limits.max_connections == 3


def test_datagrams_have_no_connections() -> None:
    with engine.UDPServer(("127.0.0.1", 0), Echo) as server, pytest.raises(ValueError, match="takes datagrams"):
        server.limits = Limits(max_connections=1)


@pytest.mark.parametrize("kind", [engine.ThreadingTCPServer, engine.ForkingTCPServer])
@pytest.mark.parametrize("observers", [0, 1])
def test_the_next_waits(observers: int, kind: Any) -> None:
    with serving(_server(kind, max_connections=2), *[Notes()] * observers) as server, ExitStack() as stack:
        first, second, third = clients = [stack.enter_context(_connect(server)) for _ in range(3)]
        assert first.recv(9) == second.recv(9) == b"up\n"
        third.settimeout(0.2)
        with pytest.raises(TimeoutError):
            third.recv(9)
        third.settimeout(DEADLINE)
        first.shutdown(socket.SHUT_WR)
        assert first.recv(9) == b""
        assert third.recv(9) == b"up\n"
        for client in clients[1:]:  # a forked child has copies of these: to close them here would not end them
            client.shutdown(socket.SHUT_WR)


def test_more_may_come_at_once() -> None:
    with serving(_server(max_connections=1)) as server, _connect(server) as first, _connect(server) as second:
        assert first.recv(9) == b"up\n"
        server.limits = Limits(max_connections=2)
        assert second.recv(9) == b"up\n"


def _is_refused(server: Any) -> bool:
    with suppress(ConnectionError), _connect(server) as client:
        return client.recv(9) == b""
    return True


@pytest.mark.parametrize("limits", [{"max_connections": 2, "overflow": "drop"}, {"max_connections_per_peer": 2}])
@pytest.mark.parametrize("observers", [0, 1])
def test_the_next_is_dropped(observers: int, limits: dict[str, Any]) -> None:
    notes = Notes()
    with serving(_server(**limits), *[notes] * observers) as server:
        with _connect(server) as first, _connect(server) as second:
            assert first.recv(9) == second.recv(9) == b"up\n"
            assert _is_refused(server)
            if observers:
                assert notes.wait("request_closed")[0][2] is Outcome.REJECTED
        for _ in range(3):
            with ExitStack() as stack:
                stack.enter_context(socket.create_connection(server.server_address))
    assert server._ss_limiter._counted == {}


TIMES = [{"idle_timeout": 0.1}, {"first_byte_timeout": 0.1}, {"total_timeout": 0.1}]


@pytest.mark.parametrize("observers", [0, 1])
@pytest.mark.parametrize("limits", TIMES)
def test_deadlines(limits: dict[str, float], observers: int) -> None:
    notes = Notes()
    with serving(_server(**limits), *[notes] * observers) as server:
        with socket.create_connection(server.server_address) as client:
            client.settimeout(DEADLINE)
            assert client.recv(1) == b""
        if observers:
            assert notes.wait("request_closed")[0][2] is Outcome.TIMED_OUT
            assert next(iter(limits)) in str(notes.named("failed")[0][3])
        assert ask(server.server_address, b"next\n") == b"next\n"


@pytest.mark.parametrize("kind", [engine.ForkingTCPServer, engine.PreforkTCPServer])
@pytest.mark.parametrize("limits", TIMES)
def test_deadlines_in_child_processes(limits: dict[str, float], kind: Any) -> None:
    with serving(_server(kind, **limits)) as server:
        with socket.create_connection(server.server_address) as client:
            client.settimeout(DEADLINE)
            assert client.recv(1) == b""
        assert ask(server.server_address, b"next\n") == b"next\n"


@pytest.mark.parametrize("kind", [engine.ThreadingTCPServer, engine.ForkingTCPServer, engine.PreforkTCPServer])
def test_who_speaks_is_not_idle(kind: Any) -> None:
    with serving(_server(kind, idle_timeout=0.5, first_byte_timeout=0.3)) as server, _connect(server) as client:
        for _ in range(4):
            assert client.recv(9) == b"up\n"
            assert not threading.Event().wait(0.2)
            client.sendall(b"up\n")


def test_a_trickle_is_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.servers.limits._WINDOW", 0.4)
    with serving(_server(minimum_rate=1000)) as server, _connect(server) as client:
        answers = 0
        with suppress(ConnectionError):
            while client.recv(9):
                answers += 1
                assert answers < 100
                assert not threading.Event().wait(0.05)
                client.sendall(b"up\n")
    assert answers > 1


def test_the_watchdog_ends_with_its_server() -> None:
    with serving(_server(idle_timeout=1)) as server:
        thread = server._ss_limiter.deadlines._thread
        assert thread.is_alive()
    thread.join(DEADLINE)
    assert not thread.is_alive()
