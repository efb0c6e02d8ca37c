"""Failures in real hosts: held where they leave a stage, told though they are caught, counted alike; and deaths."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.capture.filters import parse
from engine.capture.reader import CaptureReader
from engine.capture.records import State
from engine.hosting.client import SupervisorClient
from engine.observe.stages import Stage
from tests.journeys.headless import until
from tests.journeys.test_headless_gates import Person, ask, connect
from tests.journeys.test_headless_trouble import Site, _answer, _send, site

__all__ = ["site"]

HANDLERS = """
import socketserver, struct
class Length(socketserver.StreamRequestHandler):
    def handle(self):
        (n,) = struct.unpack(">I", self.rfile.read(4))
        rest = self.rfile.readline().rstrip()
        if len(rest) != n:
            raise ValueError(f"length {n} but {len(rest)}")
        self.wfile.write(rest)
class Untidy(Length):
    def finish(self):
        raise KeyError("never opened")
class Quiet(Length):
    def __init__(self, *arguments):
        try:
            super().__init__(*arguments)
        except ValueError:
            arguments[0].sendall(b"sorry")
"""
BAD = b"\0\0\0\x0ehello\n"
GOOD = b"\0\0\0\x05hello\n"


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        made = Person(client, tmp_path)
        (tmp_path / "lines.py").write_text(HANDLERS)
        yield made


@pytest.mark.parametrize("server_class", ["ThreadingTCPServer", "ForkingTCPServer", "PreforkTCPServer", "TCPServer"])
def test_an_exception_holds_its_request_wherever_it_runs(person: Person, server_class: str) -> None:
    address = person.start(server_class, "Length")
    person.set({"point": "raised", "condition": "error:ValueError", "once": True})
    with connect(address, BAD) as client:
        (pause,) = person.paused()
        assert (pause["point"], pause["error"]) == ("raised", "ValueError")
        if server_class != "TCPServer":
            assert ask(address, GOOD) == b"hello", "others go on"
        person.decide(pause)
        assert client.recv(100) == b""
    with connect(address, BAD) as client:
        assert client.recv(100) == b"", "only the first"


@pytest.mark.parametrize("server_class", ["ThreadingTCPServer", "ForkingTCPServer"])
def test_what_the_handler_catches_is_told_with_its_bytes(person: Person, server_class: str) -> None:
    address = person.start(server_class, "Quiet")
    for _ in range(3):
        assert ask(address, BAD) == b"sorry"
    assert ask(address, GOOD) == b"hello"
    with CaptureReader(person.capture) as reader:
        until(lambda: reader.count(parse("state:error")) == 3)
        failures = reader.failures()
        assert {(one.type, one.message, one.stage) for one in failures} == {
            ("ValueError", "length 14 but 5", Stage.HANDLE)
        }
        names = {row["name"]: row for row in failures[0].detail["frames"][-1]["locals"]}
        assert (names["n"]["value"], names["rest"]["hex"]) == ("14", b"hello".hex())
        (group,) = reader.failure_groups()
        assert (group.count, Path(group.place).name) == (3, "lines.py:8")
        alike = reader.alike(failures[1].request or 0)
        assert alike is not None
        assert (alike.place, alike.count) == (2, 3)
        assert reader.count(parse(f"same:#{failures[0].request}")) == 3


def test_what_is_raised_while_clearing_up_is_told_too(person: Person) -> None:
    address = person.start("ThreadingTCPServer", "Untidy")
    assert ask(address, BAD) == b""
    with CaptureReader(person.capture) as reader:
        until(lambda: reader.count(parse("state:error")) == 1)
        first, further = reader.failure(1), reader.further_failures(1)
        assert first is not None
        assert (first.type, first.stage) == ("ValueError", Stage.HANDLE)
        assert [(one.type, one.stage) for one in further] == [("KeyError", Stage.FINISH)]


@pytest.mark.parametrize("server_class", ["ForkingTCPServer", "PreforkTCPServer"])
@pytest.mark.parametrize(
    ("word", "cause"),
    [(b"crash", "killed by SIGSEGV in crash, line "), (b"leave", "exited with code 3"), (b"stay", "killed by SIGKILL")],
)
def test_a_child_that_dies_says_how_and_its_server_lives(
    site: Site, server_class: str, word: bytes, cause: str
) -> None:
    address = site.start(server_class)["address"]
    with _send(address, b"echo\n") as client:
        assert client.recv(100) == b"done\n"
        if word == b"stay":
            until(lambda: any(request.worker is not None for request in site.requests()))
            worker = site.requests()[0].worker
            assert worker is not None
            os.kill(worker.pid, signal.SIGKILL)
        else:
            client.sendall(word + b"\n")
        assert client.recv(100) in (b"", b"done\n")
    request = site.request_in(State.KILLED)
    assert cause in (request.error or "")
    assert site.received(request.id).startswith(b"echo\n")
    assert _answer(address, b"echo\n") == b"done\n"


def test_children_that_die_alike_are_one_group(site: Site) -> None:
    address = site.start("ForkingTCPServer")["address"]
    for _ in range(3):
        with _send(address, b"leave\n") as client:
            assert client.recv(100) == b""

    def groups() -> list[Any]:
        with CaptureReader(site.client.capture_path) as reader:
            return reader.failure_groups()

    until(lambda: [group.count for group in groups()] == [3])
