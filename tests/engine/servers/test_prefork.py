"""Pre-forked workers: each serves one at a time, the dead are replaced, and none is left behind."""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.observe.blackbox import BlackBox
from engine.observe.facts import Kind, Outcome
from engine.observe.recorder import Recorder
from engine.observe.rows import Row, unfold
from tests.engine.serving import DEADLINE, DatagramEcho, Echo, Notes, ask, serving

ROOT = Path(engine.__file__).parent.parent


class Who(engine.StreamRequestHandler):
    """Tells the process that serves, or does what it is told."""

    def handle(self) -> None:
        word = self.rfile.readline().strip()
        self.wfile.write(b"%d\n" % os.getpid())
        if word == b"hold":
            self.rfile.readline()
            self.wfile.write(b"done\n")
        elif word == b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        elif word == b"exit":
            os._exit(0)
        elif word == b"stop":
            self.server.shutdown()


class Two(engine.PreforkTCPServer):
    """Two workers."""

    workers = 2
    request_queue_size = 64


class One(engine.PreforkTCPServer):
    """One worker."""

    workers = 1
    request_queue_size = 64


def who(address: Any, word: bytes = b"") -> int:
    """The worker that answers, 0 if none did."""
    with suppress(ConnectionError):
        return int(ask(address, word + b"\n") or 0)
    return 0


def hold(address: Any) -> tuple[socket.socket, int]:
    """A connection that is in `handle`, and its worker."""
    client = socket.create_connection(address, DEADLINE)
    client.sendall(b"hold\n")
    return client, int(client.recv(20))


def release(client: socket.socket) -> bytes:
    """Let a held handler finish; returns what it says."""
    with client:
        client.sendall(b"\n")
        return client.recv(20)


def await_end(pid: int) -> None:
    """Wait until a process is gone."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([descriptor], [], [], DEADLINE)[0]
    finally:
        os.close(descriptor)


def descriptors() -> int:
    """How many this process has open."""
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("watched", [False, True])
def test_streams(watched: bool) -> None:
    with serving(Two(("127.0.0.1", 0), Echo), *[Notes()] * watched) as server:
        for line in (b"one\n", b"two\n", b"three\n"):
            assert ask(server.server_address, line) == line


@pytest.mark.parametrize("watched", [False, True])
def test_unix_streams(watched: bool, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with serving(engine.PreforkUnixStreamServer(path, Echo), *[Notes()] * watched):
        assert ask(path, b"one\n", socket.AF_UNIX) == b"one\n"


@pytest.mark.parametrize("watched", [False, True])
def test_datagrams(watched: bool) -> None:
    with (
        serving(engine.PreforkUDPServer(("127.0.0.1", 0), DatagramEcho), *[Notes()] * watched) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(DEADLINE)
        for number in range(50):
            client.sendto(b"%d" % number, server.server_address)
            assert client.recv(100) == b"%d" % number
    assert server.socket.fileno() < 0


def test_unix_datagrams(tmp_path: Path) -> None:
    path, own = str(tmp_path / "s"), str(tmp_path / "c")
    with (
        serving(engine.PreforkUnixDatagramServer(path, DatagramEcho)),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(DEADLINE)
        client.bind(own)
        client.sendto(b"ping", path)
        assert client.recv(100) == b"ping"


def test_workers_serve_beside_each_other() -> None:
    with serving(Two(("127.0.0.1", 0), Who)) as server:
        first, one = hold(server.server_address)
        second, other = hold(server.server_address)
        assert {one, other} == server.active_children
        assert os.getpid() not in (one, other)
        assert release(first) == release(second) == b"done\n"


def test_a_late_worker_does_not_hang() -> None:
    """Both wake for each client, and one gets it: the other must hear of the stop all the same."""
    with serving(Two(("127.0.0.1", 0), Who)) as server:
        for _ in range(50):
            assert who(server.server_address) in server.active_children
        started = time.monotonic()
        server.shutdown()
        assert time.monotonic() - started < 1.0


def test_stop_finishes_what_is_in_flight() -> None:
    server = Two(("127.0.0.1", 0), Who)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    client, worker = hold(server.server_address)
    (idle,) = [pid for pid in server.active_children if pid != worker]
    server.request_stop()
    await_end(idle)
    assert thread.is_alive()
    assert release(client) == b"done\n"
    thread.join(DEADLINE)
    assert not thread.is_alive()
    server.server_close()


@pytest.mark.loud
def test_stop_cuts_off_what_takes_too_long() -> None:
    class Server(One):
        stop_timeout = 0.1

    with serving(Server(("127.0.0.1", 0), Who)) as server:
        client, worker = hold(server.server_address)
        server.shutdown()
        assert not os.path.exists(f"/proc/{worker}")
        with client, suppress(ConnectionError):
            assert client.recv(20) == b""


def test_a_drain_waits_for_what_is_in_flight() -> None:
    server = Two(("127.0.0.1", 0), Who)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    client, _ = hold(server.server_address)
    releasing = threading.Timer(0.1, release, [client])
    releasing.start()
    report = server.drain(DEADLINE)
    releasing.join(DEADLINE)
    thread.join(DEADLINE)
    assert report.clean
    assert server.socket.fileno() < 0


@pytest.mark.loud
def test_a_drain_ends_in_time() -> None:
    server = Two(("127.0.0.1", 0), Who)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    client, worker = hold(server.server_address)
    report = server.drain(0)
    thread.join(DEADLINE)
    assert report.aborted >= 1  # the connection; and the worker without one, if it has not left before
    assert not os.path.exists(f"/proc/{worker}")
    client.close()


@pytest.mark.loud
@pytest.mark.parametrize("word", [b"die", b"exit"])
def test_a_dead_worker_is_replaced(word: bytes, caplog: pytest.LogCaptureFixture) -> None:
    notes = Notes()
    with serving(One(("127.0.0.1", 0), Who), notes) as server:
        dead = who(server.server_address) and who(server.server_address, word)
        notes.wait("worker_started", 2)
        again = who(server.server_address)
        assert again not in (0, dead)
    ended = [fact[1] for fact in notes.wait("worker_ended", 2)]
    assert [one.pid for one in ended] == [dead, again]
    assert os.waitstatus_to_exitcode(ended[0].status) == (-9 if word == b"die" else 0)
    assert ended[1].status == 0
    assert ended[1].cpu_total > 0
    assert ended[1].peak_memory > 1 << 20
    assert f"Worker {dead} " in caplog.text


@pytest.mark.loud
def test_workers_that_die_at_once_are_no_fork_bomb(caplog: pytest.LogCaptureFixture) -> None:
    class Server(One):
        births = 0

        def _accept_failed(self, error: OSError) -> None: ...

    notes = Notes()
    server = Server(("127.0.0.1", 0), Who)
    server.add_observer(notes)
    started = threading.Event()
    stop_in_child = os.getpid()
    server.fileno = lambda: 1 // (os.getpid() == stop_in_child) * server.socket.fileno()  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    begun = time.monotonic()
    assert not started.is_set()
    notes.wait("worker_ended", 4)
    assert time.monotonic() - begun > 0.05 + 0.1 + 0.2
    assert "in 0.2 s" in caplog.text
    server.shutdown()
    thread.join(DEADLINE)
    server.server_close()


def test_max_requests() -> None:
    class Server(One):
        max_requests = 3

    with serving(Server(("127.0.0.1", 0), Who)) as server:
        workers = [who(server.server_address) for _ in range(9)]
        assert 0 not in workers
        assert [workers.count(pid) for pid in dict.fromkeys(workers)] == [3, 3, 3]


def test_no_connection_is_lost_when_workers_are_replaced() -> None:
    class Server(Two):
        max_requests = 2

    with serving(Server(("127.0.0.1", 0), Who)) as server:
        answers: list[int] = []

        def client() -> None:
            answers.extend(who(server.server_address) for _ in range(20))

        threads = [threading.Thread(target=client) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
        assert len(answers) == 80
        assert 0 not in answers


@pytest.mark.loud
def test_a_stuck_worker_is_killed(caplog: pytest.LogCaptureFixture) -> None:
    class Server(One):
        worker_timeout = 0.3

    with serving(Server(("127.0.0.1", 0), Who)) as server:
        client, stuck = hold(server.server_address)
        with client:
            assert who(server.server_address) not in (0, stuck)
    assert f"Worker {stuck} has been at one request for more than 0.3 s" in caplog.text


def test_a_handler_stops_the_whole_server() -> None:
    server = Two(("127.0.0.1", 0), Who)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    assert who(server.server_address, b"stop")
    thread.join(DEADLINE)
    assert not thread.is_alive()
    server.server_close()


def test_it_can_serve_again() -> None:
    with Two(("127.0.0.1", 0), Who) as server:
        for _ in range(2):
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            assert who(server.server_address)
            server.shutdown()
            thread.join(DEADLINE)
        assert server.active_children == set()
        assert server.socket.gettimeout() is None


def test_one_request_in_this_process() -> None:
    with Two(("127.0.0.1", 0), Who) as server, socket.create_connection(server.server_address) as client:
        client.sendall(b"\n")
        server.handle_request()
        assert int(client.recv(20)) == os.getpid()


def test_actions_run_in_the_parent() -> None:
    class Server(Two):
        turns: list[int] = []
        turned = threading.Event()

        def service_actions(self) -> None:
            self.turns.append(os.getpid())
            if len(self.turns) > 3:
                self.turned.set()

    server = Server(("127.0.0.1", 0), Who)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    assert who(server.server_address)
    assert server.turned.wait(DEADLINE)
    server.shutdown()
    thread.join(DEADLINE)
    server.server_close()
    assert set(server.turns) == {os.getpid()}


def test_suspend_and_resume() -> None:
    with serving(Two(("127.0.0.1", 0), Who)) as server:
        assert who(server.server_address)
        pids = server.active_children
        server.suspend()
        for pid in pids:
            await_end(pid)
        with socket.create_connection(server.server_address, DEADLINE) as client:
            client.sendall(b"\n")
            client.settimeout(0.1)
            with pytest.raises(TimeoutError):
                client.recv(20)
            server.resume()
            client.settimeout(DEADLINE)
            assert int(client.recv(20)) not in (0, *pids)


def test_nothing_is_left() -> None:
    before = descriptors()
    with serving(Two(("127.0.0.1", 0), Who)) as server:
        assert who(server.server_address)
        pids = server.active_children
    assert descriptors() == before
    assert not [pid for pid in pids if os.path.exists(f"/proc/{pid}")]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("workers", 0, "workers must be a whole number from 1 to 1,024, not 0"),
        ("workers", 2.0, "workers must be a whole number"),
        ("workers", True, "workers must be a whole number"),
        ("max_requests", 0, "max_requests must be a whole number from 1 to"),
        ("worker_timeout", -1, "worker_timeout must be more than 0"),
        ("stop_timeout", "1", "stop_timeout must be more than 0"),
    ],
)
def test_wrong_settings(name: str, value: object, words: str) -> None:
    kind = type("Server", (engine.PreforkTCPServer,), {name: value})
    with pytest.raises(ValueError, match=words):
        kind(("127.0.0.1", 0), Who)


# Watched


def test_all_facts_come_from_the_worker() -> None:
    """They are noted in the worker's memory; an observer that is to tell the parent has to send them."""
    reader, writer = os.pipe()

    class Sending(Notes):
        def stage_finished(self, request: Any, stage: Any, *rest: Any) -> None:
            os.write(writer, f"{stage.name} {os.getpid()} {request.id >> 32} {request.acceptor.child}\n".encode())

    notes = Sending()
    with serving(One(("127.0.0.1", 0), Who), notes) as server:
        worker = who(server.server_address)
    os.close(writer)
    with open(reader) as file:
        lines = [line.split() for line in file if "SERVICE_ACTIONS" not in line]
    stages = ["GET_REQUEST", "VERIFY_REQUEST", "SETUP", "HANDLE", "FINISH", "FINISH_REQUEST", "SHUTDOWN_REQUEST"]
    assert [line[0] for line in lines] == [*stages, "PROCESS_REQUEST"]
    assert {tuple(line[1:]) for line in lines} == {(str(worker), str(worker), "True")}
    (fact,) = notes.named("worker_started")
    assert (fact[1].pid, fact[1].thread, fact[1].child) == (worker, worker, True)


def test_an_observer_that_comes_later_hears_of_new_workers() -> None:
    reader, writer = os.pipe()
    got = threading.Event()

    class Late(Notes):
        def request_opened(self, request: Any) -> None:
            os.write(writer, b"x")

    with serving(One(("127.0.0.1", 0), Who)) as server:
        first = who(server.server_address)
        server.add_observer(late := Late())
        await_end(first)
        assert who(server.server_address) not in (0, first)
        assert select.select([reader], [], [], DEADLINE)[0]
        assert not got.is_set()
        assert [fact[1].pid for fact in late.named("worker_started")][-1] != first
    os.close(reader)
    os.close(writer)


class Rows(list[Row]):
    """The rows that this process ships about its server."""

    server: Any


@contextmanager
def recorded(server: Any) -> Iterator[Rows]:
    """Serve with a recorder and its black box."""
    rows = Rows()
    rows.server = server

    def send(records: list[bytes]) -> int:
        taken = unfold(b"".join(records))
        rows.extend(taken)
        return len(taken)

    recorder = Recorder(send, black_box=BlackBox(BlackBox.create()))
    with serving(server, recorder):
        yield rows
    recorder.close()


def test_the_parent_records_its_workers() -> None:
    server = One(("127.0.0.1", 0), Who)
    with recorded(server) as rows:
        worker = who(server.server_address)
    workers = [row for row in rows if row[0] in (Kind.WORKER_STARTED, Kind.WORKER_ENDED)]
    assert [(row[0], row[3], row[6]) for row in workers] == [
        (Kind.WORKER_STARTED, worker, worker),
        (Kind.WORKER_ENDED, worker, 0),
    ]
    assert workers[1][5] > 0
    assert int(workers[1][7]) > 1 << 20
    assert not [row for row in rows if row[0] == Kind.REQUEST_OPENED]


@pytest.mark.loud
def test_a_request_that_dies_with_its_worker_is_told_by_the_parent() -> None:
    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            if self.request.recv(20) == b"last words":
                os.kill(os.getpid(), signal.SIGKILL)
            self.request.sendall(b"%d" % os.getpid())

    with recorded(One(("127.0.0.1", 0), Handler)) as rows:
        server = rows.server
        dead = int(ask(server.server_address, b"fine"))
        with suppress(ConnectionError):
            assert ask(server.server_address, b"last words") == b""
        again = int(ask(server.server_address, b"fine"))
    told = [row for row in rows if row[0] not in (Kind.SERVER_STARTED, Kind.SERVER_STOPPED, Kind.STAGE)]
    worker_ended = [row for row in told if row[0] == Kind.WORKER_ENDED]
    assert [(row[3], row[6]) for row in worker_ended] == [(dead, signal.SIGKILL), (again, 0)]
    opened, received, failed, closed = [row for row in told if row[1]]
    assert {row[1] for row in (opened, received, failed, closed)} == {(dead << 32) + 2}
    assert (opened[0], *opened[2:4]) == (Kind.REQUEST_OPENED, *worker_ended[0][2:4])
    assert opened[7].endswith(f"\x00127.0.0.1:{server.server_address[1]}".encode())
    assert (received[0], received[6], received[7]) == (Kind.RECEIVED, 10, b"last words")
    assert (failed[0], failed[2]) == (Kind.FAILED, engine.Stage.HANDLE)
    assert b"killed by SIGKILL" in failed[7]
    assert (closed[0], closed[2]) == (Kind.REQUEST_CLOSED, Outcome.KILLED)


# The parent's end

PARENT = """
import engine, os, sys
class Handler(engine.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"%d\\n" % os.getpid())
        self.rfile.readline()
        self.wfile.write(b"done\\n")
class Server(engine.PreforkTCPServer):
    workers = 2
    stop_timeout = 0.5
with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
"""


@contextmanager
def program() -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
    """A program with two workers, and its address."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield process, ("127.0.0.1", int(process.stdout.readline()))
        finally:
            process.kill()


def start(address: Any) -> tuple[socket.socket, int]:
    """A connection in the program's `handle`, and its worker."""
    client = socket.create_connection(address, DEADLINE)
    return client, int(client.recv(20))


def test_workers_end_with_their_parent() -> None:
    with program() as (process, address):
        busy, worker = start(address)
        other, second = start(address)
        assert release(other) == b"done\n"  # idle again
        process.kill()
        await_end(second)
        assert release(busy) == b"done\n"
        await_end(worker)


def test_a_worker_that_is_stuck_ends_soon_after_its_parent() -> None:
    with program() as (process, address):
        busy, worker = start(address)
        process.kill()
        await_end(worker)
        busy.close()


def test_interrupted_at_a_terminal() -> None:
    with program() as (process, address):
        busy, worker = start(address)
        os.kill(worker, signal.SIGINT)
        process.send_signal(signal.SIGINT)
        assert release(busy) == b"done\n"
        assert process.wait(DEADLINE) != 0
        await_end(worker)


def test_a_worker_that_is_told_to_end_finishes_first(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with serving(One(("127.0.0.1", 0), Who)) as server:
        client, worker = hold(server.server_address)
        os.kill(worker, signal.SIGTERM)
        assert release(client) == b"done\n"
        assert who(server.server_address) not in (0, worker)
