"""Tapped sockets: the same object, the same answers, and every byte told."""

from __future__ import annotations

import multiprocessing
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.observe import tap
from engine.observe.buffers import Partial
from engine.observe.facts import Outcome, Piece
from tests.engine.serving import DEADLINE, Notes, serving

BIG = bytes(range(256)) * 2048


def _exchange(work: Callable[[socket.socket], object], data: bytes, answers: bool = True) -> tuple[Notes, bytes]:
    """Let a handler do `work` on its connection while a client sends `data` and reads all that comes."""
    problems: list[BaseException] = []

    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            try:
                work(self.request)
            except BaseException as error:
                problems.append(error)

    notes = Notes()
    with (
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Handler), notes) as server,
        socket.create_connection(server.server_address) as client,
    ):
        client.settimeout(DEADLINE)
        sender = threading.Thread(target=_send_all, args=(client, data))
        sender.start()
        with client.makefile("rb") as file:
            answer = file.read() if answers else b""
        sender.join(DEADLINE)
        notes.wait("request_closed")
    assert problems == []
    return notes, answer


def _send_all(client: socket.socket, data: bytes) -> None:
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)


def _receive_into(sock: socket.socket) -> None:
    buffer = bytearray(100)
    while size := sock.recv_into(memoryview(buffer)[10:], 50):
        assert size <= 50


def _receive_words(sock: socket.socket) -> None:
    buffer = memoryview(bytearray(64)).cast("I")
    while sock.recv_into(buffer):
        pass


def _receive_message(sock: socket.socket) -> None:
    while sock.recvmsg(4096)[0]:
        pass


def _receive_peeking(sock: socket.socket) -> None:
    while sock.recv(4096, socket.MSG_PEEK):
        sock.recv(4096)


RECEIVING: dict[str, Callable[[socket.socket], object]] = {
    "recv": lambda sock: all(iter(lambda: sock.recv(4096), b"")),
    "recv_into": _receive_into,
    "recv_into words": _receive_words,
    "recvfrom": lambda sock: all(iter(lambda: sock.recvfrom(4096)[0], b"")),
    "recvmsg": _receive_message,
    "makefile": lambda sock: sock.makefile("rb").read(),
    "peek": _receive_peeking,
}


@pytest.mark.parametrize("how", RECEIVING)
def test_all_received_bytes(how: str) -> None:
    notes, _ = _exchange(RECEIVING[how], BIG)
    assert notes.data("received") == BIG


def _write_file(sock: socket.socket) -> None:
    with sock.makefile("wb") as file:
        file.write(BIG)


SENDING: dict[str, Callable[[socket.socket], object]] = {
    "send": lambda sock: [sock.send(BIG[i : i + 1000]) for i in range(0, len(BIG), 1000)],
    "sendall": lambda sock: sock.sendall(BIG),
    "sendall view": lambda sock: sock.sendall(memoryview(BIG).cast("I")),
    "sendall array": lambda sock: sock.sendall(bytearray(BIG)),
    "sendmsg": lambda sock: [sock.sendmsg([BIG[i : i + 9], BIG[i + 9 : i + 512]]) for i in range(0, len(BIG), 512)],
    "makefile": _write_file,
}


@pytest.mark.parametrize("how", SENDING)
def test_all_sent_bytes(how: str) -> None:
    notes, answer = _exchange(SENDING[how], b"")
    assert notes.data("sent") == answer == BIG


def test_sendfile_tells_the_size(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(BIG)

    def send(sock: socket.socket) -> None:
        with path.open("rb") as file:
            assert sock.sendfile(file) == len(BIG)

    notes, answer = _exchange(send, b"")
    assert answer == BIG
    ((_, request, data, _),) = notes.named("sent")
    assert isinstance(data, Partial)
    assert (data, data.size, data.piece) == (b"", len(BIG), Piece.UNSEEN)
    assert request.bytes_out == len(BIG)


def test_bytes_in_other_threads_belong_to_the_request() -> None:
    def pump(sock: socket.socket) -> None:
        thread = threading.Thread(target=lambda: sock.sendall(sock.recv(100).upper()))
        thread.start()
        thread.join(DEADLINE)

    notes, answer = _exchange(pump, b"pumped")
    assert answer == notes.data("sent") == b"PUMPED"
    assert notes.named("sent")[0][1] is notes.named("request_opened")[0][1]


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_identity_and_looks_are_kept(pair: tuple[socket.socket, socket.socket]) -> None:
    sock, _ = pair
    plain = repr(sock)
    assert tap.attach(sock)
    assert isinstance(sock, socket.socket)
    assert repr(sock) == plain
    assert tap.attach(sock)
    tap.detach(sock)
    assert type(sock) is socket.socket


def test_a_duplicate_is_an_ordinary_socket(pair: tuple[socket.socket, socket.socket]) -> None:
    tap.attach(pair[0])
    with pair[0].dup() as twin:
        assert type(twin) is socket.socket


def test_subclasses_keep_their_methods(pair: tuple[socket.socket, socket.socket]) -> None:
    class Shouting(socket.socket):
        def sendall(self, data: Any, flags: int = 0, /) -> None:
            super().sendall(data.upper(), flags)

    with Shouting(fileno=pair[0].detach()) as sock:
        assert tap.attach(sock)
        sock.sendall(b"loud")
        assert pair[1].recv(9) == b"LOUD"


def test_tls_sockets(pair: tuple[socket.socket, socket.socket]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    with context.wrap_socket(pair[0], do_handshake_on_connect=False) as sock:
        assert tap.attach(sock)
        assert isinstance(sock, ssl.SSLSocket)
        tap.detach(sock)
        assert type(sock) is ssl.SSLSocket


def test_what_is_no_socket_is_left_alone() -> None:
    assert not tap.attach(object())


def _answer(sock: socket.socket) -> None:
    with sock:
        sock.sendall(b"from afar")


def test_handed_to_another_process() -> None:
    def hand_over(sock: socket.socket) -> None:
        process = multiprocessing.get_context("spawn").Process(target=_answer, args=(sock,))
        process.start()
        process.join(DEADLINE)
        assert process.exitcode == 0

    _, answer = _exchange(hand_over, b"")
    assert answer == b"from afar"


@pytest.mark.skipif(not tap._KERNEL_TELLS_SIZE, reason="only Linux tells")
def test_cut_datagrams_have_their_true_size() -> None:
    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            assert type(data) is bytes
            sock.sendto(data[-3:], self.client_address)

    notes = Notes()
    with (
        serving(engine.UDPServer(("127.0.0.1", 0), Handler), notes) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(DEADLINE)
        client.sendto(b"x" * 8189 + b"abc" + b"y" * 100, server.server_address)
        assert client.recv(9) == b"abc"
        client.sendto(b"z" * 8192, server.server_address)
        assert client.recv(9) == b"zzz"
        notes.wait("request_closed", 2)
    first, second = (fact[2] for fact in notes.named("received"))
    assert (len(first), first.size, first.piece) == (8192, 8292, Piece.TRUNCATED)
    assert type(second) is bytes


def test_a_datagram_answered_by_another_thread() -> None:
    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            thread = threading.Thread(target=sock.sendto, args=(data, self.client_address))
            thread.start()
            thread.join(DEADLINE)

    notes = Notes()
    with (
        serving(engine.UDPServer(("127.0.0.1", 0), Handler), notes) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(DEADLINE)
        client.sendto(b"x", server.server_address)
        assert client.recv(9) == b"x"
        notes.wait("request_closed")
    assert notes.named("sent")[0][1] is notes.named("request_opened")[0][1]


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells how much a socket has taken.")
def test_a_sendall_that_fails_midway_tells_what_had_gone() -> None:
    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(b"head")
            self.request.settimeout(0.05)
            try:
                self.request.sendall(BIG * 40)
            except TimeoutError:
                failed.set()

    failed, notes = threading.Event(), Notes()
    with (
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Handler), notes) as server,
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        assert failed.wait(DEADLINE)  # nobody has read
        with client.makefile("rb") as file:
            answer = file.read()
        ((_, request, outcome),) = notes.wait("request_closed")
    assert 4 < len(answer) < 4 + len(BIG) * 40
    assert notes.data("sent") == answer
    assert request.bytes_out == len(answer)
    assert outcome is Outcome.TIMED_OUT
