"""TLS, the hardened profile and a drain together, on every kind of worker, with clients that other people wrote."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

import engine
from tests.engine.certificates import certificate, trusting
from tests.engine.serving import DEADLINE, Echo, Notes

KINDS = ["TCPServer", "ThreadingTCPServer", "ForkingTCPServer", "ThreadPoolTCPServer", "PreforkTCPServer"]
BODY = b"x" * 300_000
"""More than goes unread into a socket's buffers, were the connection closed at once."""


class Web(BaseHTTPRequestHandler):
    """Answers every request with BODY, without having read what was posted."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # its name in the standard library
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)
        self.close_connection = True

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(kind: str, folder: Path, handler: Any, *observers: engine.Observer) -> Iterator[Any]:
    cls = engine.harden(getattr(engine, kind))
    if kind.startswith("Prefork"):
        cls = type(kind, (cls,), {"workers": 3})
    with cls(("127.0.0.1", 0), handler, ssl_context=certificate(folder)) as server:
        for observer in observers:
            server.add_observer(observer)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        assert server.wait_started(DEADLINE)
        while len(getattr(server, "active_children", None) or ()) < getattr(server, "workers", 0):
            thread.join(0.01)  # programs are started below: a worker that is forked meanwhile would keep their pipes
        yield server
        server.shutdown()
        thread.join(DEADLINE)
        assert not thread.is_alive()


def curl(server: Any, *words: str) -> bytes:
    host, port = server.server_address
    command = ["curl", "-sk", "--max-time", "20", *words, f"https://{host}:{port}/"]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_curl_has_its_answer_whole(kind: str, watched: bool, tmp_path: Path) -> None:
    with serving(kind, tmp_path, Web, *([Notes()] if watched else [])) as server:
        for _ in range(3):
            assert curl(server) == BODY
            assert curl(server, "--data-binary", f"@{__file__}") == BODY


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_has_its_answer_and_a_goodbye(kind: str, tmp_path: Path) -> None:
    with serving(kind, tmp_path, Echo) as server:
        host, port = server.server_address
        command = ["openssl", "s_client", "-quiet", "-connect", f"{host}:{port}"]
        done = subprocess.run(command, input=b"hello\n", capture_output=True, timeout=20, check=False)
    assert done.stdout == b"hello\n"
    assert done.returncode == 0


class Line(engine.StreamRequestHandler):
    """Echoes lines; a `wait` is answered when the file that it names is there."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            if line.startswith(b"wait "):
                with open(line[5:].strip(), "rb") as pipe:
                    pipe.read()
            self.wfile.write(line)


def connect(server: Any) -> ssl.SSLSocket:
    """A client to whom an end without a goodbye is an error."""
    plain = socket.create_connection(server.server_address, DEADLINE)
    client = trusting().wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
    client.sendall(b"here\n")
    assert client.recv(100) == b"here\n"
    return client


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_drain_closes_the_idle_and_waits_for_the_busy(kind: str, tmp_path: Path) -> None:
    fifo = tmp_path / "go"
    os.mkfifo(fifo)
    reports: list[Any] = []
    with serving(kind, tmp_path, Line) as server, connect(server) as busy, connect(server) as idle:
        busy.sendall(f"wait {fifo}\n".encode())
        go = os.open(fifo, os.O_WRONLY)  # the handler has opened it, too
        draining = threading.Thread(target=lambda: reports.append(server.drain(DEADLINE)))
        draining.start()
        assert idle.recv(100) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(server.server_address, DEADLINE)
        os.close(go)
        assert busy.recv(1000) == f"wait {fifo}\n".encode()
        assert busy.recv(100) == b""
        draining.join(DEADLINE)
    (report,) = reports
    assert report.clean
    assert server.state is engine.ServerState.CLOSED


@pytest.mark.loud
@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_drain_ends_in_time_whatever_the_handler_does(kind: str, tmp_path: Path) -> None:
    fifo = tmp_path / "never"
    os.mkfifo(fifo)
    with serving(kind, tmp_path, Line) as server, connect(server) as busy:
        busy.sendall(f"wait {fifo}\n".encode())
        go = os.open(fifo, os.O_WRONLY)
        report = server.drain(0.2)
        with pytest.raises((ConnectionResetError, ssl.SSLError)):
            busy.recv(100)
        os.close(go)
    assert not report.clean
