"""The loop goes on whatever user code raises, leaks nothing, and never spins."""

from __future__ import annotations

import errno
import logging
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import pytest

import engine
from engine.observe.facts import Kind
from engine.observe.recorder import Recorder
from engine.observe.rows import unfold
from tests.engine.serving import DEADLINE, Echo, Notes, ask, serving

pytestmark = pytest.mark.loud

STAGES = ["verify_request", "get_request", "service_actions", "handle_error", "shutdown_request"]


def _broken(stage: str, kind: Any = engine.TCPServer) -> Any:
    """A server whose stage raises once, for the first client."""

    class Handler(Echo):
        def handle(self) -> None:
            if stage == "handle_error" and not server.raised:
                raise ValueError("in handle")
            super().handle()

    times = 2 if stage == "shutdown_request" else 1  # a step that goes wrong is followed by it once more

    def step(self: Any, *arguments: Any) -> Any:
        client_came = stage != "service_actions" or self.came
        if self.raised < times and client_came:
            self.raised += 1
            raise KeyError(f"in {stage}")
        return getattr(kind, stage)(self, *arguments)

    def process_request(self: Any, request: Any, client_address: Any) -> None:
        self.came = True
        kind.process_request(self, request, client_address)

    step.__code__ = step.__code__.replace(co_name=stage)
    members = {"raised": 0, "came": False, stage: step, "process_request": process_request}
    server = type("Server", (kind,), members)(("127.0.0.1", 0), Handler)
    return server


@pytest.mark.parametrize("observers", [0, 1])
@pytest.mark.parametrize("stage", STAGES)
def test_the_loop_survives(stage: str, observers: int, caplog: pytest.LogCaptureFixture) -> None:
    notes = Notes()
    with serving(_broken(stage), *[notes] * observers) as server:
        with socket.create_connection(server.server_address) as client:
            client.settimeout(DEADLINE)
            with suppress(ConnectionError):
                client.sendall(b"one\n")
                while client.recv(9):  # until the server closes the connection
                    pass
        assert ask(server.server_address, b"two\n") == b"two\n"
    assert [r.getMessage() for r in caplog.records] == [f"An exception has left {stage}: KeyError"]
    if observers:
        assert any(isinstance(fact[3], KeyError) for fact in notes.named("failed"))


@pytest.mark.parametrize("stage", STAGES)
def test_the_loop_stops_if_that_is_wanted(stage: str, caplog: pytest.LogCaptureFixture) -> None:
    raised: list[BaseException] = []

    def serve() -> None:
        try:
            server.serve_forever()
        except KeyError as error:
            raised.append(error)

    with _broken(stage) as server:
        server.on_error = "stop"
        thread = threading.Thread(target=serve)
        thread.start()
        with socket.create_connection(server.server_address) as client:
            client.sendall(b"one\n")
            thread.join(DEADLINE)
        assert not thread.is_alive()
    assert len(raised) == 1
    assert len(caplog.records) == 1


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_exits_pass_through(kind: type[BaseException]) -> None:
    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            raise kind

    server = engine.TCPServer(("127.0.0.1", 0), Handler)
    with server, socket.create_connection(server.server_address), pytest.raises(kind):
        server.serve_forever()


@pytest.mark.parametrize("observers", [0, 1])
def test_a_thread_that_cannot_say_goodbye_closes_its_connection(observers: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    kept: list[Any] = []

    class Server(engine.ThreadingTCPServer):
        def shutdown_request(self, request: Any) -> None:
            kept.append(request)
            raise KeyError("in shutdown_request")

    with serving(Server(("127.0.0.1", 0), Echo), *[Notes()] * observers) as server:
        assert ask(server.server_address, b"hi\n") == b"hi\n"


def test_a_stage_that_always_raises_neither_spins_nor_floods(caplog: pytest.LogCaptureFixture) -> None:
    class Server(engine.TCPServer):
        def get_request(self) -> Any:
            raise KeyError("never again")

    with serving(Server(("127.0.0.1", 0), Echo)) as server, socket.create_connection(server.server_address) as client:
        client.settimeout(0.5)
        before = time.process_time()
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert time.process_time() - before < 0.2
    assert 2 <= len(caplog.records) <= 8


@pytest.mark.parametrize("watched", [0, 1, "recorded"])
def test_out_of_descriptors_is_told_once(watched: int | str, caplog: pytest.LogCaptureFixture) -> None:
    class Server(engine.TCPServer):
        tries = 0

        def get_request(self) -> tuple[Any, Any]:
            Server.tries += 1
            if Server.tries < 6:
                raise OSError(errno.EMFILE, "Too many open files")
            return super().get_request()

    notes, shipped = Notes(), list[bytes]()
    recorder = Recorder(lambda records: len(shipped.__iadd__(records)))
    watchers: dict[int | str, list[engine.Observer]] = {0: [], 1: [notes], "recorded": [recorder]}
    with serving(Server(("127.0.0.1", 0), Echo), *watchers[watched]) as server:
        assert ask(server.server_address, b"at last\n") == b"at last\n"
    recorder.close()
    assert [record.message for record in caplog.records] == ["Cannot accept: Too many open files"]
    assert len(notes.named("failed")) == (watched == 1)
    assert sum(row[0] == Kind.FAILED for row in unfold(b"".join(shipped))) == (watched == "recorded")


@pytest.mark.parametrize("how", ["close", "shutdown"])
def test_a_listener_that_goes_behind_our_back_ends_the_loop(how: str, caplog: pytest.LogCaptureFixture) -> None:
    with engine.TCPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        assert server.wait_started(DEADLINE)
        assert ask(server.server_address, b"hi\n") == b"hi\n"
        if how == "close":
            server.suspend()  # what poll has already seen must not count
            server.socket.close()
            server.request_stop()
        else:
            server.socket.shutdown(socket.SHUT_RDWR)
        thread.join(DEADLINE)
        assert not thread.is_alive()
    assert all(record.levelno == logging.WARNING for record in caplog.records)
