"""Pythons that a program starts: what they serve is recorded with it, to their end, and no trace is left in others."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.capture.reader import CaptureReader
from engine.capture.records import RequestRecord, State
from engine.hosting.client import SupervisorClient
from engine.hosting.errors import HostingError
from engine.hosting.profile import Profile
from engine.observe.stages import Stage

from .headless import DEADLINE, call, port_of, requests_of_whole, until
from .test_headless_interpreters import interpreters

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="who asks to join can be told there")

RELOADER = Path(__file__).with_name("reloader.py")


class Person:
    """Runs the program that starts itself again, and looks at its ticks."""

    def __init__(self, client: SupervisorClient) -> None:
        self.client = client
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._lines: dict[str, dict[str, Any]] = {}

    def run(self, interpreter: str = "", script: Path = RELOADER) -> None:
        profile = Profile("r", kind="script", script=str(script), arguments=(str(self.port),), interpreter=interpreter)
        self.client.request("start", DEADLINE, key="r", profile=profile)

    def part(self, **members: Any) -> dict[str, Any]:
        """The newest line of the only server, once it has these members."""

        def there() -> bool:
            for message in self.client.receive():
                if "tick" in message:
                    self._lines = {line["key"]: line for line in message["servers"]}
            return any(self._is(line, members) for line in self._lines.values())

        until(there)
        (found,) = (line for line in self._lines.values() if line["kind"] == "part")
        return found

    @staticmethod
    def _is(line: dict[str, Any], members: dict[str, Any]) -> bool:
        return line["kind"] == "part" and all(line[name] == value for name, value in members.items())

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), DEADLINE)

    def requests(self) -> list[RequestRecord]:
        with CaptureReader(self.client.capture_path) as reader:
            return reader.requests()

    def received(self, request: RequestRecord) -> bytes:
        with CaptureReader(self.client.capture_path) as reader:
            return b"".join(chunk.data for chunk in reader.chunks(request.id) if chunk.received)

    def until_states(self, *states: State) -> list[RequestRecord]:
        until(lambda: [request.state for request in self.requests()] == list(states))
        return self.requests()


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        yield Person(client)


def say(client: socket.socket, word: bytes) -> bytes:
    client.sendall(word + b"\n")
    return client.recv(100)


@pytest.mark.parametrize("interpreter", ["", *interpreters()])
def test_what_a_started_python_serves_is_recorded(person: Person, interpreter: str) -> None:
    person.run(interpreter)
    part = person.part(state="listening")
    assert port_of(part["address"]) == ("127.0.0.1", person.port)
    with person.connect() as client:
        assert say(client, b"hello") == b"HELLO\n"
    (request,) = person.until_states(State.DONE)
    assert request.worker is not None
    assert request.worker.pid == part["pid"]
    assert (request.bytes_in, request.bytes_out) == (6, 6)
    with CaptureReader(person.client.capture_path) as reader:
        assert [chunk.data for chunk in reader.chunks(request.id)] == [b"hello\n", b"HELLO\n"]
        assert {Stage.GET_REQUEST, Stage.QUEUE, Stage.HANDLE} <= {stage.stage for stage in request.stages}
        story = [record.line for record in reader.output(limit=100) if record.stream == 0]
    assert f"process {part['pid']} records what it serves; breakpoints and faults do not reach it" in story
    assert f"listening on {part['address']} (pid {part['pid']})" in story


@pytest.mark.parametrize(("word", "how"), [(b"again", "has ended"), (b"exec", "has become another program")])
def test_the_next_process_takes_the_line_of_the_one_before(
    person: Person, tmp_path: Path, word: bytes, how: str
) -> None:
    person.run()
    first = person.part(state="listening")
    with person.connect() as idle, person.connect() as client:
        assert (say(idle, b"one"), say(client, b"two")) == (b"ONE\n", b"TWO\n")
        client.sendall(word + b"\n")
        assert (client.recv(100), idle.recv(100)) == (b"", b"")
    requests = person.until_states(State.KILLED, State.KILLED)
    assert {request.error for request in requests} == {f"process {first['pid']} {how}"}
    assert [person.received(request) for request in requests] == [b"one\n", b"two\n" + word + b"\n"]
    second = person.part(state="listening", id=first["id"] + 1)
    assert second["key"] == first["key"]
    assert (second["pid"] == first["pid"]) is (word == b"exec")
    assert (second["total"], second["live"], second["failed"]) == (2, 0, 2)
    assert set(second["ids"]) > {first["id"], second["id"]}
    with person.connect() as client:
        assert say(client, b"three") == b"THREE\n"
    (*_, request) = person.until_states(State.KILLED, State.KILLED, State.DONE)
    assert person.received(request) == b"three\n"
    person.client.request("stop", DEADLINE, key="r")
    person.client.close()
    assert len(requests_of_whole(tmp_path / "a.socketscope")) == 3


def test_it_takes_no_orders_and_says_so(person: Person) -> None:
    person.run()
    part = person.part(state="listening")
    with person.connect() as client:
        assert say(client, b"one") == b"ONE\n"
        (request,) = person.until_states(State.WAITING)
        orders: dict[str, dict[str, Any]] = {
            "gates": {"key": part["key"], "gates": []},
            "faults": {"key": part["key"], "faults": []},
            "halt": {"request": request.id},
            "close_request": {"request": request.id},
        }
        for name, members in orders.items():
            with pytest.raises(
                HostingError, match=rf"^Process {part['pid']}, started by the program, is recorded, but"
            ):
                person.client.request(name, DEADLINE, **members)
        assert say(client, b"two") == b"TWO\n"


LOOSE = """
import os, socketserver, subprocess, sys

class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

if "LOOSE" not in os.environ:
    subprocess.call([sys.executable, *sys.argv], env={**os.environ, "LOOSE": "1"})
    sys.stdin = open(os.pipe()[0])
    sys.stdin.read()
elif not os.fork():
    with Server(("127.0.0.1", int(sys.argv[1])), Lines) as server:
        server.serve_forever()
"""


def test_the_end_of_a_process_that_has_cut_itself_loose_is_noticed(person: Person, tmp_path: Path) -> None:
    """Nobody that we know is its parent, or waits for it."""
    (tmp_path / "loose.py").write_text(LOOSE)
    person.run(script=tmp_path / "loose.py")
    part = person.part(state="listening")
    with person.connect() as client:
        assert say(client, b"one") == b"ONE\n"
        (request,) = person.until_states(State.RUNNING)
        assert request.worker is not None
        assert request.worker.pid == part["pid"]
        os.kill(part["pid"], signal.SIGKILL)
    (request,) = person.until_states(State.KILLED)
    assert request.error == f"process {part['pid']} has ended"
    person.part(state="stopped", live=0)


LOOKS = """
import subprocess, sys
sys.exit(subprocess.call([sys.argv[1], "-B", "-c", '''
import sys
assert not [name for name in sys.modules if "socketscope" in name]
assert not [path for path in sys.path if "startup" in path]
import sitecustomize
sys.stdout.write(sitecustomize.WORD)
''']))
"""


def pythons() -> list[str]:
    """Ours, and those that are too old to record anything, as far as this machine has them."""
    found = [
        path for name in ("2.7", "3.6", "3.10") for path in Path.home().glob(f".pyenv/versions/{name}.*/bin/python")
    ]
    return [sys.executable, *map(str, found)]


@pytest.mark.parametrize("python", pythons())
def test_a_python_that_serves_nothing_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    """It runs the sitecustomize that it would run without us, and has nothing of ours loaded."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sitecustomize.py").write_text("WORD = 'mine'")
    (tmp_path / "looks.py").write_text(LOOKS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "own"))
    done = call("run", "looks.py", python, cwd=tmp_path)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "mine\n")


LONELY = """
import os, subprocess, sys
os.environ["SOCKETSCOPE_JOIN"] = "nobody-there"
print(subprocess.check_output([sys.executable, "-c", "import socketserver; print(socketserver.__name__)"], text=True))
"""


def test_a_python_that_finds_nobody_to_join_goes_on(tmp_path: Path) -> None:
    (tmp_path / "lonely.py").write_text(LONELY)
    done = call("run", "lonely.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "socketserver\n\n")
    assert "Socketscope does not see what process" in done.stderr
    assert os.strerror(111) in done.stderr
