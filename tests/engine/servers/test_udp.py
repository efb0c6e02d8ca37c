"""Datagrams: one after the other without a look at the selector, cut ones and lost ones are told, options."""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import engine
from engine import Stage
from engine.observe.facts import Kind, Piece
from engine.observe.recorder import Recorder
from engine.observe.rows import Row, unfold
from engine.servers.udp import BATCH, DatagramsLostError
from tests.engine.serving import DEADLINE, DatagramEcho, Notes, serving

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


class Rows:
    """A recorder's rows."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.recorder = Recorder(self._take)

    def _take(self, records: list[bytes]) -> int:
        rows = unfold(b"".join(records))
        self.rows += rows
        return len(rows)

    def of(self, kind: Kind) -> list[Row]:
        """All rows of one kind."""
        self.recorder.flush()
        return [row for row in self.rows if row[0] == kind]


def _client(server: Any) -> socket.socket:
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(DEADLINE)
    client.connect(server.server_address)
    return client


@pytest.fixture(params=["plain", "recorded", "observed"])
def watcher(request: pytest.FixtureRequest) -> list[engine.Observer]:
    watchers: dict[str, list[engine.Observer]] = {"plain": [], "recorded": [Rows().recorder], "observed": [Notes()]}
    return watchers[request.param]


def test_what_waits_is_served_in_one_go(watcher: list[engine.Observer], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred datagrams need a few looks at the selector, not two hundred."""
    looks = 0

    class Counting(engine._ServerSelector):  # type: ignore[valid-type,misc]  # a variable, as in socketserver
        def select(self, timeout: float | None = None) -> Any:
            nonlocal looks
            looks += 1
            return super().select(timeout)

    monkeypatch.setattr(engine, "_ServerSelector", Counting)
    server = engine.UDPServer(("127.0.0.1", 0), DatagramEcho)
    with _client(server) as client:
        for number in range(200):
            client.send(b"%d" % number)
        with serving(server, *watcher):
            assert [client.recv(9) for _ in range(200)] == [b"%d" % number for number in range(200)]
            once = looks
    if not any(isinstance(observer, Notes) for observer in watcher):
        assert once < 200 / BATCH + 16


def test_overrides_see_each_datagram(watcher: list[engine.Observer]) -> None:
    calls: list[str] = []

    class Server(engine.UDPServer):
        def get_request(self) -> Any:
            calls.append("get")
            return super().get_request()

        def service_actions(self) -> None:
            calls.append("actions")

        def verify_request(self, request: Any, client_address: Any) -> bool:
            calls.append("verify")
            return True

    server = Server(("127.0.0.1", 0), DatagramEcho)
    with _client(server) as client:
        client.send(b"1")
        client.send(b"2")
        with serving(server, *watcher):
            assert [client.recv(9), client.recv(9)] == [b"1", b"2"]
    assert calls[:5] == ["get", "verify", "actions", "get", "verify"]


def test_handle_request_serves_one(watcher: list[engine.Observer]) -> None:
    with engine.UDPServer(("127.0.0.1", 0), DatagramEcho) as server, _client(server) as client:
        for observer in watcher:
            server.add_observer(observer)
        client.send(b"1")
        client.send(b"2")
        server.handle_request()
        assert client.recv(9) == b"1"
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(9)


def test_a_stop_comes_between_two_datagrams(watcher: list[engine.Observer]) -> None:
    served: list[bytes] = []

    class Stop(engine.DatagramRequestHandler):
        def handle(self) -> None:
            served.append(self.packet)
            self.server.shutdown()

    with engine.UDPServer(("127.0.0.1", 0), Stop) as server, _client(server) as client:
        for observer in watcher:
            server.add_observer(observer)
        for _ in range(9):
            client.send(b"stop")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        thread.join(DEADLINE)
        assert not thread.is_alive()
    assert served == [b"stop"]


def test_an_exception_is_printed_and_the_next_is_served(
    watcher: list[engine.Observer], capsys: pytest.CaptureFixture[str]
) -> None:
    class Moody(engine.DatagramRequestHandler):
        def handle(self) -> None:
            if self.packet == b"bad":
                raise ValueError("broken")
            self.wfile.write(b"good")

    server = engine.UDPServer(("127.0.0.1", 0), Moody)
    with _client(server) as client:
        client.send(b"bad")
        client.send(b"fine")
        with serving(server, *watcher):
            assert [client.recv(9), client.recv(9)] == [b"", b"good"]
    assert capsys.readouterr().err.count("ValueError: broken") == 1


@linux
def test_the_true_size_of_a_cut_datagram() -> None:
    rows = Rows()
    server = engine.UDPServer(("127.0.0.1", 0), DatagramEcho)
    server.max_packet_size = 10
    with _client(server) as client, serving(server, rows.recorder):
        client.send(b"x" * 30)
        assert client.recv(99) == b"x" * 10
    ((_, _, flags, _, _, _, size, data),) = rows.of(Kind.RECEIVED)
    assert (Piece(flags), size, data) == (Piece.TRUNCATED, 30, b"x" * 10)


@linux
@pytest.mark.parametrize("handler", [DatagramEcho])
def test_datagrams_that_the_kernel_drops_are_told(handler: Any) -> None:
    notes = Notes()

    class Small(engine.UDPServer):
        receive_buffer_size = 4096

    server = Small(("127.0.0.1", 0), handler)
    with _client(server) as client:
        for _ in range(300):
            client.send(b"x" * 500)
        drops = server.kernel_drops()
        assert drops
        with serving(server, notes):
            (_, request, stage, error), *_ = notes.wait("failed")
            assert server.kernel_drops() == drops
    assert isinstance(error, DatagramsLostError)
    assert (request.id, stage, error.count) == (0, Stage.GET_REQUEST, drops)
    assert server.kernel_drops() is None  # closed


@pytest.mark.parametrize("size", [0, -1, True, "big", 1 << 31])
def test_a_receive_buffer_of_no_size(size: Any) -> None:
    class Server(engine.UDPServer):
        receive_buffer_size = size

    with pytest.raises(ValueError, match="receive_buffer_size"):
        Server(("127.0.0.1", 0), DatagramEcho)


class Silent(engine.DatagramRequestHandler):
    """Says nothing, or what it is asked to."""

    def handle(self) -> None:
        self.wfile.write(self.packet.strip())


@pytest.mark.parametrize(("reply", "answers"), [(True, [b"", b"yes"]), (False, [b"yes"])])
def test_empty_replies_can_be_left_out(reply: bool, answers: list[bytes]) -> None:
    server = engine.UDPServer(("127.0.0.1", 0), Silent)
    server.reply_when_empty = reply
    with _client(server) as client, serving(server):
        client.send(b" ")
        client.send(b"yes")
        assert [client.recv(9) for _ in answers] == answers


@pytest.mark.parametrize("reply", [True, False])
def test_a_client_without_address(reply: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nobody to answer: socketserver raises TypeError, which can be left out."""
    with engine.UnixDatagramServer(str(tmp_path / "socket"), DatagramEcho) as server:
        server.reply_when_empty = reply
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.connect(server.server_address)
            client.send(b"who?")
        server.handle_request()
    assert ("TypeError" in capsys.readouterr().err) is reply
