"""Requests run again against real servers: each new row is tied to the one it repeats, and answers are compared."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.capture.reader import CaptureReader
from engine.hosting.client import SupervisorClient
from engine.hosting.errors import HostingError
from engine.hosting.profile import Profile
from engine.replay.expectations import Expectation, write_expectations
from engine.replay.playback import read_playback
from tests.engine.certificates import ask_tls, certificate

SECONDS = 20.0
HANDLER = """
import socketserver
class Upper(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())
class Reverse(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.packet[::-1])
class Line(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline().upper())
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[SupervisorClient]:
    with SupervisorClient.spawn(tmp_path / "a.socketscope") as spawned:
        yield spawned


@pytest.fixture
def reader(client: SupervisorClient) -> Iterator[CaptureReader]:
    with CaptureReader(client.capture_path) as made:
        yield made


def start(client: SupervisorClient, folder: Path, handler: str = "Upper", **members: Any) -> dict[str, Any]:
    (folder / "handlers.py").write_text(HANDLER)
    profile = Profile(name=handler, handler_file=str(folder / "handlers.py"), handler_class=handler, **members)
    return client.request("start", SECONDS, key="k", profile=profile)


def events_until(client: SupervisorClient, what: str) -> list[dict[str, Any]]:
    """The clients' events up to the first of this kind."""
    found: list[dict[str, Any]] = []
    while client.wait(SECONDS):
        for message in client.receive():
            if message.get("event") == "clients":
                found.append(message)
                if message["what"] == what and message.get("client", "x") is (None if what == "ended" else 0):
                    return found
    raise AssertionError(found)


def closed_request(client: SupervisorClient, reader: CaptureReader) -> int:
    """The number of the first request, when it has closed."""
    while client.wait(SECONDS):
        client.receive()
        if (request := reader.request(1)) is not None and request.closed is not None:
            return request.id
    raise AssertionError


def run_again(client: SupervisorClient, request: int, **how: Any) -> dict[str, Any]:
    client.request("run_again", SECONDS, request=request, **how)
    return next(event for event in events_until(client, "ended") if event["what"] in ("played", "failed"))


def converse(sock: socket.socket) -> None:
    """Two lines, each answered before the next."""
    for line in (b"one\n", b"two\n"):
        sock.sendall(line)
        assert sock.recv(100) == line.upper()
    sock.shutdown(socket.SHUT_WR)
    assert sock.recv(100) == b""


@pytest.mark.parametrize("concurrency", ["Threading", "Forking", "ThreadPool", "Prefork", ""])
def test_a_stream_is_run_again(
    concurrency: str, client: SupervisorClient, reader: CaptureReader, tmp_path: Path
) -> None:
    host, _, port = start(client, tmp_path, server_class=f"{concurrency}TCPServer")["address"].rpartition(":")
    with socket.create_connection((host, int(port)), SECONDS) as sock:
        converse(sock)
    first = closed_request(client, reader)
    played = run_again(client, first)
    assert (played["equal"], played["size"], played["ended"], played["of"]) == (True, 8, "closed", first)
    again = played["request"]
    assert again != first
    assert (reader.rerun_of(again), reader.last_rerun(first)) == (first, again)
    assert reader.rerun_of(first) is None
    received = [[c.data for c in reader.chunks(number) if c.received] for number in (first, again)]
    assert received[0] == received[1] == [b"one\n", b"two\n"]


def test_over_a_unix_socket_and_with_other_bytes(
    client: SupervisorClient, reader: CaptureReader, tmp_path: Path
) -> None:
    path = str(tmp_path / "s")
    start(client, tmp_path, server_class="ThreadingUnixStreamServer", path=path)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        converse(sock)
    first = closed_request(client, reader)
    assert run_again(client, first)["equal"]
    other = run_again(client, first, payloads=[base64.b64encode(b"one\nthree\n").decode()])
    assert (other["equal"], other["first"], other["size"]) == (False, 5, 10)
    assert b"".join(c.data for c in reader.chunks(other["request"]) if not c.received) == b"ONE\nTHREE\n"


@pytest.mark.parametrize("family", ["UDPServer", "UnixDatagramServer"])
def test_a_datagram_is_run_again(family: str, client: SupervisorClient, reader: CaptureReader, tmp_path: Path) -> None:
    unix = family.startswith("Unix")
    place = {"path": str(tmp_path / "s")} if unix else {}
    address = start(client, tmp_path, "Reverse", server_class=f"Threading{family}", **place)["address"]
    where: Any = address if unix else ("127.0.0.1", int(address.rpartition(":")[2]))
    with socket.socket(socket.AF_UNIX if unix else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        if unix:
            sock.bind(str(tmp_path / "mine"))
        sock.sendto(b"abc", where)
        assert sock.recv(100) == b"cba"
    first = closed_request(client, reader)
    played = run_again(client, first)
    assert (played["equal"], played["size"]) == (True, 3)
    assert reader.rerun_of(played["request"]) == first


def test_over_tls(client: SupervisorClient, reader: CaptureReader, tmp_path: Path) -> None:
    certificate(tmp_path)
    files = {"tls_cert": str(tmp_path / "certificate.pem"), "tls_key": str(tmp_path / "key.pem")}
    address = start(client, tmp_path, "Line", **files)["address"]
    assert ask_tls(("127.0.0.1", int(address.rpartition(":")[2])), b"hello\n") == b"HELLO\n"
    first = closed_request(client, reader)
    played = run_again(client, first)
    assert (played["equal"], played["size"]) == (True, 6)
    assert reader.rerun_of(played["request"]) == first


def test_many_times_from_many_clients(client: SupervisorClient, reader: CaptureReader, tmp_path: Path) -> None:
    host, _, port = start(client, tmp_path)["address"].rpartition(":")
    with socket.create_connection((host, int(port)), SECONDS) as sock:
        converse(sock)
    first = closed_request(client, reader)
    client.request("run_again", SECONDS, request=first, repeat=5, clients=4)
    events = events_until(client, "ended")
    played = [event for event in events if event["what"] == "played"]
    assert len(played) == 20
    assert all(event["equal"] for event in played)
    assert len({event["request"] for event in played}) == 20
    assert events[-1]["what"] == "ended"


def test_what_cannot_be_run_again(client: SupervisorClient, reader: CaptureReader, tmp_path: Path) -> None:
    host, _, port = start(client, tmp_path)["address"].rpartition(":")
    with pytest.raises(HostingError, match="no longer in the capture"):
        client.request("run_again", SECONDS, request=77)
    with socket.create_connection((host, int(port)), SECONDS) as sock:
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""
    first = closed_request(client, reader)
    failed = run_again(client, first)
    assert failed["what"] == "failed"
    assert "received nothing" in failed["sentence"]
    client.request("stop", SECONDS, key="k")
    with pytest.raises(HostingError, match="does not run; start it first"):
        client.request("run_again", SECONDS, request=first)


def test_answers_are_checked_against_expectations(
    client: SupervisorClient, reader: CaptureReader, tmp_path: Path
) -> None:
    host, _, port = start(client, tmp_path)["address"].rpartition(":")
    with socket.create_connection((host, int(port)), SECONDS) as sock:
        converse(sock)
    playback = read_playback(reader, closed_request(client, reader))
    other = replace(playback, answer=b"ONE\nTOW\n")
    file = tmp_path / "expectations.json"
    write_expectations(file, [Expectation("good", "Upper", playback), Expectation("bad", "Upper", other)])
    client.request("check", SECONDS, key="k", file=str(file))
    checked = [event for event in events_until(client, "ended") if event["what"] == "checked"]
    assert [(event["name"], event["passed"], event["first"]) for event in checked] == [
        ("good", True, None), ("bad", False, 5),
    ]  # fmt: skip
    answers = [[c.data for c in reader.chunks(event["request"]) if not c.received] for event in checked]
    assert answers == [[b"ONE\n", b"TWO\n"]] * 2
