"""Nothing that is private to our classes meets what a subclass calls its own."""

from __future__ import annotations

import ast
import inspect
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import engine

PREFIX = "_ss_"
WILD = {
    "_BaseServer__is_shut_down",
    "_BaseServer__shutdown_request",
    "_abc_impl",
    "_handle_request_noblock",
    "_threads",
}
"""Private names that are socketserver's own, or that public code uses."""
BEYOND = {
    # BaseServer
    *("abort_clients", "add_observer", "close_clients", "default_limits", "drain", "limits", "on_error"),
    *("remove_observer", "request_stop", "resume", "state", "suspend", "suspended", "wait_started"),
    # TCPServer, UDPServer and those on Unix sockets
    *("dual_stack", "from_fd", "from_socket", "from_systemd", "handshake_timeout", "reload_certificate", "ssl_context"),
    *("kernel_drops", "receive_buffer_size", "reply_when_empty", "reply_when_failed"),
    *("peer_credentials", "replace_stale", "socket_mode", "unlink_on_close"),
    # mix-ins
    *("max_workers", "min_workers", "overflow", "queue_limit", "thread_name_prefix", "worker_idle_timeout"),
    *("max_requests", "stop_timeout", "worker_timeout", "workers"),
    *("linger_bytes", "linger_timeout"),
    # Observer
    *("entered_child", "entered_worker", "failed", "forking_worker", "interfered", "leaving_child", "received"),
    *("request_closed", "request_opened", "sent", "server_started", "server_stopped", "stage_finished"),
    *("stage_started", "trusted", "worker_collected", "worker_ended", "worker_started"),
}
"""Public names that socketserver has not."""
SUBCLASSED = [
    one
    for name, one in sorted(vars(engine).items())
    if isinstance(one, type) and not name.startswith("_") and name.endswith(("Server", "MixIn", "Handler", "Observer"))
]


@pytest.mark.parametrize("cls", SUBCLASSED, ids=lambda cls: cls.__name__)
def test_every_attribute_has_a_name_that_is_known_or_ours_alone(cls: type) -> None:
    assert _unexpected(_declared(cls)) == set()


def test_a_private_name_without_the_prefix_is_found() -> None:
    class Careless(engine.TCPServer):
        _open = None

        def server_bind(self) -> None:
            self._place_of_mine = 1
            self.port_of_mine = 2

    names = _members(Careless)
    assert _unexpected(names) == {"_open", "_place_of_mine", "port_of_mine"}


def test_a_serving_instance_has_no_other_names_either() -> None:
    with engine.ThreadPoolTCPServer(("127.0.0.1", 0), engine.StreamRequestHandler) as server:
        server.limits = engine.Limits(max_connections=5)
        server.add_observer(engine.Observer())
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with socket.create_connection(server.server_address) as client:
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""
        assert _unexpected(set(vars(server))) == set()
        server.shutdown()
        thread.join()


def _unexpected(names: set[str]) -> set[str]:
    theirs = set().union(*(_members(getattr(socketserver, name)) for name in socketserver.__all__))
    rest = names - theirs - BEYOND - WILD
    return {name for name in rest if not name.startswith((PREFIX, "__"))}


def _declared(cls: type) -> set[str]:
    bases = [base for base in cls.__mro__ if base.__module__.startswith("engine.")]
    return set().union(*map(_members, bases))


def _members(cls: type) -> set[str]:
    """What a class declares, and what its methods assign to `self`."""
    names = set(vars(cls)) | set(inspect.get_annotations(cls))
    assigned = (node for node in ast.walk(_source_of(cls)) if isinstance(node, ast.Attribute))
    return names | {one.attr for one in assigned if isinstance(one.ctx, ast.Store) and ast.unparse(one.value) == "self"}


def _source_of(cls: type) -> ast.AST:
    tree = ast.parse(inspect.getsource(sys.modules[cls.__module__]))
    return next(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == cls.__name__)


class _Echo(engine.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(self.rfile.readline())


def _subclass_of(base: type[Any]) -> type[Any]:
    """One whose author has called his own what we might have called ours: each private name, without its prefix."""
    private = {name for cls in base.__mro__ for name in _declared(cls) if name.startswith(PREFIX)}
    own: dict[str, object] = {"_" + name.removeprefix(PREFIX): "mine" for name in private}
    own |= {"_loop": "mine", "_stopping": True, "_open": False, "_waiting": None, "_place": "mine", "_thread": 1}
    assert len(own) > 20

    class Mine(base):  # type: ignore[misc]  # any server class
        names_of_mine = own

        def __init__(self, *arguments: Any) -> None:
            self.__dict__.update(own)
            super().__init__(*arguments)
            self.__dict__.update(own)

    for name, value in own.items():
        setattr(Mine, name, value)
    return Mine


@pytest.fixture(
    params=["TCPServer", "ThreadingTCPServer", "ForkingTCPServer", "ThreadPoolTCPServer", "PreforkTCPServer"]
)
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    with _subclass_of(getattr(engine, request.param))(("127.0.0.1", 0), _Echo) as server:
        yield server


_Unknown: Any = engine.ThreadingTCPServer


class _Meaning(_Unknown):  # type: ignore[misc]  # types know what he does not
    """Knows socketserver only, and gives names of ours another meaning."""

    allow_reuse_address = True
    suspended = "never"
    default_limits = "none"
    seen: list[object]

    def __init__(self, *arguments: Any) -> None:
        self.seen = []
        self.state = {"visits": 0}
        super().__init__(*arguments)
        self.limits = ["ten"]

    def on_error(self) -> str:
        return "shrug"

    def request_stop(self) -> None:
        self.shutdown()

    def add_observer(self, observer: object) -> None:
        self.seen.append(observer)

    remove_observer = wait_started = drain = resume = suspend = close_clients = add_observer


@pytest.mark.loud
def test_public_names_of_ours_are_a_subclass_s_to_take() -> None:
    with _Meaning(("127.0.0.1", 0), _Echo) as server:
        engine.watch(server, engine.Observer())
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        assert _echo(server) == b"hello\n"
        assert (server.state, server.limits, server.suspended) == ({"visits": 0}, ["ten"], "never")
        server.request_stop()
        thread.join()
        assert server.seen == []


@pytest.mark.loud
def test_a_drain_uses_nothing_of_a_subclass_s_own() -> None:
    with _Meaning(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        assert engine.BaseServer.wait_started(server, 5)
        assert engine.BaseServer.drain(server, 5).clean
        thread.join()


def test_a_watched_server_of_socketserver_keeps_its_own_add_observer() -> None:
    class Theirs(socketserver.TCPServer):
        def add_observer(self, observer: object) -> str:
            return "own"

    with Theirs(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        assert engine.watch(server, engine.Observer()).add_observer(None) == "own"


@pytest.mark.parametrize("watched", [False, True])
def test_a_subclass_may_call_its_own_what_it_likes(server: Any, watched: bool) -> None:
    if watched:
        server.add_observer(engine.Observer())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for _ in range(3):
        assert _echo(server) == b"hello\n"
    assert {name: vars(server)[name] for name in server.names_of_mine} == server.names_of_mine
    assert server.drain(5).clean
    thread.join()


def _echo(server: Any) -> bytes:
    with socket.create_connection(server.server_address) as client, client.makefile("rb") as answer:
        client.sendall(b"hello\n")
        return answer.read()
