"""The hardened profile: bursts are queued, answers arrive whole, goodbyes are bounded."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.observe.recorder import Recorder
from tests.engine.certificates import ask_tls, certificate
from tests.engine.serving import DEADLINE, DatagramEcho, Echo, Notes, ask, serving

HERE = ("127.0.0.1", 0)
SERVERS = [engine.TCPServer, engine.ThreadingTCPServer, engine.ForkingTCPServer]


def test_one_class_for_each() -> None:
    hard = engine.harden(engine.ThreadingTCPServer)
    assert hard is engine.harden(engine.ThreadingTCPServer)
    assert engine.harden(hard) is hard
    assert issubclass(hard, engine.ThreadingTCPServer)
    with pytest.raises(TypeError, match="must be a server class of this package"):
        engine.harden(int)  # type: ignore[type-var]  # on purpose


@pytest.mark.parametrize("base", SERVERS)
def test_settings(base: Any) -> None:
    with serving(engine.harden(base)(HERE, Echo)) as server:
        assert ask(server.server_address, b"x\n") == b"x\n"
        assert server.request_queue_size == 1024
        assert not os.get_blocking(server.fileno())
        assert server.socket.gettimeout() is None


def test_the_next_server_may_have_the_address_at_once() -> None:
    kind = engine.harden(engine.TCPServer)
    with serving(kind(HERE, Echo)) as server, socket.create_connection(server.server_address) as client:
        client.sendall(b"x\n")
        assert client.makefile("rb").read() == b"x\n"  # the server has hung up first: its side lingers
    with kind(server.server_address, Echo) as again:
        assert again.server_address == server.server_address


def test_datagrams_are_not_shared_with_whoever_binds_the_same_address() -> None:
    with engine.harden(engine.UDPServer)(HERE, DatagramEcho) as server:
        assert not server.socket.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)


def test_connections_do_not_wait_for_more_to_send_and_block() -> None:
    seen: list[Any] = []

    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            options = self.request.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            seen.append((options, os.get_blocking(self.request.fileno()), self.request.gettimeout()))

    with serving(engine.harden(engine.TCPServer)(HERE, Handler)) as server:
        ask(server.server_address, b"")
    assert seen == [(1, True, None)]


def test_handle_request_waits() -> None:
    """A listener that does not block is no reason to give up at once."""
    server = engine.harden(engine.TCPServer)(HERE, Echo)
    server.timeout = DEADLINE
    with server, socket.create_connection(server.server_address) as client:
        client.sendall(b"x\n")
        server.handle_request()
        assert client.recv(10) == b"x\n"


class Deaf(engine.BaseRequestHandler):
    """Answers without having read everything."""

    def handle(self) -> None:
        self.request.recv(1)
        self.request.sendall(b"y" * 100_000)


@pytest.mark.parametrize("base", SERVERS)
def test_unread_input_does_not_destroy_the_answer(base: Any) -> None:
    with serving(engine.harden(base)(HERE, Deaf)) as server:
        for _ in range(5):
            assert len(ask(server.server_address, b"x" * 200_000)) == 100_000


def test_under_tls_too(tmp_path: Path) -> None:
    server = engine.harden(engine.ThreadingTCPServer)(HERE, Deaf, ssl_context=certificate(tmp_path))
    with serving(server):
        assert len(ask_tls(server.server_address, b"x" * 50_000)) == 100_000


def test_a_goodbye_is_bounded_in_time_and_bytes() -> None:
    class Server(engine.HardenedMixIn, engine.ThreadingTCPServer):
        linger_timeout = 0.2
        linger_bytes = 1000

    with serving(Server(HERE, Echo)) as server:
        with socket.create_connection(server.server_address, DEADLINE) as idle:
            idle.sendall(b"x\n")
            assert idle.recv(10) == b"x\n"
            assert idle.recv(10) == b""
            began = time.monotonic()
            server.shutdown()
            server.server_close()  # waits for the worker
            assert time.monotonic() - began < 5
        assert not [thread for thread in threading.enumerate() if "process_request_thread" in thread.name]


def test_the_accepting_thread_does_not_linger() -> None:
    """A client that is rejected and stays keeps nobody waiting."""

    class Server(engine.HardenedMixIn, engine.ThreadingTCPServer):
        linger_timeout = DEADLINE
        rejected = 0

        def verify_request(self, request: Any, client_address: Any) -> bool:
            self.rejected += 1
            return self.rejected > 1

    with serving(Server(HERE, Echo)) as server, socket.create_connection(server.server_address, DEADLINE) as rejected:
        assert rejected.recv(1) == b""
        began = time.monotonic()
        assert ask(server.server_address, b"x\n") == b"x\n"
        assert time.monotonic() - began < DEADLINE / 2


@pytest.mark.parametrize(("name", "value"), [("linger_timeout", -1), ("linger_bytes", -1), ("linger_bytes", 1.5)])
def test_wrong_bounds(name: str, value: Any) -> None:
    kind = type("Server", (engine.HardenedMixIn, engine.TCPServer), {name: value})
    with pytest.raises(ValueError, match=name):
        kind(HERE, Echo)


def test_no_empty_datagram_for_an_answer() -> None:
    with (
        serving(engine.harden(engine.UDPServer)(HERE, DatagramEcho)) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(DEADLINE)
        client.sendto(b"", server.server_address)
        client.sendto(b"x", server.server_address)
        assert client.recv(10) == b"x"


def test_its_file_goes(tmp_path: Path) -> None:
    with serving(engine.harden(engine.ThreadingUnixStreamServer)(str(tmp_path / "s"), Echo)):
        assert ask(str(tmp_path / "s"), b"x\n", socket.AF_UNIX) == b"x\n"
    assert not (tmp_path / "s").exists()


def test_a_burst_is_queued() -> None:
    """None of 128 simultaneous clients has to knock twice, though nobody accepts them yet."""
    with engine.harden(engine.TCPServer)(HERE, Echo) as server:
        clients = [socket.socket() for _ in range(128)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(server.server_address)
        for client in clients:
            client.settimeout(0.9)  # a second knock comes after a second
            client.sendall(b"x")
            client.close()


class Leaving(engine.StreamRequestHandler):
    """Raises SystemExit if it is told to leave."""

    def handle(self) -> None:
        line = self.rfile.readline()
        if line == b"leave\n":
            raise SystemExit("enough")
        self.wfile.write(line)


def _told(watched: str) -> list[Any]:
    kinds: dict[str, Any] = {"nobody": list, "a recorder": lambda: [Recorder(len)], "an observer": lambda: [Notes()]}
    return list(kinds[watched]())


WATCHED = pytest.mark.parametrize("watched", ["nobody", "a recorder", "an observer"])


@WATCHED
def test_a_handler_that_exits_ends_its_request_only(watched: str, capsys: pytest.CaptureFixture[str]) -> None:
    observers = _told(watched)
    with serving(engine.harden(engine.TCPServer)(HERE, Leaving), *observers) as server:
        assert ask(server.server_address, b"leave\n") == b""
        assert ask(server.server_address, b"stay\n") == b"stay\n"
    for recorder in observers:
        getattr(recorder, "close", int)()
    assert capsys.readouterr().err.count("SystemExit: enough") == 1


class LeavingDatagram(engine.DatagramRequestHandler):
    """Raises in the midst of its answer: the error that the datagram names, if it names one."""

    def handle(self) -> None:
        self.wfile.write(self.packet)
        error = {b"fail": ValueError, b"leave": SystemExit}.get(self.packet)
        if error is not None:
            raise error("enough")


@WATCHED
def test_a_failed_datagram_is_not_answered_and_does_not_end_the_server(
    watched: str, capsys: pytest.CaptureFixture[str]
) -> None:
    observers = _told(watched)
    with (
        serving(engine.harden(engine.UDPServer)(HERE, LeavingDatagram), *observers) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(DEADLINE)
        for packet in (b"fail", b"leave", b"stay"):
            client.sendto(packet, server.server_address)
        assert client.recv(10) == b"stay"
    for recorder in observers:
        getattr(recorder, "close", int)()
    printed = capsys.readouterr().err
    assert ("ValueError: enough" in printed, "SystemExit: enough" in printed) == (True, True)


def test_a_server_that_was_started_while_an_error_is_handled_still_answers() -> None:
    """Whether `handle` has raised is known by the exception that is being handled: not by one from before."""
    server = engine.harden(engine.UDPServer)(HERE, DatagramEcho)
    server.timeout = DEADLINE
    with server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(DEADLINE)
        client.sendto(b"x", server.server_address)
        try:
            raise ValueError("from before")
        except ValueError:
            server.handle_request()
        assert client.recv(10) == b"x"


def test_a_datagram_that_another_process_was_quicker_for_is_not_waited_for() -> None:
    with engine.harden(engine.UDPServer)(HERE, DatagramEcho) as server, pytest.raises(BlockingIOError):
        server.get_request()


def _left_behind(path: Path) -> None:
    """What a server leaves that is killed."""
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))


@pytest.mark.parametrize("kind", ["UnixStreamServer", "UnixDatagramServer", "PreforkUnixStreamServer"])
def test_it_starts_again_after_it_was_killed(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "s"
    _left_behind(path)
    with engine.harden(getattr(engine, kind))(str(path), Echo) as server:
        assert server.state is engine.ServerState.LISTENING
    assert not path.exists()


def test_a_start_that_fails_leaves_no_file(tmp_path: Path) -> None:
    class Failing(engine.harden(engine.UnixStreamServer)):  # type: ignore[misc]  # a class made by a call
        def server_activate(self) -> None:
            raise OSError("on purpose")

    with pytest.raises(OSError, match="on purpose"):
        Failing(str(tmp_path / "s"), Echo)
    assert not (tmp_path / "s").exists()


def test_a_drain_leaves_no_file(tmp_path: Path) -> None:
    with serving(engine.harden(engine.ThreadPoolUnixStreamServer)(str(tmp_path / "s"), Echo)) as server:
        assert server.drain(DEADLINE).clean
    assert not (tmp_path / "s").exists()


class Closing(engine.StreamRequestHandler):
    """Closes the server, from wherever it runs."""

    def handle(self) -> None:
        self.server.server_close()
        self.wfile.write(b"closed\n")


def test_a_child_that_closes_its_copy_of_the_server_leaves_the_parents_file(tmp_path: Path) -> None:
    with serving(engine.harden(engine.ForkingUnixStreamServer)(str(tmp_path / "s"), Closing)):
        assert ask(str(tmp_path / "s"), b"", socket.AF_UNIX) == b"closed\n"
        assert (tmp_path / "s").exists()
        assert ask(str(tmp_path / "s"), b"", socket.AF_UNIX) == b"closed\n"
    assert not (tmp_path / "s").exists()
