"""Lines of handlers of every family, stepped through to the end in real hosts while others flow."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.capture.reader import CaptureReader
from engine.capture.records import RequestRecord
from engine.hosting.client import SupervisorClient
from engine.hosting.profile import SERVER_CLASSES, Profile
from tests.journeys.headless import DEADLINE, port_of, until
from tests.journeys.test_headless_lines import ANSWER, HANDLER, SIZE, WRITE, Person

pytest.importorskip("debugpy")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")

KINDS = [kind for kind in SERVER_CLASSES if kind[0] in ("udp", "unix", "unixgram")]
ENDING = [kind for kind in SERVER_CLASSES if kind[1] in ("single", "threading", "forking")]


def handler_of(family: str) -> str:
    """The handler's text: a datagram can be read like a line."""
    return HANDLER if family in ("tcp", "unix") else HANDLER.replace("StreamRequest", "DatagramRequest")


def speak(family: str, where: Any, text: bytes, name: Path) -> socket.socket:
    """A client that sends a line; `name` is its own if it needs one."""
    kind = socket.SOCK_STREAM if family in ("tcp", "unix") else socket.SOCK_DGRAM
    client = socket.socket(socket.AF_UNIX if family.startswith("unix") else socket.AF_INET, kind)
    client.settimeout(DEADLINE)
    if family == "unixgram":
        client.bind(str(name))
    client.connect(where)
    client.sendall(text)
    return client


class FamilyPerson(Person):
    """A person whose clients speak what the server understands."""

    def __init__(self, client: SupervisorClient, folder: Path) -> None:
        super().__init__(client, folder)
        self.family = ""
        self._folder = folder
        self._names = itertools.count()
        self.where: Any = None

    def serve(self, how: str, **more: Any) -> None:
        family = self.family
        self.path.write_text(handler_of(family))
        path = str(self._folder / "s") if family.startswith("unix") else ""
        profile = Profile(
            "lines", server_class=how, handler_file=str(self.path), handler_class="Lines", path=path, **more
        )
        answer = self.order("start", key="a", profile=profile.to_json())
        self.where, self.pid = answer["address"] if path else port_of(answer["address"]), answer["pid"]

    def say(self, text: bytes) -> socket.socket:
        return speak(self.family, self.where, text, self._folder / f"c{next(self._names)}")

    def ask(self, text: bytes) -> bytes:
        with self.say(text) as client:
            return client.recv(4096)


@pytest.fixture
def person(tmp_path: Path) -> Iterator[FamilyPerson]:
    client = SupervisorClient.spawn(tmp_path / "test.socketscope")
    try:
        yield FamilyPerson(client, tmp_path)
    finally:
        client.close()


@pytest.mark.parametrize(("family", "concurrency"), KINDS)
def test_one_worker_is_stepped_while_others_flow(person: FamilyPerson, family: str, concurrency: str) -> None:
    person.family = family
    person.serve(SERVER_CLASSES[family, concurrency], attributes={"workers": 2} if concurrency == "prefork" else {})
    person.set({"line": SIZE, "condition": "word == b'stop\\n'"})
    if concurrency == "prefork":
        person.wait(lambda: person.tick["lines"][0]["attached"] == 3)
    with person.say(b"stop\n") as client:
        stop = person.stopped(SIZE)[0]
        assert (stop["function"], stop["reason"], stop["path"]) == ("handle", "breakpoint", str(person.path))
        person.wait(lambda: person.tick["stopped"][0]["id"] is not None)
        if concurrency != "single":
            assert [person.ask(b"go %d\n" % n) for n in range(5)] == [b"GO %d 4\n" % n for n in range(5)]
        assert person.locals(stop)["word"] == "b'stop\\n'"
        assert person.evaluate(stop, "self.heard * 2") == "b'stopstop'"
        person.go(stop, "over")
        stop = person.stopped(ANSWER)[0]
        assert person.locals(stop)["size"] == "4"
        person.go(stop, "cursor", path=str(person.path), line=WRITE)
        stop = person.stopped(WRITE)[0]
        assert person.locals(stop)["answer"] == "b'STOP'"
        request = stop["id"]
        person.go(stop, "continue")
        assert client.recv(100) == b"STOP 4\n"
    person.wait(lambda: not person.tick["stopped"])
    with CaptureReader(person.client.capture_path) as reader:

        def done() -> list[RequestRecord]:
            return [row for row in reader.requests() if row.id == request and not row.state.live]

        until(lambda: bool(done()))
        (row,) = done()
    assert (row.bytes_in, row.bytes_out) == (len(b"stop\n"), len(b"STOP 4\n"))


@pytest.mark.parametrize(("family", "concurrency"), ENDING)
def test_the_last_step_and_every_end_let_go(person: FamilyPerson, family: str, concurrency: str) -> None:
    person.family = family
    person.serve(SERVER_CLASSES[family, concurrency])
    person.set({"line": WRITE})
    with person.say(b"zero\n") as client:
        person.go(person.stopped(WRITE)[0], "over")
        assert client.recv(100) == b"ZERO 4\n"
    person.wait(lambda: not person.tick["stopped"])
    with person.say(b"one\n") as client:
        person.stopped(WRITE)
        person.order("restart", key="a")
        assert client.recv(100) == b"ONE 3\n"
    with person.say(b"two\n") as client:
        person.stopped(WRITE)
        person.set()
        assert client.recv(100) == b"TWO 3\n"
    assert person.ask(b"free\n") == b"FREE 4\n"
    person.set({"line": SIZE})
    with person.say(b"three\n") as client:
        person.stopped(SIZE)
        person.order("stop", key="a")
        assert client.recv(100) == b"THREE 5\n"
