"""The threads that a threading server remembers: those that live, and for a moment the last that ended."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import engine
from engine.servers.threads import _Threads
from tests.engine.serving import serving

CLIENTS = 30


class Echo(engine.BaseRequestHandler):
    """Sends back one message."""

    def handle(self) -> None:
        self.request.sendall(self.request.recv(100))


def wait_for(condition: Callable[[], bool]) -> bool:
    """Until it is so; False if that took too long."""
    deadline, tick = time.monotonic() + 5, threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        tick.wait(0.005)
    return True


def ask(address: tuple[str, int]) -> None:
    with socket.create_connection(address, 5) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        assert client.recv(1) == b""


def test_threads_that_have_ended_are_forgotten_without_further_requests() -> None:
    with engine.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server, serving(server):
        clients = [threading.Thread(target=ask, args=(server.server_address,)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        ask(server.server_address)
        assert isinstance(server._threads, _Threads)
        threads = server._threads
        assert wait_for(lambda: len(threads) <= 3), len(threads)


def test_close_waits_for_what_a_thread_does_after_its_request() -> None:
    """A thread leaves the list when it has ended, not when it has served."""
    go_on, done = threading.Event(), threading.Event()

    class Server(engine.ThreadingTCPServer):
        def process_request_thread(self, request: socket.socket, client_address: object) -> None:
            super().process_request_thread(request, client_address)
            go_on.wait(5)
            done.set()

    server = Server(("127.0.0.1", 0), Echo)
    with serving(server):
        ask(server.server_address)
        closing = threading.Thread(target=server.server_close)
        closing.start()
        closing.join(0.1)
        assert closing.is_alive()
        go_on.set()
        closing.join(5)
        assert done.is_set()
        assert not closing.is_alive()
