"""Threads and forked children: who serves what, how many, and what is left of them."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import engine
from tests.engine.serving import DEADLINE, DatagramEcho, Echo, Notes, ask, serving

STREAMS = [engine.TCPServer, engine.ThreadingTCPServer, engine.ForkingTCPServer]
UNIX_STREAMS = [engine.UnixStreamServer, engine.ThreadingUnixStreamServer, engine.ForkingUnixStreamServer]
ROOT = Path(engine.__file__).parent.parent
DATAGRAMS = [engine.UDPServer, engine.ThreadingUDPServer, engine.ForkingUDPServer]


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("server_class", STREAMS)
def test_streams(server_class: Any, watched: bool) -> None:
    with serving(server_class(("127.0.0.1", 0), Echo), *[Notes()] * watched) as server:
        for line in (b"one\n", b"two\n", b"three\n"):
            assert ask(server.server_address, line) == line


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("server_class", UNIX_STREAMS)
def test_unix_streams(server_class: Any, watched: bool, tmp_path: Any) -> None:
    path = str(tmp_path / "s")
    with serving(server_class(path, Echo), *[Notes()] * watched):
        assert ask(path, b"one\n", socket.AF_UNIX) == b"one\n"
    assert os.path.exists(path)


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("server_class", DATAGRAMS)
def test_datagrams(server_class: Any, watched: bool) -> None:
    with (
        serving(server_class(("127.0.0.1", 0), DatagramEcho), *[Notes()] * watched) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(DEADLINE)
        client.sendto(b"ping", server.server_address)
        assert client.recv(100) == b"ping"
        client.sendto(b"", server.server_address)
        assert client.recv(100) == b""


def test_threads_keep_the_name_that_people_know() -> None:
    names: list[str] = []

    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            names.append(threading.current_thread().name)

    for observers in ([], [Notes()]):
        with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Handler), *observers) as server:
            ask(server.server_address, b"")
    assert [name.rpartition(" ")[2] for name in names] == ["(process_request_thread)"] * 2


def test_dead_threads_are_forgotten() -> None:
    with engine.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        for _ in range(50):
            with socket.create_connection(server.server_address):
                server.handle_request()
            for thread in list(server._threads):  # type: ignore[arg-type]
                thread.join(DEADLINE)
        assert len(server._threads) <= 8  # type: ignore[arg-type]


SCRIPT = """
import engine, os, sys, threading
class Handler(engine.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"served")
class Server(engine.ThreadingTCPServer):
    block_on_close = False
    def service_actions(self):
        if threading.active_count() > 1 or self.served:
            self._BaseServer__shutdown_request = True
    served = 0
    def process_request(self, request, client_address):
        super().process_request(request, client_address)
        self.served += 1
sys.setswitchinterval(5)
server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever(0.01)
"""


def test_a_program_that_ends_with_its_loop_serves_what_it_accepted() -> None:
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, cwd=ROOT) as program:
            assert program.stdout is not None
            assert ask(("127.0.0.1", int(program.stdout.readline())), b"") == b"served"


def test_daemons_are_not_waited_for() -> None:
    release = threading.Event()

    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            release.wait(DEADLINE)

    class Server(engine.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server, socket.create_connection(server.server_address):
        server.handle_request()
    release.set()


def test_other_children_keep_their_status() -> None:
    class Server(engine.ForkingTCPServer):
        max_children = 1

    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"]) as foreign:
        pidfd = os.pidfd_open(foreign.pid)
        assert select.select([pidfd], [], [], DEADLINE)[0]
        os.close(pidfd)
        with serving(Server(("127.0.0.1", 0), Echo)) as server:
            for _ in range(3):
                assert ask(server.server_address, b"hi\n") == b"hi\n"
        assert foreign.wait() == 7


def test_no_zombies_with_handle_request() -> None:
    with engine.ForkingTCPServer(("127.0.0.1", 0), Echo) as server:
        for _ in range(12):
            with socket.create_connection(server.server_address) as client:
                client.sendall(b"hi\n")
                server.handle_request()
                client.settimeout(DEADLINE)
                assert client.recv(9) == b"hi\n"
                (child,) = [pid for pid in server.active_children or () if not _ended(pid)] or [0]
                if child:
                    _await_end(child)
        assert len(server.active_children or ()) <= 2
    assert not server.active_children


def _ended(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "Z"


def _await_end(pid: int) -> None:
    pidfd = os.pidfd_open(pid)
    assert select.select([pidfd], [], [], DEADLINE)[0]
    os.close(pidfd)


def test_stop_is_not_delayed_by_the_limit_of_children() -> None:
    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"x")
            self.request.recv(1)

    class Server(engine.ForkingTCPServer):
        max_children = 1
        block_on_close = False

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with socket.create_connection(server.server_address) as client:
        assert client.recv(1) == b"x"
        server.shutdown()
        thread.join(DEADLINE)
        assert not thread.is_alive()
        client.sendall(b"x")  # the child has this end, too: closing ours would not end it
    server.max_children = 40
    server.collect_children(blocking=True)
    server.server_close()
