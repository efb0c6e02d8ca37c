"""Counters and latencies of a library user agree with what the clients did."""

from __future__ import annotations

import os
import socket
import struct
import threading
from typing import Any

import pytest

import engine
from engine import Counters, Counts, Latencies, Stage
from engine.observe.counting import FOLD
from tests.engine.serving import DEADLINE, DatagramEcho, Notes, ask, serving


class Words(engine.StreamRequestHandler):
    """Ends as the line says."""

    def handle(self) -> None:
        word = self.rfile.readline().strip()
        if word == b"bug":
            raise ValueError("a mistake")
        if word == b"late":
            self.connection.settimeout(0.001)
            self.connection.recv(1)
        if word == b"cut":
            self.wfile.write(b"now\n")
            self.connection.recv(1)
        self.wfile.write(word)


class Quiet(engine.ThreadingTCPServer):
    """Rejects who comes from its `unwanted` ports; says nothing about errors."""

    unwanted: int = 0

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return bool(client_address[1] != self.unwanted)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def reset(address: Any) -> None:
    """Leave with a reset while the handler waits."""
    with socket.create_connection(address, DEADLINE) as client:
        client.sendall(b"cut\n")
        assert client.recv(100) == b"now\n"
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def late(address: Any) -> None:
    """Keep the handler waiting until it gives up."""
    with socket.create_connection(address, DEADLINE) as client:
        client.sendall(b"late\n")
        while client.recv(100):
            pass


def reject(server: Quiet) -> None:
    """A client that `verify_request` does not want."""
    with socket.socket() as client:
        client.settimeout(DEADLINE)
        client.bind(("127.0.0.1", 0))
        server.unwanted = client.getsockname()[1]
        client.connect(server.server_address)
        assert client.recv(1) == b""


def test_what_became_of_each() -> None:
    counters, notes = Counters(), Notes()
    with serving(Quiet(("127.0.0.1", 0), Words), counters, notes) as server:
        assert ask(server.server_address, b"hello\n") == b"hello"
        assert ask(server.server_address, b"bug\n") == b""
        late(server.server_address)
        reset(server.server_address)
        reject(server)
        notes.wait("request_closed", 5)
    found = counters.snapshot()
    assert found == Counts(
        accepted=5, handled=1, rejected=1, failed=1, reset=1, timed_out=1,
        bytes_in=len(b"hello\nbug\nlate\ncut\n"), bytes_out=len(b"hello" + b"now\n"),
    )  # fmt: skip
    assert found.live == 0


def test_a_datagram_that_was_cut_is_counted() -> None:
    counters, notes = Counters(), Notes()
    server = engine.UDPServer(("127.0.0.1", 0), DatagramEcho)
    server.max_packet_size = 8
    with serving(server, counters, notes), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(DEADLINE)
        for data in (b"short", b"rather long"):
            client.sendto(data, server.server_address)
            client.recv(100)
        notes.wait("request_closed", 2)
    assert (counters.snapshot().truncated, counters.snapshot().handled) == (1, 2)
    assert counters.snapshot().bytes_in == len(b"short" + b"rather long")


class Held(engine.StreamRequestHandler):
    """Waits for the second line."""

    def handle(self) -> None:
        self.rfile.readline()
        self.wfile.write(b"go on\n")
        self.rfile.readline()


def test_accepted_is_not_handled_and_who_came_before_counts() -> None:
    notes, counters = Notes(), Counters()
    with (
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Held), notes) as server,
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        client.sendall(b"1\n")
        assert client.recv(100)
        server.add_observer(counters)
        assert (counters.snapshot().accepted, counters.snapshot().live) == (1, 1)
        client.sendall(b"2\n")
        notes.wait("request_closed", 1)
        server.remove_observer(notes)
    assert (counters.snapshot().handled, counters.snapshot().live) == (1, 0)


def test_many_threads_lose_no_count() -> None:
    counters, latencies, notes = Counters(), Latencies(), Notes()
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Words), counters, latencies, notes) as server:
        threads = [
            threading.Thread(target=lambda: [ask(server.server_address, b"hello\n") for _ in range(20)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
        notes.wait("request_closed", 160)
    assert counters.snapshot().handled == 160
    assert latencies.snapshot()[Stage.HANDLE].count == 160


def test_latencies_are_those_that_an_observer_is_told() -> None:
    latencies, notes = Latencies(), Notes()
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Words), latencies, notes) as server:
        for _ in range(3):
            ask(server.server_address, b"hello\n")
        notes.wait("request_closed", 3)
    found = latencies.snapshot()
    assert list(found)[:3] == [Stage.GET_REQUEST, Stage.VERIFY_REQUEST, Stage.PROCESS_REQUEST]
    for stage, histogram in found.items():
        took = [fact[4] - fact[3] for fact in notes.named("stage_finished") if fact[2] is stage]
        assert (histogram.count, histogram.longest) == (len(took), max(took))


def test_times_are_folded_now_and_then() -> None:
    latencies = Latencies()
    request: Any = None
    for took in range(FOLD + 3):
        latencies.stage_finished(request, Stage.SETUP, 0, took, None)
    assert len(latencies._fresh[Stage.SETUP]) == 3
    assert latencies.snapshot()[Stage.SETUP].count == FOLD + 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_can_count_though_its_parents_lock_was_held() -> None:
    counters = Counters()
    request: Any = None
    with counters._lock:
        pid = os.fork()
        if pid == 0:
            counters.entered_child(request)
            counters._add("accepted", 1)
            os._exit(counters.snapshot().accepted)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
