"""Lines stepped through in real hosts, by orders: one worker stops, others flow, and every end lets all go."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.capture.reader import CaptureReader
from engine.hosting.client import SupervisorClient
from engine.hosting.errors import HostingError
from engine.hosting.profile import Profile
from tests.journeys.headless import DEADLINE, alive, port_of, until
from tests.journeys.test_headless_interpreters import interpreters

pytest.importorskip("debugpy")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")

HANDLER = '''"""Answers each line in capitals."""
import socketserver


class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        word = self.rfile.readline()
        self.heard = word.strip()
        size = len(self.heard)
        answer = self.heard.upper()
        # no code here
        self.wfile.write(answer + b" %d\\n" % size)
'''
SIZE, ANSWER, COMMENT, WRITE = 9, 10, 11, 12
Message = dict[str, Any]


class Person:
    """Sets points on lines at a supervisor, sees in its ticks what stopped, and steps."""

    def __init__(self, client: SupervisorClient, folder: Path) -> None:
        self.client = client
        self.path = folder / "lines.py"
        self.path.write_text(HANDLER)
        self.tick: Message = {}
        self.replies: dict[int, Message] = {}
        self.address = ("", 0)
        self.pid = 0

    def look(self) -> None:
        """Take in what the supervisor has said."""
        for message in self.client.receive():
            if "tick" in message:
                self.tick = message
            elif "reply" in message:
                self.replies[message["reply"]] = message
                self.tick = {}  # it was so before the order

    def order(self, name: str, **members: Any) -> Message:
        """Give an order, and wait for its answer."""
        ticket = self.client.order(name, **members)

        def answered() -> bool:
            self.look()
            return ticket in self.replies

        until(answered)
        reply = self.replies.pop(ticket)
        if not reply["ok"]:
            raise HostingError(reply["error"]["code"], reply["error"]["sentence"])
        return reply

    def serve(self, how: str, **more: Any) -> None:
        """Start a server."""
        profile = Profile("lines", server_class=how, handler_file=str(self.path), handler_class="Lines", **more)
        answer = self.order("start", key="a", profile=profile.to_json())
        self.address, self.pid = port_of(answer["address"]), answer["pid"]

    def set(self, *points: Message) -> None:
        """Set points, and wait until the server's debugger has them."""
        self.order("lines", key="a", points=[{"path": str(self.path), **point} for point in points])
        if points:
            self.wait(lambda: bool(self.tick["lines"]) and self.tick["lines"][0]["attached"] > 0)

    def wait(self, seen: Callable[[], bool]) -> None:
        """Look until it is so."""

        def now() -> bool:
            self.look()
            return bool(self.tick) and seen()

        until(now)

    def stopped(self, line: int, count: int = 1) -> list[Message]:
        """Wait until so many threads wait at a line."""

        def here() -> list[Message]:
            return [one for one in self.tick["stopped"] if one["line"] == line and not one["running"]]

        self.wait(lambda: len(here()) == count)
        return here()

    def go(self, stop: Message, how: str, **more: Any) -> None:
        """Let a stopped thread go on."""
        self.order("line_go", pid=stop["pid"], thread=stop["thread"], how=how, **more)

    def frame(self, stop: Message) -> int:
        """The number of the frame at which it stands."""
        found = self.order("line_frames", pid=stop["pid"], thread=stop["thread"])["frames"]
        return int(found[0]["id"])

    def locals(self, stop: Message) -> dict[str, str]:
        """Its local variables."""
        found = self.order("line_locals", pid=stop["pid"], thread=stop["thread"], frame=self.frame(stop))["variables"]
        return {one["name"]: one["value"] for one in found}

    def evaluate(self, stop: Message, expression: str) -> str:
        """The value of an expression there."""
        members = {"pid": stop["pid"], "thread": stop["thread"], "frame": self.frame(stop)}
        return str(self.order("line_evaluate", expression=expression, **members)["result"])

    def say(self, text: bytes) -> socket.socket:
        """Send a line without waiting for the answer."""
        client = socket.create_connection(self.address, DEADLINE)
        client.sendall(text)
        return client

    def ask(self, text: bytes) -> bytes:
        """Send a line, and read the answer."""
        with self.say(text) as client:
            return answer_of(client)


def answer_of(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(4096), b""))


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    client = SupervisorClient.spawn(tmp_path / "test.socketscope")
    try:
        yield Person(client, tmp_path)
    finally:
        client.close()


@pytest.mark.parametrize("how", ["ThreadingTCPServer", "ForkingTCPServer"])
def test_one_worker_is_stepped_while_others_flow(person: Person, how: str) -> None:
    person.serve(how)
    person.set({"line": SIZE, "condition": "word == b'stop\\n'"})
    with person.say(b"stop\n") as client:
        stop = person.stopped(SIZE)[0]
        assert (stop["function"], stop["reason"], stop["path"]) == ("handle", "breakpoint", str(person.path))
        person.wait(lambda: person.tick["stopped"][0]["id"] is not None)
        assert [person.ask(b"go %d\n" % n) for n in range(5)] == [b"GO %d 4\n" % n for n in range(5)]
        assert person.locals(stop)["word"] == "b'stop\\n'"
        assert person.evaluate(stop, "self.heard * 2") == "b'stopstop'"
        person.go(stop, "over")
        stop = person.stopped(ANSWER)[0]
        assert person.locals(stop)["size"] == "4"
        person.go(stop, "cursor", path=str(person.path), line=WRITE)
        stop = person.stopped(WRITE)[0]
        assert person.locals(stop)["answer"] == "b'STOP'"
        person.go(stop, "continue")
        assert answer_of(client) == b"STOP 4\n"
    person.wait(lambda: not person.tick["stopped"])


@pytest.mark.parametrize("how", ["TCPServer", "ThreadPoolTCPServer", "PreforkTCPServer"])
def test_workers_that_were_there_before_stop_as_well(person: Person, how: str) -> None:
    person.serve(how, attributes={"workers": 1} if how.startswith("Prefork") else {})
    assert person.ask(b"first\n") == b"FIRST 5\n"
    person.set({"line": ANSWER})
    if how.startswith("Prefork"):
        person.wait(lambda: person.tick["lines"][0]["attached"] == 2)
    with person.say(b"stop\n") as client:
        stop = person.stopped(ANSWER)[0]
        person.wait(lambda: person.tick["stopped"][0]["id"] is not None)
        person.go(stop, "over")
        person.go(person.stopped(WRITE)[0], "continue")
        assert answer_of(client) == b"STOP 4\n"


@pytest.mark.parametrize("how", ["ThreadingTCPServer", "ForkingTCPServer"])
def test_every_end_lets_go(person: Person, how: str) -> None:
    person.serve(how)
    person.set({"line": SIZE})
    with person.say(b"one\n") as first, person.say(b"two\n") as second:
        person.stopped(SIZE, 2)
        person.order("restart", key="a")
        assert {answer_of(first), answer_of(second)} == {b"ONE 3\n", b"TWO 3\n"}
    with person.say(b"three\n") as third:
        person.stopped(SIZE)  # the new process has the points before it serves
        person.set()
        assert answer_of(third) == b"THREE 5\n"
    assert person.ask(b"four\n") == b"FOUR 4\n"
    person.set({"line": SIZE})
    with person.say(b"five\n") as fifth:
        person.stopped(SIZE)
        person.order("gates_on", on=False)
        assert answer_of(fifth) == b"FIVE 4\n"
        assert person.ask(b"six\n") == b"SIX 3\n"
        person.order("gates_on", on=True)
        person.wait(lambda: person.tick["lines"][0]["attached"] > 0)
    with person.say(b"seven\n") as last:
        person.stopped(SIZE)
        person.order("stop", key="a")
        assert answer_of(last) == b"SEVEN 5\n"


@pytest.mark.parametrize("how", ["ThreadingTCPServer", "ForkingTCPServer"])
def test_code_that_was_reloaded_is_stopped_in_as_well(person: Person, how: str) -> None:
    person.serve(how)
    person.set({"line": ANSWER})
    person.path.write_text(HANDLER.replace("upper()", "lower()"))
    person.wait(lambda: person.tick["servers"][0]["code"]["version"] == 2)
    with person.say(b"STOP\n") as client:
        person.go(person.stopped(ANSWER)[0], "continue")
        assert answer_of(client) == b"stop 4\n"


def test_a_program_of_ones_own_is_stepped(person: Person, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import socketserver\nfrom lines import Lines\n"
        "with socketserver.ThreadingTCPServer(('127.0.0.1', 0), Lines) as server:\n    server.serve_forever()\n"
    )
    person.order("start", key="a", profile=Profile("program", kind="script", script=str(program)).to_json())
    person.wait(lambda: any(server["kind"] == "part" for server in person.tick["servers"]))
    part = next(server for server in person.tick["servers"] if server["kind"] == "part")
    person.address = port_of(part["address"])
    person.set({"line": SIZE})
    with person.say(b"stop\n") as client:
        person.go(person.stopped(SIZE)[0], "continue")
        assert answer_of(client) == b"STOP 4\n"


def test_where_there_is_no_debugger_it_is_told(person: Person, tmp_path: Path) -> None:
    """A package of the user's that hides the debugger's own module."""
    (tmp_path / "debugpy.py").write_text("")
    person.serve("ThreadingTCPServer")
    person.order("lines", key="a", points=[{"path": str(person.path), "line": SIZE}])
    person.wait(lambda: bool(person.tick["lines"] and person.tick["lines"][0]["error"]))
    assert "debugpy cannot be loaded" in person.tick["lines"][0]["error"]
    assert person.ask(b"go\n") == b"GO 2\n"


@pytest.mark.parametrize("interpreter", interpreters())
def test_in_other_pythons(person: Person, interpreter: str) -> None:
    """They have no debugpy of their own, and later ones are watched in another way."""
    person.serve("ForkingTCPServer", interpreter=interpreter)
    person.set({"line": SIZE})
    with person.say(b"stop\n") as client:
        stop = person.stopped(SIZE)[0]
        person.go(stop, "over")
        stop = person.stopped(ANSWER)[0]
        assert person.locals(stop)["size"] == "4"
        person.go(stop, "continue")
        assert answer_of(client) == b"STOP 4\n"


def test_changing_ones_mind_fast_ends_with_what_was_wanted_last(person: Person) -> None:
    person.serve("ThreadingTCPServer")
    for _ in range(5):
        for points in ([], [{"path": str(person.path), "line": SIZE}]):
            person.order("lines", key="a", points=points)
    person.wait(lambda: bool(person.tick["lines"]) and person.tick["lines"][0]["attached"] == 1)
    with person.say(b"stop\n") as client:
        person.go(person.stopped(SIZE)[0], "continue")
        assert answer_of(client) == b"STOP 4\n"


def test_when_the_window_goes_nothing_stays(person: Person) -> None:
    person.serve("ForkingTCPServer")
    person.set({"line": SIZE})
    with person.say(b"one\n") as client:
        child = int(person.stopped(SIZE)[0]["pid"])
        person.client.close()
        assert answer_of(client) == b"ONE 3\n"
    until(lambda: not alive([child, person.pid]))


def test_counts_and_log_points(person: Person) -> None:
    person.serve("ThreadingTCPServer")
    person.set({"line": SIZE, "hits": 3}, {"line": WRITE, "log": "said {answer}"})
    assert [person.ask(b"a\n"), person.ask(b"b\n")] == [b"A 1\n", b"B 1\n"]
    with person.say(b"c\n") as client:
        person.go(person.stopped(SIZE)[0], "continue")
        assert answer_of(client) == b"C 1\n"
    with CaptureReader(person.client.capture_path) as reader:

        def said() -> list[str]:
            return [record.line for record in reader.output(limit=100) if record.line.startswith("said")]

        until(lambda: said() == ["said b'A'", "said b'B'", "said b'C'"])


def test_what_cannot_be_is_told_in_a_sentence(person: Person) -> None:
    person.serve("ThreadingTCPServer")
    with pytest.raises(HostingError, match="no expression"):
        person.set({"line": SIZE, "condition": "word =="})
    with pytest.raises(HostingError, match="not stopped"):
        person.order("line_frames", pid=1, thread=1)
    person.set({"line": COMMENT})
    person.wait(lambda: bool(person.tick["lines"][0]["moved"]))
    assert person.tick["lines"][0]["moved"][0]["at"] in (ANSWER, WRITE)
    with person.say(b"one\n") as client:
        stop = person.stopped(person.tick["lines"][0]["moved"][0]["at"])[0]
        with pytest.raises(HostingError, match="ZeroDivisionError: division by zero"):
            person.evaluate(stop, "1 / 0")
        with pytest.raises(HostingError, match="no expression"):
            person.evaluate(stop, "import os")
        with pytest.raises(HostingError, match="did not end within 3 s"):
            person.evaluate(stop, "[0 for _ in iter(int, 1)]")
        assert person.evaluate(stop, "1 + 1") == "2"
        person.go(stop, "continue")
        assert answer_of(client) == b"ONE 3\n"
