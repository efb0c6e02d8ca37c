"""Stopping: at once, from anywhere, and nothing stale is left for the next time."""

from __future__ import annotations

import errno
import socket
import threading
import time
from typing import Any

import pytest

import engine
from tests.engine.serving import DEADLINE, Echo, Notes, ask, serving


def _serve(server: Any) -> threading.Thread:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    return thread


def _stopped(thread: threading.Thread) -> bool:
    thread.join(DEADLINE)
    return not thread.is_alive()


def test_shutdown_wakes_the_loop() -> None:
    with engine.TCPServer(("127.0.0.1", 0), Echo) as server:
        thread = _serve(server)
        ask(server.server_address, b"up\n")
        started = time.monotonic()
        server.shutdown()
        assert time.monotonic() - started < 0.4  # stdlib's poll interval would be 0.5
        assert _stopped(thread)


def test_the_mangled_name_stops_the_loop() -> None:
    with engine.TCPServer(("127.0.0.1", 0), Echo) as server:
        thread = _serve(server)
        ask(server.server_address, b"up\n")
        server._BaseServer__shutdown_request = True
        assert _stopped(thread)
        assert server._BaseServer__is_shut_down.is_set()


def test_shutdown_from_a_handler_of_a_single_server() -> None:
    class Stop(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.server.shutdown()

    with engine.TCPServer(("127.0.0.1", 0), Stop) as server:
        thread = _serve(server)
        ask(server.server_address, b"")
        assert _stopped(thread)


def test_shutdown_before_serving_stops_the_first_loop() -> None:
    with engine.TCPServer(("127.0.0.1", 0), Echo) as server:
        stopping = threading.Thread(target=server.shutdown)
        stopping.start()
        assert _stopped(_serve(server))
        assert _stopped(stopping)


def test_a_second_shutdown_leaves_nothing_stale() -> None:
    with engine.TCPServer(("127.0.0.1", 0), Echo) as server:
        with_thread = _serve(server)
        ask(server.server_address, b"up\n")
        server.shutdown()
        assert _stopped(with_thread)
        server.shutdown()
        again = _serve(server)
        assert ask(server.server_address, b"again\n") == b"again\n"
        server.shutdown()
        assert _stopped(again)


def test_server_close_while_serving_ends_the_loop() -> None:
    server = engine.ThreadingTCPServer(("127.0.0.1", 0), Echo)
    thread = _serve(server)
    ask(server.server_address, b"up\n")
    server.server_close()
    assert _stopped(thread)


def test_service_actions_keep_their_beat() -> None:
    beats = threading.Semaphore(0)

    class Server(engine.TCPServer):
        def service_actions(self) -> None:
            beats.release()

    with Server(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        for _ in range(3):
            assert beats.acquire(timeout=DEADLINE)
        server.shutdown()
        assert _stopped(thread)


@pytest.mark.parametrize("observers", [0, 1])
def test_a_raising_verify_request_leaks_no_connection(observers: int) -> None:
    class Server(engine.TCPServer):
        def verify_request(self, request: Any, client_address: Any) -> bool:
            raise ValueError("no idea")

    with Server(("127.0.0.1", 0), Echo) as server, socket.create_connection(server.server_address) as client:
        for _ in range(observers):
            server.add_observer(Notes())
        client.settimeout(DEADLINE)
        with pytest.raises(ValueError, match="no idea"):
            server.handle_request()
        assert client.recv(1) == b""


@pytest.mark.parametrize("observers", [0, 1])
def test_a_raising_handle_error_leaks_no_connection(observers: int) -> None:
    class Server(engine.TCPServer):
        def process_request(self, request: Any, client_address: Any) -> None:
            raise ValueError("first")

        def handle_error(self, request: Any, client_address: Any) -> None:
            raise KeyError("second")

    with Server(("127.0.0.1", 0), Echo) as server, socket.create_connection(server.server_address) as client:
        for _ in range(observers):
            server.add_observer(Notes())
        client.settimeout(DEADLINE)
        with pytest.raises(KeyError):
            server.handle_request()
        assert client.recv(1) == b""


def test_a_thread_that_cannot_start(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with engine.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        with socket.create_connection(server.server_address) as client, monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", start)
            server.handle_request()
            client.settimeout(DEADLINE)
            assert client.recv(1) == b""
        assert len(server._threads) == 0  # type: ignore[arg-type]
    assert "can't start new thread" in capsys.readouterr().err


@pytest.mark.loud
def test_no_spinning_without_descriptors(caplog: pytest.LogCaptureFixture) -> None:
    class Server(engine.TCPServer):
        tries = 0

        def get_request(self) -> tuple[Any, Any]:
            Server.tries += 1
            if Server.tries < 4:
                raise OSError(errno.EMFILE, "Too many open files")
            return super().get_request()

    started = time.monotonic()
    with serving(Server(("127.0.0.1", 0), Echo)) as server:
        assert ask(server.server_address, b"at last\n") == b"at last\n"
    assert time.monotonic() - started >= 0.01 + 0.02 + 0.04
    assert [record.message for record in caplog.records] == ["Cannot accept: Too many open files"]
