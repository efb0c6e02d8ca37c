"""What observers are told, and that they can do no harm."""

from __future__ import annotations

import os
import queue
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import engine
from engine import Stage
from engine.observe.facts import Outcome
from tests.engine.serving import DEADLINE, DatagramEcho, Echo, Notes, ask, serving

WHOLE = [
    Stage.GET_REQUEST,
    Stage.VERIFY_REQUEST,
    Stage.SETUP,
    Stage.HANDLE,
    Stage.FINISH,
    Stage.FINISH_REQUEST,
    Stage.SHUTDOWN_REQUEST,
    Stage.PROCESS_REQUEST,
]


def test_the_whole_story_of_a_request() -> None:
    notes = Notes()
    with serving(engine.TCPServer(("127.0.0.1", 0), Echo), notes) as server:
        assert ask(server.server_address, b"hello\n") == b"hello\n"
        notes.wait("request_closed")
    request = notes.named("request_opened")[0][1]
    assert notes.stages(request) == WHOLE
    assert notes.data("received") == notes.data("sent") == b"hello\n"
    assert request.outcome is Outcome.DONE
    assert request.transport == "tcp"
    assert request.peer.startswith("127.0.0.1:")
    assert request.local == f"127.0.0.1:{server.server_address[1]}"
    assert request.id >> 32 == os.getpid()
    assert [fact[0] for fact in notes.facts[:2]] == ["server_started", "request_opened"]
    assert notes.facts[-1][0] == "server_stopped"
    assert [fact[2] for fact in notes.named("stage_started")][:3] == [*WHOLE[:2], Stage.PROCESS_REQUEST]


def test_times_are_in_order_and_cpu_within_them() -> None:
    notes = Notes()
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo), notes) as server:
        ask(server.server_address, b"hello\n")
        notes.wait("worker_ended")
    for _, request, _, started, ended, error, cpu in notes.named("stage_finished"):
        assert request.opened <= started <= ended
        assert 0 <= cpu <= ended - started
        assert error is None


def test_threads_are_workers_and_waiting_has_its_stage() -> None:
    notes = Notes()
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo), notes) as server:
        ask(server.server_address, b"hello\n")
        (_, worker), *_ = notes.wait("worker_ended")
    request = notes.named("request_opened")[0][1]
    assert request.worker is worker
    assert (worker.pid, worker.child) == (os.getpid(), False)
    assert worker.thread != threading.get_native_id()
    assert "process_request_thread" in worker.name
    assert Stage.QUEUE in notes.stages(request)


@pytest.mark.parametrize("server_class", [engine.TCPServer, engine.ThreadingTCPServer])
def test_exceptions_are_told_once_with_their_stage(server_class: Any, capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(engine.BaseRequestHandler):
        def handle(self) -> None:
            raise ValueError("in handle")

        def finish(self) -> None:
            raise KeyError("in finish")

    notes = Notes()
    with serving(server_class(("127.0.0.1", 0), Broken), notes) as server:
        ask(server.server_address, b"")
        notes.wait("request_closed")
    told = [(stage, type(error)) for _, _, stage, error in notes.named("failed")]
    assert told == [(Stage.HANDLE, ValueError), (Stage.FINISH, KeyError)]
    assert notes.named("request_closed")[0][2] is Outcome.ERROR
    assert Stage.HANDLE_ERROR in notes.stages()
    assert "in finish" in capsys.readouterr().err


def test_rejected() -> None:
    class Server(engine.TCPServer):
        def verify_request(self, request: Any, client_address: Any) -> bool:
            return False

    notes = Notes()
    with serving(Server(("127.0.0.1", 0), Echo), notes) as server:
        ask(server.server_address, b"")
        notes.wait("request_closed")
    assert notes.named("request_closed")[0][2] is Outcome.REJECTED
    assert notes.stages() == [Stage.GET_REQUEST, Stage.VERIFY_REQUEST, Stage.SHUTDOWN_REQUEST]


def test_timed_out_even_if_the_handler_swallows_it() -> None:
    class Patient(engine.StreamRequestHandler):
        timeout = 0.01

        def handle(self) -> None:
            try:
                self.rfile.readline()
            except TimeoutError:
                return

    notes = Notes()
    with (
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Patient), notes) as server,
        socket.create_connection(server.server_address),
    ):
        notes.wait("request_closed")
    assert notes.named("request_closed")[0][2] is Outcome.TIMED_OUT


def test_overriding_without_super_is_still_seen() -> None:
    class Server(engine.ThreadingTCPServer):
        def finish_request(self, request: Any, client_address: Any) -> None:
            Echo(request, client_address, self)

        def shutdown_request(self, request: Any) -> None:
            request.close()

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            self.finish_request(request, client_address)
            self.shutdown_request(request)

    notes = Notes()
    with serving(Server(("127.0.0.1", 0), Echo), notes) as server:
        assert ask(server.server_address, b"x\n") == b"x\n"
        notes.wait("worker_ended")
    assert len(notes.named("request_closed")) == 1
    assert notes.data("sent") == b"x\n"


def test_a_pool_of_the_user() -> None:
    class Server(engine.TCPServer):
        pool: ThreadPoolExecutor

        def process_request(self, request: Any, client_address: Any) -> None:
            self.pool.submit(self._serve, request, client_address)

        def _serve(self, request: Any, client_address: Any) -> None:
            self.finish_request(request, client_address)
            self.shutdown_request(request)

    notes = Notes()
    server = Server(("127.0.0.1", 0), Echo)
    with ThreadPoolExecutor(1, thread_name_prefix="pool") as server.pool, serving(server, notes):
        for _ in range(2):
            assert ask(server.server_address, b"x\n") == b"x\n"
        notes.wait("request_closed", 2)
    request = notes.named("request_opened")[0][1]
    assert Stage.HANDLE in notes.stages(request)
    assert Stage.QUEUE in notes.stages(request)
    assert request.worker.name.startswith("pool")
    assert len(notes.named("worker_started")) == 1


def test_user_code_that_only_closes_the_socket() -> None:
    class Server(engine.TCPServer):
        def process_request(self, request: Any, client_address: Any) -> None:
            taken.put(request)

    taken: queue.Queue[Any] = queue.Queue()
    notes = Notes()
    with (
        serving(Server(("127.0.0.1", 0), Echo), notes) as server,
        socket.create_connection(server.server_address) as client,
    ):
        connection = taken.get(timeout=DEADLINE)
        connection.sendall(b"bye")
        connection.close()
        assert client.recv(9) == b"bye"
        notes.wait("request_closed")
    assert notes.data("sent") == b"bye"


def test_datagrams() -> None:
    notes = Notes()
    with (
        serving(engine.ThreadingUDPServer(("127.0.0.1", 0), DatagramEcho), notes) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(DEADLINE)
        client.bind(("127.0.0.1", 0))
        client.sendto(b"ping", server.server_address)
        assert client.recv(9) == b"ping"
        notes.wait("request_closed")
        peer = "{}:{}".format(*client.getsockname())
    request = notes.named("request_opened")[0][1]
    assert (request.transport, request.peer) == ("udp", peer)
    assert notes.data("received") == notes.data("sent") == b"ping"
    assert notes.named("sent")[0][1] is request


def test_added_and_removed_while_serving() -> None:
    started, release = threading.Event(), threading.Event()

    class Waiting(engine.BaseRequestHandler):
        def handle(self) -> None:
            started.set()
            release.wait(DEADLINE)
            self.request.sendall(b"x")

    first, second = Notes(), Notes()
    with (
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Waiting), first) as server,
        socket.create_connection(server.server_address) as client,
    ):
        client.settimeout(DEADLINE)
        assert started.wait(DEADLINE)
        server.add_observer(second)
        server.remove_observer(first)
        release.set()
        assert client.recv(1) == b"x"
        second.wait("request_closed")
    assert [fact[0] for fact in second.facts[:2]] == ["server_started", "request_opened"]
    assert second.data("sent") == b"x"
    assert not first.named("request_closed")


@pytest.mark.loud
def test_one_that_raises_is_removed_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    class Bad(engine.Observer):
        def received(self, request: Any, data: bytes, at: int) -> None:
            raise RuntimeError("bad observer")

    notes, bad = Notes(), Bad()
    with serving(engine.TCPServer(("127.0.0.1", 0), Echo), bad, notes) as server:
        for _ in range(2):
            assert ask(server.server_address, b"hello\n") == b"hello\n"
        notes.wait("request_closed", 2)
        hooks = server._ss_place.hooks
        assert hooks.lost == 1
        assert hooks.observers == (notes,)
    assert len(caplog.records) == 1
    assert notes.data("received") == b"hello\n" * 2


def test_unused_hooks_have_empty_slots() -> None:
    class Few(engine.Observer):
        def request_closed(self, request: Any) -> None: ...

    with engine.TCPServer(("127.0.0.1", 0), Echo) as server:
        server.add_observer(Few())
        assert server._ss_place is not None
        hooks = server._ss_place.hooks
        assert hooks.request_closed is not None
        assert (hooks.received, hooks.stage_finished, hooks.stage_started) == (None, None, None)


def test_the_server_itself_fails(caplog: pytest.LogCaptureFixture) -> None:
    class Server(engine.TCPServer):
        on_error = "stop"

        def service_actions(self) -> None:
            raise ValueError("no service")

    notes = Notes()
    with Server(("127.0.0.1", 0), Echo) as server:
        server.add_observer(notes)
        with pytest.raises(ValueError, match="no service"):
            server.serve_forever(0.001)
    (_, request, stage, _), *rest = notes.named("failed")
    assert (request.id, stage, rest) == (0, Stage.SERVICE_ACTIONS, [])
    assert [record.getMessage() for record in caplog.records] == ["An exception has left service_actions: ValueError"]
    caplog.clear()
