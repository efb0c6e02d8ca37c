"""Playbacks against real servers of every kind: same chunks, same turns, and an end that each of them understands."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.replay.playback import Playback, Step
from engine.replay.player import Unreachable, play
from engine.replay.targets import Refused, Target, read_target
from tests.engine.certificates import certificate
from tests.engine.serving import DatagramEcho, Echo, Notes, serving


def playback(transport: str, *chunks: bytes, answer: bytes = b"", awaits: tuple[int, ...] = ()) -> Playback:
    turns = [*awaits, *[0] * len(chunks)]
    return Playback(transport, tuple(Step(c, 0.0, turns[n]) for n, c in enumerate(chunks)), answer)


class Talker(engine.StreamRequestHandler):
    """Greets, and answers each line with its length: a protocol in which both take turns."""

    def handle(self) -> None:
        self.wfile.write(b"hello\n")
        for line in self.rfile:
            self.wfile.write(b"%d\n" % len(line))


class ToTheEnd(engine.StreamRequestHandler):
    """Answers only when the client has said that it has nothing more to say."""

    def handle(self) -> None:
        self.wfile.write(b"%d in all" % len(self.rfile.read()))


def test_chunks_keep_their_borders_where_the_server_answers_between() -> None:
    notes = Notes()
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Talker), notes) as server:
        again = playback("tcp", b"one\n", b"three\n", answer=b"hello\n4\n6\n", awaits=(6, 8))
        played = play(again, Target("tcp", server.server_address))
        notes.wait("request_closed")
    assert played.answer == again.answer
    assert played.ended == "closed"
    assert [fact[2] for fact in notes.named("received")] == [b"one\n", b"three\n"]
    (opened,) = notes.named("request_opened")
    host, port = opened[1].address
    assert played.local == f"{host}:{port}"


def test_a_server_that_waits_for_the_end_hears_of_it() -> None:
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), ToTheEnd)) as server:
        played = play(playback("tcp", b"x" * 300_000, answer=b"300000 in all"), Target("tcp", server.server_address))
    assert played.answer == b"300000 in all"


def test_over_tls(tmp_path: Path) -> None:
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), ToTheEnd, ssl_context=certificate(tmp_path))) as server:
        target = Target("tcp", server.server_address, tls=True)
        played = play(playback("tcp", b"hello", answer=b"5 in all"), target)
    assert played.answer == b"5 in all"


@pytest.mark.parametrize("transport", ["udp", "unix", "unixgram"])
def test_other_families(transport: str, tmp_path: Path) -> None:
    kinds: dict[str, tuple[Any, Any]] = {
        "udp": (engine.ThreadingUDPServer, DatagramEcho),
        "unix": (engine.ThreadingUnixStreamServer, Echo),
        "unixgram": (engine.ThreadingUnixDatagramServer, DatagramEcho),
    }
    kind, handler = kinds[transport]
    where: Any = ("127.0.0.1", 0) if transport == "udp" else str(tmp_path / "socket")
    with serving(kind(where, handler)) as server:
        played = play(playback(transport, b"ping\n", answer=b"ping\n"), Target(transport, server.server_address))
    assert played.answer == b"ping\n"
    assert played.local


def test_a_datagram_that_was_not_answered() -> None:
    class Silent(engine.BaseRequestHandler):
        def handle(self) -> None:
            pass

    with serving(engine.UDPServer(("127.0.0.1", 0), Silent)) as server:
        assert play(playback("udp", b"?"), Target("udp", server.server_address)).answer == b""


def test_original_pauses_are_kept_if_wanted() -> None:
    again = Playback("tcp", (Step(b"one\n"), Step(b"two\n", 0.2)), b"4\n4\n")
    arrivals: list[float] = []

    class Clock(engine.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                arrivals.append(time.monotonic())
                self.wfile.write(b"%d\n" % len(line))

    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Clock)) as server:
        target = Target("tcp", server.server_address)
        assert play(again, target, at_once=False).answer == again.answer
        assert play(again, target).answer == again.answer
    assert arrivals[1] - arrivals[0] >= 0.15
    assert arrivals[3] - arrivals[2] < 0.15


def test_a_server_that_resets() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def reset() -> None:
        connection, _ = listener.accept()
        connection.recv(1)  # the rest stays unread, so that closing resets
        connection.close()

    thread = threading.Thread(target=reset)
    thread.start()
    played = play(playback("tcp", b"hello"), Target("tcp", listener.getsockname()))
    thread.join()
    listener.close()
    assert played.ended == "reset"


def test_a_server_that_leaves_the_connection_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        played = play(playback("tcp", b"hello"), Target("tcp", listener.getsockname()), patience=0.1)
    assert played.ended == "silent"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with pytest.raises(Unreachable, match="Nothing listens at 127"):
        play(playback("tcp", b"hello"), Target("tcp", address))


def test_another_machine_is_refused() -> None:
    with pytest.raises(Refused, match=r"203\.0\.113\.1 is another machine; .*--anywhere"):
        play(playback("tcp", b"hello"), Target("tcp", ("203.0.113.1", 9)))


def test_a_name_that_changes_its_meaning_is_looked_up_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    meanings = iter(["127.0.0.1", "203.0.113.1"])

    def look_up(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (next(meanings), port))]

    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo)) as server:
        target = Target("tcp", ("rebinding.example", server.server_address[1]))
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        assert play(playback("tcp", b"hi\n", answer=b"hi\n"), target).answer == b"hi\n"
        with pytest.raises(Refused, match="another machine"):
            play(playback("tcp", b"hi\n", answer=b"hi\n"), target)


def test_addresses_as_people_write_them() -> None:
    assert read_target("0.0.0.0:9009", "tcp").address == ("127.0.0.1", 9009)
    assert read_target("[::1]:9009", "tcp").address == ("::1", 9009)
    assert read_target("unix:/tmp/s", "unix").address == "/tmp/s"
    assert read_target("@name", "unix").resolve() == (socket.AF_UNIX, "\0name")
    with pytest.raises(Refused, match="no address"):
        read_target("nonsense", "tcp")
