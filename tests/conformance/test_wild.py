"""What programs in the wild do to socketserver's insides, and to its methods, works on ours."""

from __future__ import annotations

import os
import select
import signal
import socket
import socketserver
import threading
from types import ModuleType
from typing import Any

import pytest

import engine
from tests.engine.serving import DEADLINE, Echo, Notes, ask

MODULES = pytest.mark.parametrize("module", [socketserver, engine], ids=["stdlib", "ours"])
"""Each test holds for the standard library's as well: else it would not be about what people rely on."""


def _echo(module: ModuleType) -> Any:
    def handle(self: Any) -> None:
        self.wfile.write(self.rfile.readline())

    return type("Echo", (module.StreamRequestHandler,), {"handle": handle})


def _serve(server: Any) -> threading.Thread:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    return thread


def _ended(thread: threading.Thread) -> bool:
    thread.join(DEADLINE)
    return not thread.is_alive()


@MODULES
@pytest.mark.parametrize("kind", ["TCPServer", "ThreadingTCPServer"])
def test_the_mangled_flag_written_by_a_handler(module: ModuleType, kind: str) -> None:
    def handle(self: Any) -> None:
        self.server._BaseServer__shutdown_request = True

    handler = type("Stop", (module.BaseRequestHandler,), {"handle": handle})
    with getattr(module, kind)(("127.0.0.1", 0), handler) as server:
        thread = _serve(server)
        ask(server.server_address, b"")
        assert _ended(thread)
        assert server._BaseServer__is_shut_down.is_set()


@MODULES
def test_the_mangled_flag_written_by_a_signal_handler(module: ModuleType) -> None:
    with module.TCPServer(("127.0.0.1", 0), _echo(module)) as server:

        def stop(number: int, frame: Any) -> None:
            server._BaseServer__shutdown_request = True

        before = signal.signal(signal.SIGUSR1, stop)
        try:
            timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
            timer.start()
            server.serve_forever(0.01)
            timer.join()
        finally:
            signal.signal(signal.SIGUSR1, before)
        assert not server._BaseServer__shutdown_request


@MODULES
def test_the_event_of_the_mangled_name(module: ModuleType) -> None:
    with module.TCPServer(("127.0.0.1", 0), _echo(module)) as server:
        assert isinstance(server._BaseServer__is_shut_down, threading.Event)
        assert not server._BaseServer__is_shut_down.is_set()
        thread = _serve(server)
        ask(server.server_address, b"up\n")
        assert not server._BaseServer__is_shut_down.is_set()
        server.shutdown()
        assert _ended(thread)
        assert server._BaseServer__is_shut_down.wait(DEADLINE)
        server._BaseServer__is_shut_down.clear()
        assert not server._BaseServer__is_shut_down.is_set()


@MODULES
def test_handle_request_noblock_called_from_a_loop_of_ones_own(module: ModuleType) -> None:
    server = module.TCPServer(("127.0.0.1", 0), _echo(module))
    with server, socket.create_connection(server.server_address) as client:
        client.sendall(b"own loop\n")
        assert select.select([server], [], [], DEADLINE)[0]
        server._handle_request_noblock()
        assert client.recv(99) == b"own loop\n"


@MODULES
@pytest.mark.parametrize("kind", ["TCPServer", "UDPServer"])
def test_handle_request_noblock_overridden(module: ModuleType, kind: str) -> None:
    """The loop calls it once for each request, for datagrams that wait, too."""
    calls: list[str] = []

    class Server(getattr(module, kind)):  # type: ignore[misc]  # a base chosen at run time
        def _handle_request_noblock(self) -> None:
            calls.append("called")
            super()._handle_request_noblock()
            if len(calls) == 3:
                self._BaseServer__shutdown_request = True

    with Server(("127.0.0.1", 0), module.BaseRequestHandler) as server:
        clients = [socket.socket(server.address_family, server.socket_type) for _ in range(3)]
        for client in clients:
            client.connect(server.server_address)
            client.send(b"x")
        thread = _serve(server)
        assert _ended(thread)
        for client in clients:
            client.close()
    assert len(calls) == 3


@MODULES
def test_the_selector_of_the_module(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Selector(module._ServerSelector):  # type: ignore[misc]  # a variable
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    monkeypatch.setattr(module, "_ServerSelector", Selector)
    with module.TCPServer(("127.0.0.1", 0), _echo(module)) as server:
        thread = _serve(server)
        ask(server.server_address, b"up\n")
        server.shutdown()
        assert _ended(thread)
    assert len(made) == 1


@MODULES
def test_the_socket_writer(module: Any) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        writer = module._SocketWriter(ours)
        assert writer.writable()
        assert writer.write(memoryview(b"abcd").cast("H")) == 4
        assert writer.fileno() == ours.fileno()
        assert theirs.recv(9) == b"abcd"


@MODULES
def test_threads_are_counted_and_joined(module: Any) -> None:
    """CPython's own tests look at `len(server._threads)`."""
    with module.ThreadingTCPServer(("127.0.0.1", 0), _echo(module)) as server:
        assert "_threads" not in vars(server)
        for _ in range(20):
            with socket.create_connection(server.server_address) as client:
                client.sendall(b"x\n")
                server.handle_request()
                assert client.recv(9) == b"x\n"
        assert 1 <= len(server._threads) <= 10
    assert len(server._threads) == 0


@MODULES
@pytest.mark.parametrize("watched", [False, True])
def test_a_server_that_connects(module: Any, watched: bool) -> None:
    """As idlelib's: it has no listener; its one request is its own socket, and whoever wants calls `handle_request`."""

    class Connecting(module.TCPServer):  # type: ignore[misc]  # a variable
        def server_bind(self) -> None: ...

        def server_activate(self) -> None:
            self.socket.connect(self.server_address)

        def get_request(self) -> Any:
            return self.socket, self.server_address

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Connecting(listener.getsockname(), _echo(module))
        if watched:
            engine.watch(server, Notes())
        peer, _ = listener.accept()
        with peer, server:
            peer.sendall(b"to whom I called\n")
            server.handle_request()
            peer.settimeout(DEADLINE)
            assert peer.recv(99) == b"to whom I called\n"


@MODULES
def test_a_server_with_a_loop_and_names_of_its_own(module: Any) -> None:
    """As logging.config.listen's: `ready`, `abort`, its own select, and `handle_request`."""

    class Receiver(module.ThreadingTCPServer):  # type: ignore[misc]  # a variable
        allow_reuse_address = True

        def __init__(self, ready: threading.Event) -> None:
            super().__init__(("127.0.0.1", 0), _echo(module))
            self.abort = False
            self.ready = ready
            self.timeout = 1

        def serve_until_stopped(self) -> None:
            self.ready.set()
            while not self.abort:
                readable, _, _ = select.select([self.socket.fileno()], [], [], self.timeout)
                if readable:
                    self.handle_request()
            self.server_close()

    ready = threading.Event()
    server = Receiver(ready)
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    assert ready.wait(DEADLINE)
    server.abort = True
    assert ask(server.server_address, b"configuration\n") == b"configuration\n"
    assert _ended(thread)
    assert server.fileno() == -1


@pytest.mark.parametrize("kind", ["TCPServer", "ThreadingTCPServer", "ForkingTCPServer", "UDPServer"])
def test_names_that_subclasses_like_are_free(kind: str) -> None:
    """A subclass that keeps its own things under such names must not change what we do."""
    free = {"_thread", "_threads_lock", "_queue", "_lock", "_running", "_stop", "_stopped", "_logger", "_pool", "_sock"}
    assert not [name for name in free if hasattr(getattr(engine, kind), name)]


@pytest.mark.parametrize("kind", ["TCPServer", "ThreadingTCPServer"])
def test_a_thread_of_ones_own(kind: str) -> None:
    """As CPython's logging tests have it."""

    class Controlled(getattr(engine, kind)):  # type: ignore[misc]  # a base chosen at run time
        _thread: threading.Thread | None = None

        def start(self) -> None:
            self._thread = thread = threading.Thread(target=self.serve_forever)
            thread.start()

    with Controlled(("127.0.0.1", 0), Echo) as server:
        server.start()
        assert ask(server.server_address, b"mine\n") == b"mine\n"
        server.shutdown()
        assert _ended(server._thread)
