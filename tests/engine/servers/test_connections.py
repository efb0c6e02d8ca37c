"""Live connections: known while they live, closed or reset from outside."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

import engine
from engine.servers.connections import connections_of, forget_dead
from tests.engine.serving import DEADLINE, Echo, Notes, ask, serving


class Lines(engine.StreamRequestHandler):
    """Sends back line after line, and notes how it ended."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line)


def _connected(server: Any) -> socket.socket:
    client = socket.create_connection(server.server_address)
    client.settimeout(DEADLINE)
    client.sendall(b"up\n")
    assert client.recv(9) == b"up\n"
    return client


def _read_all(client: socket.socket) -> None:
    while client.recv(1 << 20):
        pass


@pytest.mark.parametrize("observers", [0, 1])
def test_connections_are_known_while_they_live(observers: int) -> None:
    plain = engine.ThreadingTCPServer(("127.0.0.1", 0), Lines)
    with serving(plain, *[Notes()] * observers) as server, _connected(server) as first, _connected(server) as second:
        peers = {sock.getpeername() for sock in connections_of(server)}
        assert peers == {first.getsockname(), second.getsockname()}
    assert connections_of(server) == []
    forget_dead(server)
    assert server._ss_open == {}


def test_a_connection_that_user_code_drops_is_not_kept_alive() -> None:
    class Server(engine.TCPServer):
        def process_request(self, request: Any, client_address: Any) -> None:
            request.detach()

    with serving(Server(("127.0.0.1", 0), Echo)) as server, socket.create_connection(server.server_address):
        pass
    assert connections_of(server) == []


@pytest.mark.parametrize("observers", [0, 1])
def test_close_clients(observers: int) -> None:
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Lines), *[Notes()] * observers) as server:
        with _connected(server) as first, _connected(server) as second:
            assert server.close_clients() == 2
            assert first.recv(1) == second.recv(1) == b""
        assert ask(server.server_address, b"still here\n") == b"still here\n"


@pytest.mark.parametrize("observers", [0, 1])
def test_abort_clients(observers: int) -> None:
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Lines), *[Notes()] * observers) as server:
        with _connected(server) as first, _connected(server) as second:
            assert server.abort_clients() == 2
            for client in (first, second):
                with pytest.raises(ConnectionResetError):
                    client.recv(1)
        assert ask(server.server_address, b"still here\n") == b"still here\n"


def test_abort_reaches_a_handler_that_cannot_send_any_more() -> None:
    ended = threading.Event()

    class Flood(engine.BaseRequestHandler):
        def handle(self) -> None:
            try:
                self.request.sendall(bytes(1 << 26))
            except OSError:
                ended.set()

    plain = engine.ThreadingTCPServer(("127.0.0.1", 0), Flood)
    with serving(plain) as server, socket.create_connection(server.server_address) as client:
        client.settimeout(DEADLINE)
        assert client.recv(1)
        server.abort_clients()
        assert ended.wait(DEADLINE)
        with pytest.raises(ConnectionResetError):
            _read_all(client)


def test_abort_leaves_the_descriptor_to_its_worker() -> None:
    release = threading.Event()
    numbers: list[int] = []

    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"x")
            release.wait(DEADLINE)
            numbers.append(self.request.fileno())
            assert self.request.recv(1) == b""

    plain = engine.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    with serving(plain) as server, socket.create_connection(server.server_address) as client:
        client.settimeout(DEADLINE)
        assert client.recv(1) == b"x"
        (sock,) = connections_of(server)
        before = sock.fileno()
        server.abort_clients()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        release.set()
    assert numbers == [before]
