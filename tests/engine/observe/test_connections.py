"""Where connections stand, from accept to close."""

from __future__ import annotations

import queue
import socket

import engine
from engine import Connections, ConnectionState
from engine.observe.request import Request
from tests.engine.serving import DEADLINE, serving

NEW, ACTIVE, IDLE, CLOSED = ConnectionState


class Lines(engine.StreamRequestHandler):
    """Answers each line."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line)


class Told(Connections):
    """Lets a test wait for each change."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: queue.Queue[tuple[ConnectionState | None, ConnectionState]] = queue.Queue()

    def changed(self, request: Request, old: ConnectionState | None, new: ConnectionState) -> None:
        self.changes.put((old, new))

    def next(self) -> tuple[ConnectionState | None, ConnectionState]:
        return self.changes.get(timeout=DEADLINE)


def test_a_connections_whole_way() -> None:
    told = Told()
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Lines), told) as server:
        with socket.create_connection(server.server_address, DEADLINE) as client:
            assert [told.next(), told.next()] == [(None, NEW), (NEW, ACTIVE)]
            for line in (b"one\n", b"two\n"):
                client.sendall(line)
                assert client.recv(100) == line
                if line == b"two\n":
                    assert told.next() == (IDLE, ACTIVE)
                assert told.next() == (ACTIVE, IDLE)
            (one,) = told.snapshot()
            assert (one.state, one.bytes_in, one.bytes_out, one.stage) == (IDLE, 8, 8, engine.Stage.HANDLE)
            assert one.peer == f"127.0.0.1:{client.getsockname()[1]}"
            assert one.local == f"127.0.0.1:{server.server_address[1]}"
            assert one.worker.startswith("Thread-")
            assert one.opened <= one.since
        assert told.next() == (IDLE, CLOSED)
    assert told.snapshot() == []


def test_a_single_threaded_server_lets_others_wait_in_the_kernel() -> None:
    told = Told()
    with (
        serving(engine.TCPServer(("127.0.0.1", 0), Lines), told) as server,
        socket.create_connection(server.server_address, DEADLINE) as first,
    ):
        assert [told.next(), told.next()] == [(None, NEW), (NEW, ACTIVE)]
        with socket.create_connection(server.server_address, DEADLINE):
            first.sendall(b"one\n")
            assert first.recv(100) == b"one\n"
            assert len(told.snapshot()) == 1
        first.shutdown(socket.SHUT_WR)


def test_those_that_are_older_than_it_are_there_from_the_start() -> None:
    told, first = Told(), Told()
    with (
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Lines), first) as server,
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        client.sendall(b"one\n")
        assert client.recv(100) == b"one\n"
        server.add_observer(told)
        assert [told.next(), told.next()] == [(None, NEW), (NEW, ACTIVE)]
        assert len(told.snapshot()) == 1


def test_rejected_is_closed() -> None:
    class Nobody(engine.TCPServer):
        def verify_request(self, request: object, client_address: object) -> bool:
            return False

    told = Told()
    with serving(Nobody(("127.0.0.1", 0), Lines), told) as server:
        with socket.create_connection(server.server_address, DEADLINE) as client:
            assert client.recv(1) == b""
        assert [told.next(), told.next()] == [(None, NEW), (NEW, CLOSED)]
