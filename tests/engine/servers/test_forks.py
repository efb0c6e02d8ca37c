"""A process a request: children are bounded, heard of at once, told of in full, and take nothing along."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.observe.request import Worker
from tests.engine.serving import DEADLINE, Echo, Notes, ask, serving

ROOT = Path(engine.__file__).parent.parent


class Held(engine.BaseRequestHandler):
    """Says that it is there, and stays until the client says something."""

    def handle(self) -> None:
        self.request.sendall(b"x")
        self.request.recv(1)


def held(address: Any) -> socket.socket:
    """A connection whose child is in `handle`."""
    client = socket.create_connection(address, DEADLINE)
    assert client.recv(1) == b"x"
    return client


def ended(notes: Notes, count: int = 1) -> list[Worker]:
    """Wait until so many workers have ended."""
    return [fact[1] for fact in notes.wait("worker_ended", count)]


def test_the_limit_holds_without_a_loop() -> None:
    class Server(engine.ForkingTCPServer):
        max_children = 2
        most = 0

        def process_request(self, request: Any, client_address: Any) -> None:
            super().process_request(request, client_address)
            self.most = max(self.most, len(self.active_children or ()))

    with Server(("127.0.0.1", 0), Held) as server:
        first, second, third = (socket.create_connection(server.server_address, DEADLINE) for _ in range(3))
        with first, second, third:
            server.handle_request()
            server.handle_request()
            waiting = threading.Thread(target=server.handle_request)
            waiting.start()
            waiting.join(0.1)
            assert waiting.is_alive()
            first.sendall(b"x")
            waiting.join(DEADLINE)
            assert not waiting.is_alive()
            assert third.recv(1) == b"x"
            assert server.most == 2
            for client in (second, third):  # children have this end, too: closing ours would not end them
                client.sendall(b"x")


def test_the_loop_goes_on_at_the_limit() -> None:
    class Server(engine.ForkingTCPServer):
        max_children = 1
        turns = 0
        turned = threading.Event()

        def service_actions(self) -> None:
            super().service_actions()
            self.turns += 1
            if self.turns > 5:
                self.turned.set()

    server = Server(("127.0.0.1", 0), Held)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    with held(server.server_address) as first, socket.create_connection(server.server_address) as second:
        server.turns = 0
        server.turned.clear()
        assert server.turned.wait(DEADLINE)
        second.settimeout(0.05)
        with pytest.raises(TimeoutError):
            second.recv(1)
        first.sendall(b"x")
        second.settimeout(DEADLINE)
        assert second.recv(1) == b"x"
        second.sendall(b"x")
        started = time.monotonic()
        server.shutdown()
        assert time.monotonic() - started < 1.0
    thread.join(DEADLINE)
    server.server_close()


def test_a_child_is_collected_at_once() -> None:
    """Not at the next poll: here the loop would sleep for longer than the test lasts."""
    notes = Notes()
    server = engine.ForkingTCPServer(("127.0.0.1", 0), Held)
    server.add_observer(notes)
    thread = threading.Thread(target=server.serve_forever, args=(60,))
    thread.start()
    with held(server.server_address) as client:
        child = next(iter(server.active_children or ()))
        client.sendall(b"x")
        assert ended(notes)[0].pid == child
        assert not server.active_children
        assert not os.path.exists(f"/proc/{child}")
    server.shutdown()
    thread.join(DEADLINE)
    server.server_close()


def test_an_end_is_told_in_full() -> None:
    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            word = self.request.recv(9)
            if word == b"exit":
                os._exit(3)
            if word == b"kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if word == b"work":
                memory = bytearray(64 << 20)
                until = time.process_time() + 0.1
                while time.process_time() < until:
                    memory[0] += 1 if memory[0] < 255 else -255

    notes = Notes()
    with serving(engine.ForkingTCPServer(("127.0.0.1", 0), Handler), notes) as server:
        for count, word in enumerate((b"exit", b"kill", b"work", b"rest"), 1):
            with suppress(ConnectionError):
                ask(server.server_address, word)
            ended(notes, count)
    exited, killed, worked, rested = ended(notes, 4)
    assert [os.waitstatus_to_exitcode(one.status) for one in (exited, killed, worked, rested)] == [3, -9, 0, 0]
    assert worked.cpu_total > 90_000_000 > rested.cpu_total > 0
    assert worked.peak_memory > rested.peak_memory + (50 << 20) > 50 << 20


def test_a_child_has_no_listener() -> None:
    server = engine.ForkingTCPServer(("127.0.0.1", 0), Held)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.block_on_close = False
    with held(server.server_address) as client:
        server.shutdown()
        thread.join(DEADLINE)
        server.server_close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(server.server_address, DEADLINE)
        client.sendall(b"x")
    server.collect_children(blocking=True)


def test_nothing_is_left_open() -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    before = descriptors()
    with serving(engine.ForkingTCPServer(("127.0.0.1", 0), Echo)) as server:
        for _ in range(20):
            assert ask(server.server_address, b"hi\n") == b"hi\n"
    assert descriptors() == before


def test_children_without_pidfds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")

    class Server(engine.ForkingTCPServer):
        max_children = 1

    notes = Notes()
    with serving(Server(("127.0.0.1", 0), Echo), notes) as server:
        for _ in range(3):
            assert ask(server.server_address, b"hi\n") == b"hi\n"
    assert [one.status for one in ended(notes, 3)] == [0, 0, 0]


THREADS = """
import engine, socket, threading
class Handler(engine.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"x")
done = threading.Event()
other = threading.Thread(target=done.wait, name="locksmith")
other.start()
with engine.ForkingTCPServer(("127.0.0.1", 0), Handler) as server:
    for _ in range(3):
        with socket.create_connection(server.server_address) as client:
            server.handle_request()
            assert client.recv(1) == b"x"
done.set()
other.join()
"""


def run(source: str, *options: str) -> str:
    """The error output of a program."""
    command = [sys.executable, *options, "-c", source]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stderr


def test_threads_beside_a_fork_are_named_once() -> None:
    lines = [line for line in run(THREADS).splitlines() if "RuntimeWarning" in line]
    assert len(lines) == 1
    assert "(locksmith)" in lines[0]


def test_without_threads_there_is_nothing_to_warn_of() -> None:
    assert run(THREADS.replace("other.start()", "").replace("other.join()", "")) == ""


def test_a_child_of_another_is_not_waited_for() -> None:
    """The limit is reached while a foreign child has ended, whose status has to be kept."""

    class Server(engine.ForkingTCPServer):
        max_children = 1

    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"]) as foreign:
        pidfd = os.pidfd_open(foreign.pid)
        assert select.select([pidfd], [], [], DEADLINE)[0]
        os.close(pidfd)
        with Server(("127.0.0.1", 0), Echo) as server:
            for _ in range(3):
                with socket.create_connection(server.server_address, DEADLINE) as client:
                    client.sendall(b"hi\n")
                    server.handle_request()
                    assert client.recv(9) == b"hi\n"
        assert foreign.wait() == 7
