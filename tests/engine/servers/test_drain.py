"""An orderly end: what is in flight is finished, what is idle is closed, the rest is reset when time is up."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

import engine
from engine.servers.drain import DrainProgress, DrainReport
from engine.servers.life import ServerState
from tests.engine.serving import DEADLINE, DatagramEcho, Notes


class Lines(engine.StreamRequestHandler):
    """Sends back line after line; the line "wait" only when `release` is set."""

    release: threading.Event
    entered: threading.Event

    def handle(self) -> None:
        for line in self.rfile:
            if line == b"wait\n":
                self.entered.set()
                self.release.wait(DEADLINE)
            self.wfile.write(line)


def _serve(kind: Any, handler: type[Lines] = Lines) -> tuple[Any, threading.Thread]:
    own = type("Own", (handler,), {"release": threading.Event(), "entered": threading.Event()})
    server = kind(("127.0.0.1", 0), own)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    assert server.wait_started(DEADLINE)
    return server, thread


def _client(server: Any, line: bytes = b"up\n") -> socket.socket:
    client = socket.create_connection(server.server_address)
    client.settimeout(DEADLINE)
    client.sendall(line)
    if line != b"wait\n":
        assert client.recv(9) == line
    return client


def _ended(thread: threading.Thread) -> bool:
    thread.join(DEADLINE)
    return not thread.is_alive()


def test_a_server_at_rest_drains_at_once() -> None:
    for serve in (False, True):
        server, thread = _serve(engine.ThreadingTCPServer)
        if not serve:
            server.shutdown()
        report = server.drain(DEADLINE)
        assert (report.finished, report.idle, report.aborted, report.stuck) == (0, 0, 0, ())
        assert report.clean
        assert report.elapsed < 1
        assert server.state is ServerState.CLOSED
        assert _ended(thread)
        assert server.drain(0).elapsed < 1  # once more does no harm


@pytest.mark.parametrize("observers", [0, 1])
def test_idle_ones_are_closed_and_those_in_flight_finish(observers: int) -> None:
    server, thread = _serve(engine.ThreadingTCPServer)
    for _ in range(observers):
        server.add_observer(Notes())
    reports: list[DrainReport] = []
    records: list[DrainProgress] = []
    with _client(server) as idle, _client(server, b"wait\n") as busy:
        handler = server.RequestHandlerClass
        assert handler.entered.wait(DEADLINE)
        draining = threading.Thread(target=lambda: reports.append(server.drain(DEADLINE, records.append)))
        draining.start()
        assert idle.recv(1) == b""
        assert server.state is ServerState.DRAINING
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(server.server_address)
        handler.release.set()
        assert busy.recv(9) == b"wait\n"
        assert busy.recv(9) == b""
        assert _ended(draining)
    assert _ended(thread)
    assert reports[0].finished + reports[0].idle == 2
    assert reports[0].idle >= 1
    assert reports[0].clean
    assert records[0].open == 2
    assert records[-1].open == 0


def test_the_rest_is_reset_when_time_is_up() -> None:
    server, thread = _serve(engine.ThreadingTCPServer)
    with _client(server, b"wait\n") as client:
        handler = server.RequestHandlerClass
        assert handler.entered.wait(DEADLINE)
        report = server.drain(0.05)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        assert report.aborted == 1
        assert len(report.stuck) == 1
        assert not report.clean
        assert server.state is ServerState.CLOSED
        handler.release.set()
    assert _ended(thread)


def test_a_server_without_workers_drains_its_one_idle_client() -> None:
    server, thread = _serve(engine.TCPServer)
    with _client(server) as client:
        report = server.drain(DEADLINE)
        assert client.recv(1) == b""
    assert _ended(thread)
    assert report.idle == 1


def test_queued_clients_are_served() -> None:
    server, thread = _serve(engine.TCPServer)
    answers: list[bytes] = []
    with _client(server, b"wait\n") as first, socket.create_connection(server.server_address) as second:
        second.settimeout(DEADLINE)
        second.sendall(b"queued\n")
        second.shutdown(socket.SHUT_WR)
        assert server.RequestHandlerClass.entered.wait(DEADLINE)
        draining = threading.Thread(target=server.drain, args=(DEADLINE,))
        draining.start()
        server.RequestHandlerClass.release.set()
        assert first.recv(9) == b"wait\n"
        answers.append(second.recv(9))
        assert _ended(draining)
    assert answers == [b"queued\n"]
    assert _ended(thread)


def test_drain_from_a_handler() -> None:
    reports: list[DrainReport] = []

    class Handler(Lines):
        def handle(self) -> None:
            self.wfile.write(self.rfile.readline())
            reports.append(self.server.drain(DEADLINE))

    for kind in (engine.TCPServer, engine.ThreadingTCPServer):
        server, thread = _serve(kind, Handler)
        with _client(server) as client:
            assert client.recv(1) == b""
        assert _ended(thread)
        assert server.state is ServerState.CLOSED
    assert [report.elapsed < 2 for report in reports] == [True, True]


def test_a_forking_server_kills_what_is_left() -> None:
    server, thread = _serve(engine.ForkingTCPServer)
    with _client(server) as client:
        report = server.drain(0)
        with pytest.raises(ConnectionResetError):  # what it got is not the whole
            client.recv(1)
    assert report.aborted == 1
    assert not server.active_children
    assert _ended(thread)


def test_datagrams_in_flight_are_answered() -> None:
    release, entered = threading.Event(), threading.Event()

    class Handler(DatagramEcho):
        def handle(self) -> None:
            entered.set()
            release.wait(DEADLINE)
            super().handle()

    server = engine.ThreadingUDPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    assert server.wait_started(DEADLINE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(DEADLINE)
        client.sendto(b"ping", server.server_address)
        assert entered.wait(DEADLINE)
        draining = threading.Thread(target=server.drain, args=(DEADLINE,))
        draining.start()
        release.set()
        assert client.recv(9) == b"ping"
        assert _ended(draining)
    assert _ended(thread)


@pytest.mark.loud
def test_a_progress_that_raises_is_not_called_again(caplog: pytest.LogCaptureFixture) -> None:
    def progress(_: DrainProgress) -> None:
        raise KeyError("progress")

    server, thread = _serve(engine.ThreadingTCPServer)
    with _client(server):
        assert server.drain(DEADLINE, progress).clean
    assert _ended(thread)
    assert len(caplog.records) == 1


def test_a_drain_without_a_time() -> None:
    with engine.TCPServer(("127.0.0.1", 0), Lines) as server, pytest.raises(ValueError, match="not None"):
        server.drain(None)  # type: ignore[arg-type]  # that is the point
