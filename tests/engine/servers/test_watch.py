"""Servers that nobody rewrote: instances of the standard library's classes, and programs that import them."""

from __future__ import annotations

import http.server
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import urllib.request
import wsgiref.simple_server
import xmlrpc.client
import xmlrpc.server
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
    expected = set(Stage) - {Stage.HANDLE_ERROR, Stage.HANDLE_TIMEOUT, Stage.SERVICE_ACTIONS, Stage.HANDSHAKE}
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


class Crash(socketserver.BaseRequestHandler):
    """Ends its process by a signal."""

    def handle(self) -> None:
        self.request.recv(99)  # unread bytes would reset the connection
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(("handler", "answer", "status"), [(Echo, b"hello\n", 0), (Crash, b"", signal.SIGKILL)])
def test_forked_children_are_workers(handler: Any, answer: bytes, status: int) -> None:
    notes = Notes()
    server = engine.watch(socketserver.ForkingTCPServer(("127.0.0.1", 0), handler), notes)
    thread = _serve(server)
    assert ask(server.server_address, b"hello\n") == answer
    (_, worker), *_ = notes.wait("worker_ended")
    _stop(server, thread)
    assert worker.child
    assert worker.name == f"child {worker.pid}"
    assert worker.status == status
    assert Stage.SERVICE_ACTIONS in notes.stages()


def test_a_timeout_is_a_stage() -> None:
    notes = Notes()
    with engine.watch(socketserver.TCPServer(("127.0.0.1", 0), Echo), notes) as server:
        server.timeout = 0
        server.handle_request()
    assert notes.stages() == [Stage.HANDLE_TIMEOUT]


def test_an_exception_is_told_and_printed_once(capfd: pytest.CaptureFixture[str]) -> None:
    class Broken(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            raise ValueError("broken")

    notes = Notes()
    server: Any = engine.watch(socketserver.TCPServer(("127.0.0.1", 0), Broken), notes)
    with server, socket.create_connection(server.server_address):
        server.handle_request()
    assert [(fact[2], str(fact[3])) for fact in notes.named("failed")] == [(Stage.HANDLE, "broken")]
    assert capfd.readouterr().err.count("ValueError: broken") == 1
    assert notes.stages()[-2:] == [Stage.HANDLE_ERROR, Stage.SHUTDOWN_REQUEST]


def test_wsgi_server() -> None:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"from wsgi"]

    class QuietHandler(wsgiref.simple_server.WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None: ...

    notes = Notes()
    plain = wsgiref.simple_server.make_server("127.0.0.1", 0, application, handler_class=QuietHandler)
    server = engine.watch(plain, notes)
    thread = _serve(server)
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/", timeout=DEADLINE) as answer:
        assert answer.read() == b"from wsgi"
    notes.wait("request_closed")
    _stop(server, thread)
    assert notes.data("sent").endswith(b"from wsgi")


def test_xmlrpc_server() -> None:
    notes = Notes()
    plain = xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
    plain.register_function(lambda a, b: a + b, "add")
    server = engine.watch(plain, notes)
    thread = _serve(server)
    with xmlrpc.client.ServerProxy(f"http://127.0.0.1:{server.server_address[1]}/") as proxy:
        assert proxy.add(2, 3) == 5
    notes.wait("request_closed")
    _stop(server, thread)
    assert b"<int>5</int>" in notes.data("sent")


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
