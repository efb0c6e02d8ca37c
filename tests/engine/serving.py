"""Real servers and clients for the engine's tests, and an observer that writes everything down."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import engine
from engine.observe.facts import Means
from engine.observe.request import Request, Worker

DEADLINE = 10.0
"""Seconds; nothing here takes so long."""


@contextmanager
def serving(server: Any, *observers: engine.Observer) -> Iterator[Any]:
    """Serve in a thread; at the end the server is stopped and closed, its workers have ended."""
    for observer in observers:
        server.add_observer(observer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(DEADLINE)
        server.server_close()
        assert not thread.is_alive()


def ask(address: Any, data: bytes, family: int = socket.AF_INET) -> bytes:
    """Send `data` over a new connection and return all that comes back."""
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(DEADLINE)
        sock.connect(address)
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        with sock.makefile("rb") as file:
            return file.read()


class Echo(engine.StreamRequestHandler):
    """Sends back a line."""

    def handle(self) -> None:
        self.wfile.write(self.rfile.readline())


class DatagramEcho(engine.DatagramRequestHandler):
    """Sends back a datagram."""

    def handle(self) -> None:
        self.wfile.write(self.packet)


class Notes(engine.Observer):
    """Writes down every hook as (name, fact, ...), requests by their object."""

    def __init__(self) -> None:
        self.facts: list[tuple[Any, ...]] = []
        self._changed = threading.Condition()

    def _note(self, *fact: Any) -> None:
        with self._changed:
            self.facts.append(fact)
            self._changed.notify_all()

    def named(self, name: str) -> list[tuple[Any, ...]]:
        """All facts of one hook."""
        return [fact for fact in list(self.facts) if fact[0] == name]

    def wait(self, name: str, count: int = 1) -> list[tuple[Any, ...]]:
        """Wait until a hook has been called `count` times."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.named(name)) >= count, DEADLINE), self.facts
        return self.named(name)

    def stages(self, request: Request | None = None) -> list[engine.Stage]:
        """Stages that have finished, in that order."""
        return [fact[2] for fact in self.named("stage_finished") if request is None or fact[1] is request]

    def data(self, name: str) -> bytes:
        """All bytes that were received, or sent."""
        return b"".join(fact[2] for fact in self.named(name))

    def server_started(self, server: Any) -> None:
        self._note("server_started", server)

    def server_stopped(self, server: Any) -> None:
        self._note("server_stopped", server)

    def request_opened(self, request: Request) -> None:
        self._note("request_opened", request)

    def request_closed(self, request: Request) -> None:
        self._note("request_closed", request, request.outcome)

    def stage_started(self, request: Request, stage: engine.Stage, at: int) -> None:
        self._note("stage_started", request, stage, at)

    def stage_finished(
        self, request: Request, stage: engine.Stage, started: int, ended: int, error: BaseException | None
    ) -> None:
        self._note("stage_finished", request, stage, started, ended, error, request.cpu(stage))

    def received(self, request: Request, data: bytes, at: int) -> None:
        self._note("received", request, data, at)

    def sent(self, request: Request, data: bytes, at: int) -> None:
        self._note("sent", request, data, at)

    def worker_started(self, worker: Worker) -> None:
        self._note("worker_started", worker)

    def worker_ended(self, worker: Worker) -> None:
        self._note("worker_ended", worker)

    def interfered(self, request: Request, means: Means, amount: int, detail: str, at: int) -> None:
        self._note("interfered", request, means, amount, detail)

    def failed(self, request: Request, stage: engine.Stage, error: BaseException) -> None:
        self._note("failed", request, stage, error)
