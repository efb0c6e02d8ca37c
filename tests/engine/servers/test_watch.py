"""Servers that nobody rewrote: instances of the standard library's classes, and programs that import them."""

from __future__ import annotations

import http.server
import socket
import socketserver
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import engine
from engine import Stage
from tests.engine.serving import DEADLINE, Notes, ask

ROOT = Path(engine.__file__).parent.parent


class Echo(socketserver.StreamRequestHandler):
    """Sends back a line."""

    def handle(self) -> None:
        self.wfile.write(self.rfile.readline())


class DatagramEcho(socketserver.DatagramRequestHandler):
    """Sends back a datagram."""

    def handle(self) -> None:
        self.wfile.write(self.packet)


def _serve(server: Any) -> threading.Thread:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    return thread


def _stop(server: Any, thread: threading.Thread) -> None:
    server.shutdown()
    thread.join(DEADLINE)
    server.server_close()


@pytest.mark.parametrize("server_class", [socketserver.TCPServer, socketserver.ThreadingTCPServer])
def test_streams(server_class: Any) -> None:
    notes = Notes()
    server = engine.watch(server_class(("127.0.0.1", 0), Echo), notes)
    thread = _serve(server)
    assert ask(server.server_address, b"hello\n") == b"hello\n"
    notes.wait("request_closed")
    _stop(server, thread)
    expected = set(Stage) - {Stage.HANDLE_ERROR, Stage.HANDLE_TIMEOUT, Stage.SERVICE_ACTIONS}
    if server_class is socketserver.TCPServer:
        expected.remove(Stage.QUEUE)
    assert set(notes.stages()) == expected
    assert len(notes.stages()) == len(expected)
    assert notes.data("received") == notes.data("sent") == b"hello\n"
    assert [fact[0] for fact in notes.facts if fact[0].startswith("server")] == ["server_started", "server_stopped"]


def test_datagrams() -> None:
    notes = Notes()
    server = engine.watch(socketserver.UDPServer(("127.0.0.1", 0), DatagramEcho), notes)
    thread = _serve(server)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(DEADLINE)
        client.sendto(b"ping", server.server_address)
        assert client.recv(9) == b"ping"
    notes.wait("request_closed")
    _stop(server, thread)
    assert notes.data("received") == notes.data("sent") == b"ping"


def test_forked_children_are_workers() -> None:
    notes = Notes()
    server = engine.watch(socketserver.ForkingTCPServer(("127.0.0.1", 0), Echo), notes)
    thread = _serve(server)
    assert ask(server.server_address, b"hello\n") == b"hello\n"
    (_, worker), *_ = notes.wait("worker_ended")
    _stop(server, thread)
    assert worker.child
    assert worker.name == f"child {worker.pid}"


def test_http_server() -> None:
    notes = Notes()
    server = engine.watch(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet), notes)
    thread = _serve(server)
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/", timeout=DEADLINE) as answer:
        body = answer.read()
    notes.wait("request_closed")
    _stop(server, thread)
    assert notes.data("received").startswith(b"GET / HTTP/1.1\r\n")
    assert notes.data("sent").endswith(body)


class Quiet(http.server.BaseHTTPRequestHandler):
    """Answers, and keeps its log to itself."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"here")

    def log_message(self, format: str, *args: Any) -> None: ...


def test_our_own_are_watched_by_the_same_call() -> None:
    notes = Notes()
    with engine.TCPServer(("127.0.0.1", 0), engine.BaseRequestHandler) as server:
        assert engine.watch(server, notes) is server
    assert [fact[0] for fact in notes.facts] == ["server_started", "server_stopped"]


SCRIPT = """
import sys
{early}
import engine
class Notes(engine.Observer):
    def request_closed(self, request):
        print(type(request.server).__name__, request.bytes_in, request.bytes_out)
engine.install(Notes())
import socketserver, socket, http.server
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(self.request.recv(9))
class Http(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response_only(204)
        self.end_headers()
    def log_request(self, *_): pass
for server, data in ((socketserver.TCPServer(("127.0.0.1", 0), Handler), b"abc"),
                     (http.server.HTTPServer(("127.0.0.1", 0), Http), b"GET / HTTP/1.0\\r\\n\\r\\n")):
    with server, socket.create_connection(server.server_address) as client:
        client.sendall(data)
        server.handle_request()
print(socketserver is engine)
"""


@pytest.mark.parametrize("early", ["", "import http.server"])
def test_install(early: str) -> None:
    """Whether http.server was imported before or after: its servers are watched."""
    outcome = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(early=early)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=30,
    )
    assert outcome.stdout.splitlines() == ["TCPServer 3 3", "HTTPServer 18 27", "True"], outcome.stderr
