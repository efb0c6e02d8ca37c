"""The thread pool: the same calls in the same order as ThreadingMixIn, on threads that live on."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import engine
from tests.engine.serving import DEADLINE, DatagramEcho, Echo, Notes, ask, serving

ROOT = Path(engine.__file__).parent.parent
HERE = ("127.0.0.1", 0)


class Recorded(engine.ThreadPoolTCPServer):
    """Writes down which step was called in which thread."""

    def __init__(self, *arguments: Any) -> None:
        self.calls: list[tuple[str, str]] = []
        super().__init__(*arguments)

    def note(self, step: str) -> None:
        self.calls.append((step, threading.current_thread().name))

    def process_request(self, request: Any, client_address: Any) -> None:
        self.note("process_request")
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self.note("process_request_thread")
        super().process_request_thread(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.note("finish_request")
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        self.note("handle_error")

    def shutdown_request(self, request: Any) -> None:
        self.note("shutdown_request")
        super().shutdown_request(request)


class Verifying(Recorded):
    """Accepts in the loop."""

    def verify_request(self, request: Any, client_address: Any) -> bool:
        self.note("verify_request")
        return True


class Broken(engine.BaseRequestHandler):
    """Raises what its client asks for."""

    def handle(self) -> None:
        kind = self.request.recv(100).decode()
        if kind == "exit":
            raise SystemExit
        if kind == "error":
            raise ZeroDivisionError
        self.request.sendall(b"fine")


def pool_threads() -> list[threading.Thread]:
    """Workers of any pool."""
    return [
        thread for thread in threading.enumerate() if thread.name.startswith(("ThreadPool", "Recorded", "Verifying"))
    ]


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("server_class", [Recorded, Verifying])
def test_the_order_of_calls(server_class: type[Recorded], watched: bool) -> None:
    with serving(server_class(HERE, Echo), *[Notes()] * watched) as server:
        for line in (b"one\n", b"two\n"):
            assert ask(server.server_address, line) == line
    once = ["process_request", "process_request_thread", "finish_request", "shutdown_request"]
    steps = [step for step, _ in server.calls if step != "verify_request"]
    assert sorted(steps) == sorted(once * 2)
    assert steps[:4] == once
    work = [name for step, name in server.calls if step not in ("verify_request", "process_request")]
    assert {name.rpartition("-")[0] for name in work} == {server_class.__name__}
    if server_class is Verifying:
        assert {name for step, name in server.calls if step == "verify_request"}.isdisjoint(work)


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("server_class", [Recorded, Verifying])
def test_errors_are_handled_in_the_worker(server_class: type[Recorded], watched: bool) -> None:
    with serving(server_class(HERE, Broken), *[Notes()] * watched) as server:
        assert ask(server.server_address, b"error") == b""
        assert ask(server.server_address, b"well") == b"fine"
    steps = [step for step, _ in server.calls]
    assert steps.index("finish_request") < steps.index("handle_error") < steps.index("shutdown_request")
    assert steps.count("handle_error") == 1


@pytest.mark.loud
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("server_class", [Recorded, Verifying])
def test_a_worker_that_dies_is_replaced(
    server_class: type[Recorded], watched: bool, caplog: pytest.LogCaptureFixture
) -> None:
    notes = Notes()
    with serving(server_class(HERE, Broken), *[notes] * watched) as server:
        for _ in range(3):
            assert ask(server.server_address, b"exit") == b""
            assert ask(server.server_address, b"well") == b"fine"
    assert caplog.text.count("SystemExit, and is replaced") == 3
    assert not pool_threads()
    if watched:
        assert len(notes.named("request_closed")) == 6
        assert len(notes.named("worker_started")) == len(notes.named("worker_ended")) >= 4


@pytest.mark.parametrize("watched", [False, True])
def test_unix_streams(watched: bool, tmp_path: Any) -> None:
    path = str(tmp_path / "s")
    with serving(engine.ThreadPoolUnixStreamServer(path, Echo), *[Notes()] * watched):
        for _ in range(5):
            assert ask(path, b"one\n", socket.AF_UNIX) == b"one\n"


@pytest.mark.parametrize("watched", [False, True])
def test_datagrams(watched: bool) -> None:
    with (
        serving(engine.ThreadPoolUDPServer(HERE, DatagramEcho), *[Notes()] * watched) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(DEADLINE)
        for data in (b"ping", b"", b"x" * 5000):
            client.sendto(data, server.server_address)
            assert client.recv(10_000) == data


@pytest.mark.parametrize("watched", [False, True])
def test_unix_datagrams(watched: bool, tmp_path: Any) -> None:
    path, own = str(tmp_path / "s"), str(tmp_path / "c")
    with (
        serving(engine.ThreadPoolUnixDatagramServer(path, DatagramEcho), *[Notes()] * watched),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client,
    ):
        client.bind(own)
        client.settimeout(DEADLINE)
        for _ in range(5):
            client.sendto(b"ping", path)
            assert client.recv(100) == b"ping"


def test_handle_request_serves_one() -> None:
    with engine.ThreadPoolTCPServer(HERE, Echo) as server:
        for _ in range(3):
            with socket.create_connection(server.server_address) as client:
                server.handle_request()
                client.settimeout(DEADLINE)
                client.sendall(b"hi\n")
                assert client.recv(9) == b"hi\n"
    assert not pool_threads()


def test_serving_again() -> None:
    with engine.ThreadPoolTCPServer(HERE, Echo) as server:
        for _ in range(3):
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            assert ask(server.server_address, b"hi\n") == b"hi\n"
            server.shutdown()
            thread.join(DEADLINE)
            assert server.socket.gettimeout() is None
    assert not pool_threads()


def test_an_idle_server_stops_at_once() -> None:
    took = []
    for _ in range(5):
        with engine.ThreadPoolTCPServer(HERE, Echo) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            assert ask(server.server_address, b"hi\n") == b"hi\n"
            began = time.monotonic()
            server.shutdown()
            took.append(time.monotonic() - began)
            thread.join(DEADLINE)
    assert min(took) < 0.1  # and not a poll interval


def test_a_handler_may_stop_its_server() -> None:
    class Last(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.server.shutdown()
            self.request.sendall(b"bye")

    with engine.ThreadPoolTCPServer(HERE, Last) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        assert ask(server.server_address, b"") == b"bye"
        thread.join(DEADLINE)
        assert not thread.is_alive()


@pytest.mark.parametrize("step", ["handle", "service_actions"])
def test_the_server_may_be_closed_from_inside(step: str) -> None:
    class Last(engine.BaseRequestHandler):
        def handle(self) -> None:
            if step == "handle":
                self.server.server_close()
            self.request.sendall(b"bye")

    class Server(engine.ThreadPoolTCPServer):
        served = False

        def service_actions(self) -> None:
            if step == "service_actions" and self.served:
                self.server_close()

        def close_request(self, request: Any) -> None:
            super().close_request(request)
            self.served = True

    server = Server(HERE, Last)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    assert ask(server.server_address, b"") == b"bye"
    thread.join(DEADLINE)
    assert not thread.is_alive()
    server.server_close()


def test_close_waits_for_work_in_flight() -> None:
    release, began, done = threading.Event(), threading.Event(), threading.Event()

    class Slow(engine.BaseRequestHandler):
        def handle(self) -> None:
            began.set()
            release.wait(DEADLINE)
            done.set()

    server = engine.ThreadPoolTCPServer(HERE, Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with socket.create_connection(server.server_address):
        assert began.wait(DEADLINE)
        server.shutdown()
        thread.join(DEADLINE)
        closing = threading.Thread(target=server.server_close)
        closing.start()
        closing.join(0.1)
        assert closing.is_alive()
        release.set()
        closing.join(DEADLINE)
        assert done.is_set()
        assert not closing.is_alive()


def test_daemons_are_not_waited_for() -> None:
    release, began = threading.Event(), threading.Event()

    class Slow(engine.BaseRequestHandler):
        def handle(self) -> None:
            began.set()
            release.wait(DEADLINE)

    class Server(engine.ThreadPoolTCPServer):
        daemon_threads = True

    with serving(Server(HERE, Slow)) as server, socket.create_connection(server.server_address):
        assert began.wait(DEADLINE)
        assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("Server-"))
        server.shutdown()
        server.server_close()
    release.set()


@pytest.mark.parametrize("watched", [False, True])
def test_shutdown_under_load_loses_nobody_who_was_accepted(watched: bool) -> None:
    notes = Notes()
    stop, answers = threading.Event(), []
    server = engine.ThreadPoolTCPServer(HERE, Echo)
    server.request_queue_size = 64
    server.server_activate()

    def knock() -> None:
        while not stop.is_set():
            try:
                answers.append(ask(server.server_address, b"hi\n"))
            except OSError:  # it has gone, or has never accepted us
                return

    with serving(server, *[notes] * watched):
        clients = [threading.Thread(target=knock) for _ in range(8)]
        for client in clients:
            client.start()
        while len(answers) < 200:
            assert clients[0].is_alive()
            clients[0].join(0.01)
    stop.set()
    for client in clients:
        client.join(DEADLINE)
    assert set(answers) <= {b"hi\n", b""}
    assert not pool_threads()
    if watched:
        assert len(notes.named("request_opened")) == len(notes.named("request_closed"))


LEFT = """
import engine, socket, threading
server = engine.ThreadPoolTCPServer(("127.0.0.1", 0), engine.StreamRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
with socket.create_connection(server.server_address) as client:
    client.shutdown(socket.SHUT_WR)
    client.recv(1)
"""


def test_a_program_ends_whose_loop_is_a_daemon() -> None:
    subprocess.run([sys.executable, "-c", LEFT], cwd=ROOT, check=True, timeout=DEADLINE)


def test_suspending() -> None:
    with serving(engine.ThreadPoolTCPServer(HERE, Echo)) as server:
        assert ask(server.server_address, b"1\n") == b"1\n"
        server.suspend()
        with socket.create_connection(server.server_address) as client:
            client.sendall(b"2\n")
            client.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.recv(1)
            server.resume()
            client.settimeout(DEADLINE)
            assert client.recv(2) == b"2\n"
        assert ask(server.server_address, b"3\n") == b"3\n"


def test_draining() -> None:
    began = threading.Event()

    class Slow(engine.StreamRequestHandler):
        def handle(self) -> None:
            began.set()
            self.wfile.write(self.rfile.readline())

    server = engine.ThreadPoolTCPServer(HERE, Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with socket.create_connection(server.server_address) as client:
        assert began.wait(DEADLINE)
        assert server.drain(DEADLINE).clean  # it is idle
        client.settimeout(DEADLINE)
        assert client.recv(1) == b""
    thread.join(DEADLINE)
    assert not pool_threads()


@pytest.mark.loud
def test_what_user_code_lets_through_does_not_end_the_server(caplog: pytest.LogCaptureFixture) -> None:
    class Server(engine.ThreadPoolTCPServer):
        failed = False

        def process_request(self, request: Any, client_address: Any) -> None:
            if not self.failed:
                self.failed = True
                raise ZeroDivisionError
            super().process_request(request, client_address)

        def handle_error(self, request: Any, client_address: Any) -> None:
            raise LookupError("broken as well")

    with serving(Server(HERE, Echo)) as server:
        with socket.create_connection(server.server_address) as client:
            client.settimeout(DEADLINE)
            assert client.recv(1) == b""
        assert ask(server.server_address, b"hi\n") == b"hi\n"
    assert "LookupError" in caplog.text


def test_a_policy_of_stopping_raises_in_the_loop() -> None:
    class Server(engine.ThreadPoolTCPServer):
        on_error = "stop"

        def process_request(self, request: Any, client_address: Any) -> None:
            raise ZeroDivisionError

        def handle_error(self, request: Any, client_address: Any) -> None:
            raise LookupError("broken as well")

    raised: list[LookupError] = []

    def serve() -> None:
        try:
            server.serve_forever()
        except LookupError as error:
            raised.append(error)

    with Server(HERE, Echo) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        with socket.create_connection(server.server_address):
            thread.join(DEADLINE)
        assert raised
        assert not thread.is_alive()
