"""Handlers that crash, hang, leave or raise: the row with its bytes and the cause is there, and serving goes on."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.capture.reader import CaptureReader
from engine.capture.records import RequestRecord, State
from engine.hosting.client import SupervisorClient
from engine.hosting.errors import HostingError
from engine.hosting.processes import mark_of
from engine.hosting.profile import Profile

from .headless import DEADLINE, alive, call, port_of, until

HANDLERS = Path(__file__).with_name("handlers_headless.py")


class Site:
    """A supervisor with one server, and its newest tick."""

    def __init__(self, client: SupervisorClient) -> None:
        self.client = client
        self.tick: dict[str, Any] = {}

    def start(self, server_class: str = "ThreadingTCPServer", handler: str = "Trouble") -> dict[str, Any]:
        profile = Profile(name="trouble", server_class=server_class, handler_file=str(HANDLERS), handler_class=handler)
        return self.client.request("start", DEADLINE, key="t", profile=profile)

    def server(self) -> dict[str, Any]:
        """The server's line of the newest tick."""
        for message in self.client.receive():
            self.tick = message if "tick" in message else self.tick
        return next((line for line in self.tick.get("servers", ()) if line["key"] == "t"), {})

    def until(self, **members: Any) -> dict[str, Any]:
        """Wait until the server's line has these members."""

        def so() -> bool:
            line = self.server()
            return all(line.get(name) == value for name, value in members.items())

        until(so)
        return self.server()

    def requests(self) -> list[RequestRecord]:
        with CaptureReader(self.client.capture_path) as reader:
            return reader.requests()

    def received(self, request: int) -> bytes:
        with CaptureReader(self.client.capture_path) as reader:
            return b"".join(chunk.data for chunk in reader.chunks(request) if chunk.received)

    def request_in(self, state: State) -> RequestRecord:
        """The first request, once it is in this state."""
        until(lambda: any(request.state == state for request in self.requests()))
        return next(request for request in self.requests() if request.state == state)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        yield Site(client)


def _send(address: str, data: bytes) -> socket.socket:
    client = socket.create_connection(port_of(address), DEADLINE)
    client.sendall(data)
    return client


def _answer(address: str, data: bytes) -> bytes:
    with _send(address, data) as client:
        return client.recv(100)


@pytest.mark.parametrize(
    ("word", "cause"),
    [(b"crash", "segmentation fault in crash, line "), (b"leave", "exit code 3")],
)
def test_host_dies_in_a_handler(site: Site, word: bytes, cause: str) -> None:
    address = site.start()["address"]
    with _send(address, b"echo\n") as first:
        assert first.recv(100) == b"done\n"
        first.sendall(word + b" \xff\x00\n")
        line = site.until(state="failed")
    assert line["error"]["code"] == "crashed"
    assert cause in line["error"]["sentence"]
    request = site.request_in(State.KILLED)
    assert request.error is not None
    assert cause in request.error
    assert site.received(request.id) == b"echo\n" + word + b" \xff\x00\n"
    again = site.client.request("restart", DEADLINE, key="t")
    assert again["address"] == address
    assert _answer(address, b"echo\n") == b"done\n"


def test_only_the_request_that_crashed_is_to_blame(site: Site) -> None:
    address = site.start()["address"]
    with _send(address, b"loop\n"), _send(address, b"echo\n") as idle, _send(address, b"echo\n") as culprit:
        assert idle.recv(100) == culprit.recv(100) == b"done\n"
        culprit.sendall(b"crash\n")
        error = site.until(state="failed")["error"]
    assert error["function"] == "crash"
    until(lambda: [request.state for request in site.requests()] == [State.KILLED] * 3)
    guilty = next(request.id for request in site.requests() if site.received(request.id).endswith(b"crash\n"))
    causes = {request.id: request.error or "" for request in site.requests()}
    assert causes.pop(guilty).startswith("segmentation fault in crash, line ")
    assert set(causes.values()) == {f"killed with its process: segmentation fault in request #{guilty}"}
    with CaptureReader(site.client.capture_path) as reader:
        blamed, others = reader.failure(guilty), [reader.failure(number) for number in causes]
    assert blamed is not None
    frame = next(frame for frame in blamed.detail["frames"] if frame["function"] == "crash")
    assert (frame["file"], frame["line"]) == (str(HANDLERS), error["line"])
    assert [error["line"], "        ctypes.string_at(0)"] in frame["source"]
    assert [other.detail["frames"] for other in others if other is not None] == [[], []]


@pytest.mark.parametrize("word", [b"crash", b"leave"])
def test_forked_child_dies_and_its_server_lives(site: Site, word: bytes) -> None:
    address = site.start("ForkingTCPServer")["address"]
    with _send(address, word + b"\n") as client:
        assert client.recv(100) == b""
    request = site.request_in(State.KILLED)
    assert site.received(request.id) == word + b"\n"
    if word == b"crash":
        assert (request.error or "").startswith("killed by SIGSEGV in crash, line ")
        with CaptureReader(site.client.capture_path) as reader:
            failure = reader.failure(request.id)
        assert failure is not None
        assert "crash" in [frame["function"] for frame in failure.detail["frames"]]
    assert _answer(address, b"echo\n") == b"done\n"


def test_loop_is_noticed_with_its_line_while_others_are_served(site: Site) -> None:
    address = site.start()["address"]
    with _send(address, b"loop\n"):
        request = site.request_in(State.RUNNING)
        assert site.received(request.id) == b"loop\n"
        assert _answer(address, b"echo\n") == b"done\n"
        until(lambda: (site.server().get("warning") or {}).get("code") == "busy")
        assert site.server()["warning"]["function"] == "Trouble.loop"
        assert site.client.request("restart", DEADLINE, key="t")["address"] == address
        assert _answer(address, b"echo\n") == b"done\n"


def test_held_interpreter_lock_is_noticed_with_its_line(site: Site) -> None:
    address = site.start()["address"]
    with _send(address, b"hold\n"):
        until(lambda: (site.server().get("warning") or {}).get("code") == "hung")
        assert "in hold, line " in site.server()["warning"]["sentence"]
        request = site.request_in(State.RUNNING)
        assert site.received(request.id) == b"hold\n"
        site.client.request("restart", DEADLINE, key="t")
        assert site.request_in(State.KILLED).error == "the server was restarted"
        assert _answer(address, b"echo\n") == b"done\n"


def test_halted_host_is_told_from_a_hanging_one(site: Site) -> None:
    started = site.start()
    os.kill(started["pid"], signal.SIGSTOP)
    until(lambda: (site.server().get("warning") or {}).get("code") == "stopped")
    os.kill(started["pid"], signal.SIGCONT)
    site.until(warning=None)
    assert _answer(started["address"], b"echo\n") == b"done\n"


def test_handler_that_raises(site: Site) -> None:
    address = site.start()["address"]
    with _send(address, b"fail\n") as client:
        assert client.recv(100) == b""
    request = site.request_in(State.ERROR)
    with CaptureReader(site.client.capture_path) as reader:
        failure = reader.failure(request.id)
    assert failure is not None
    assert (failure.type, failure.message) == ("ValueError", "no 14 5")
    frame = failure.detail["frames"][-1]
    assert frame["function"] == "Trouble.fail"
    assert {"name": "number", "type": "int", "value": "14"} in frame["locals"]
    assert _answer(address, b"echo\n") == b"done\n"


def test_a_daemonised_grandchild_ends_with_its_server(site: Site) -> None:
    started = site.start()
    assert _answer(started["address"], b"fork\n") in (b"done\n", b"")
    until(lambda: len(of_host(started["pid"])) > 1)  # one of the two, whichever is there when it is looked at
    tree = of_host(started["pid"])
    site.client.request("stop", DEADLINE, key="t")
    until(lambda: not alive(tree), 2.0)


def test_processes_that_multiply_are_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is set low for the test, by what the supervisor inherits of this process."""
    monkeypatch.setenv("SOCKETSCOPE_PROCESSES_LIMIT", "20")
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as client:
        site = Site(client)
        started = site.start()
        with _send(started["address"], b"multiply\n"):
            until(lambda: len(of_host(started["pid"])) > 20)
            line = site.until(state="failed")
        assert line["error"]["code"] == "too_many_processes"
        assert "more than the 20 that are allowed" in line["error"]["sentence"]
        until(lambda: of_host(started["pid"]) == [])
        assert _answer(client.request("restart", DEADLINE, key="t")["address"], b"echo\n") == b"done\n"


def of_host(pid: int) -> list[int]:
    """The processes with this host's mark."""
    mark = mark_of(pid)
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [number for number in numbers if mark and mark_of(number) == mark]


def test_the_log_tells_the_story(site: Site) -> None:
    started = site.start("ForkingTCPServer")
    with _send(started["address"], b"crash\n") as client:
        assert client.recv(100) == b""
    child = site.request_in(State.KILLED).worker
    assert child is not None

    def log() -> list[str]:
        with CaptureReader(site.client.capture_path) as reader:
            return [line.line for line in reader.output(None, 0, 100) if line.stream == 0]

    until(lambda: len(log()) == 2)
    again = site.client.request("restart", DEADLINE, key="t")
    os.kill(again["pid"], signal.SIGKILL)
    site.until(state="failed")
    until(lambda: len(log()) == 5)
    assert log() == [
        f"listening on {started['address']} (pid {started['pid']})",
        f"worker {child.pid} ended by SIGSEGV",
        "stopped: the server was restarted",
        f"listening on {started['address']} (pid {again['pid']})",
        "failed: The server ended: killed (SIGKILL).",
    ]
    table = call("show", str(site.client.capture_path)).stdout.splitlines()
    assert [line.split()[0] for line in table] == ["#", "-", "1", "-", "-", "-", "-"]
    assert len(call("show", "--where", "state:killed", str(site.client.capture_path)).stdout.splitlines()) == 2


def test_what_handlers_print_is_kept_with_its_stream(site: Site) -> None:
    address = site.start()["address"]
    assert _answer(address, b"speak\n") == b"done\n"

    def lines() -> list[tuple[int, str]]:
        with CaptureReader(site.client.capture_path) as reader:
            return [(line.stream, line.line) for line in reader.output(None, 0, 100) if line.stream]

    until(lambda: len(lines()) >= 2)
    assert sorted(lines()) == [(1, "to standard output \x1b[31m"), (2, "to standard error")]


def test_a_second_server_on_the_port_hears_who_holds_it(site: Site) -> None:
    started = site.start()
    port = port_of(started["address"])[1]
    profile = Profile(name="two", port=port, handler_file=str(HANDLERS), handler_class="Upper")
    with pytest.raises(HostingError) as refused:
        site.client.request("start", DEADLINE, key="u", profile=profile)
    assert refused.value.code == "port_in_use"
    assert refused.value.sentence.startswith(f"Port {port} is used by the server trouble;")
    assert refused.value.extras["offer"] != port


@pytest.mark.parametrize(("server_class", "children"), [("ThreadingTCPServer", 0), ("ForkingTCPServer", 2)])
def test_idle_requests_are_live_and_waiting(server_class: str, children: int, site: Site) -> None:
    address = site.start(server_class)["address"]
    with _send(address, b"echo\n") as one, _send(address, b"echo\n") as two:
        assert one.recv(100) == two.recv(100) == b"done\n"
        line = site.until(live=2, children=children, total=2, failed=0)
        assert line["concurrency"] == server_class.removesuffix("TCPServer").lower()
        until(lambda: [request.state for request in site.requests()] == [State.WAITING] * 2)
        with CaptureReader(site.client.capture_path) as reader:
            until(lambda: len(reader.cpu(None, 0)) > 0)
            samples = reader.cpu(None, 0)
        assert {sample.server for sample in samples} == {line["id"]}
        assert any(sample.thread == 0 and sample.rss for sample in samples)
    site.until(live=0, children=0)
