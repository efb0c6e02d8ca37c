"""Unmodified programs: each server that they make is watched, however its classes were imported."""

from __future__ import annotations

import http.client
import re
import xmlrpc.client
from pathlib import Path
from typing import Any

from engine.hosting.client import SupervisorClient
from engine.hosting.profile import Profile

from .headless import Running, call, data_of, port_of, show, wait_closed

XMLRPC = """
from xmlrpc.server import SimpleXMLRPCServer
with SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as server:
    server.register_function(lambda a, b: a + b, "add")
    server.serve_forever()
"""

WSGIREF = """
from wsgiref.simple_server import make_server, demo_app
with make_server("127.0.0.1", 0, demo_app) as server:
    server.serve_forever()
"""

OWN_PACKAGES = """
import engine, app, socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(engine.WORD + app.WORD)
with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
    server.serve_forever()
"""

OURS_BY_NAME = """
import engine, socketserver
from engine.observe.stages import Stage
assert engine.TCPServer is socketserver.TCPServer
assert Stage is engine.Stage
print("ours", __name__, __file__)
"""


def _get(address: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(*port_of(address), timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def test_http_server_as_a_module(tmp_path: Path) -> None:
    (tmp_path / "hello.txt").write_bytes(b"hello, file\n")
    capture = tmp_path / "a.socketscope"
    words = ("run", "--json", "--record", str(capture), "-m", "http.server", "0", "--bind", "127.0.0.1")
    with Running(*words, cwd=tmp_path) as running:
        status, body = _get(running.item()["address"], "/hello.txt")
        assert (status, body) == (200, b"hello, file\n")
        wait_closed(capture)
        assert running.stop() == 0
    assert re.search(r"Serving HTTP on 127.0.0.1 port \d+", running.errors)
    assert '"GET /hello.txt HTTP/1.1" 200' in running.errors
    (request,) = show(capture)
    assert data_of(request, "in").startswith(b"GET /hello.txt HTTP/1.1\r\n")
    assert data_of(request, "out").endswith(b"\r\n\r\nhello, file\n")
    assert {"get_request", "handle", "finish_request"} <= {stage["stage"] for stage in request["stages"]}
    assert request["state"] == "done"


def test_concurrency_is_told_by_the_mix_ins(tmp_path: Path) -> None:
    """The threading server of `python -m http.server` is called DualStackServer."""
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        profile = Profile(name="h", kind="script", module="http.server", arguments=("0", "--bind", "127.0.0.1"))
        client.request("start", 20, key="h", profile=profile)
        lines: dict[str, dict[str, Any]] = {}
        while "h/1" not in lines:
            assert client.wait(20)
            lines |= {line["key"]: line for message in client.receive() for line in message.get("servers", ())}
        assert lines["h/1"]["class"] == "DualStackServer"
        assert lines["h/1"]["concurrency"] == "threading"


def test_xmlrpc_script(tmp_path: Path) -> None:
    (tmp_path / "adder.py").write_text(XMLRPC)
    capture = tmp_path / "a.socketscope"
    with Running("run", "--json", "--record", str(capture), "adder.py", cwd=tmp_path) as running:
        address = running.item()["address"]
        with xmlrpc.client.ServerProxy(f"http://{address}") as proxy:
            assert proxy.add(40, 2) == 42
        wait_closed(capture)
        assert running.stop() == 0
    (request,) = show(capture)
    assert b"<methodName>add</methodName>" in data_of(request, "in")
    assert b"<int>42</int>" in data_of(request, "out")


def test_wsgiref_script(tmp_path: Path) -> None:
    (tmp_path / "wsgi_demo.py").write_text(WSGIREF)
    capture = tmp_path / "a.socketscope"
    with Running("run", "--json", "--record", str(capture), "wsgi_demo.py", cwd=tmp_path) as running:
        status, body = _get(running.item()["address"], "/")
        assert status == 200
        assert body.startswith(b"Hello world!")
        wait_closed(capture)
        assert running.stop() == 0
    (request,) = show(capture)
    assert data_of(request, "out").endswith(body)


def test_packages_called_engine_and_app_are_the_users(tmp_path: Path) -> None:
    for name in ("engine", "app"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"WORD = b'my {name} '")
    (tmp_path / "own.py").write_text(OWN_PACKAGES)
    with Running("run", "--json", "own.py", cwd=tmp_path) as running:
        _, port = port_of(running.item()["address"])
        assert _read_all(port) == b"my engine my app "
        assert running.stop() == 0


def _read_all(port: int) -> bytes:
    import socket

    with socket.create_connection(("127.0.0.1", port), 10) as client:
        return b"".join(iter(lambda: client.recv(100), b""))


def test_engine_is_ours_where_the_user_has_none(tmp_path: Path) -> None:
    (tmp_path / "named.py").write_text(OURS_BY_NAME)
    done = call("run", "named.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ours __main__ named.py\n"


def test_exit_code_arguments_and_output_are_the_programs(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("import sys; print(sys.argv); print('oops', file=sys.stderr); sys.exit(7)")
    done = call("run", "p.py", "--json", "-m", "x", cwd=tmp_path)
    assert done.returncode == 7
    assert done.stdout == "['p.py', '--json', '-m', 'x']\n"
    assert done.stderr.startswith("oops\n")


def test_program_that_raises(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text("def f():\n    raise KeyError('x')\nf()\n")
    done = call("run", "p.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "p.py, line 2: KeyError: 'x'." in done.stderr
    assert "boot.py" not in done.stderr
