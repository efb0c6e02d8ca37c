"""What is accepted is what `socket.accept` would have given; sockets of other classes do it in their own way."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.servers.accepting import accept
from tests.engine.serving import DEADLINE


@pytest.fixture(params=["inet", "unix"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    unix = request.param == "unix"
    sock = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
    sock.settimeout(DEADLINE)
    sock.bind(str(tmp_path / "s") if unix else ("127.0.0.1", 0))
    sock.listen(2)
    yield sock
    sock.close()


def connected(listener: socket.socket) -> socket.socket:
    client = socket.socket(listener.family)
    client.connect(listener.getsockname())
    return client


def test_it_is_as_the_standard_librarys(listener: socket.socket) -> None:
    with connected(listener) as first, connected(listener) as second:
        ours, address = accept(listener)
        theirs, like = listener.accept()
        with ours, theirs:
            for name in ("family", "type", "proto"):
                assert getattr(ours, name) == getattr(theirs, name)
            assert (type(ours), ours.gettimeout(), ours.get_inheritable()) == (socket.socket, None, False)
            assert type(address) is type(like)
            first.sendall(b"a")
            second.sendall(b"b")
            assert (ours.recv(1), theirs.recv(1)) == (b"a", b"b")


def test_the_default_timeout_holds(listener: socket.socket) -> None:
    socket.setdefaulttimeout(3.5)
    try:
        with connected(listener), accept(listener)[0] as ours:
            assert ours.gettimeout() == 3.5
    finally:
        socket.setdefaulttimeout(None)


def test_a_socket_of_another_class_accepts_by_itself() -> None:
    class Own(socket.socket):
        def accept(self) -> Any:
            return "socket", "address"

    with Own() as own:
        assert accept(own) == ("socket", "address")


def test_accept_that_somebody_has_replaced_is_called(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "accept", lambda self: ("patched", None))
    assert accept(listener) == ("patched", None)


@pytest.mark.skipif(sys.platform != "linux", reason="errno as Linux has it")
def test_failures_pass() -> None:
    with socket.socket() as sock, pytest.raises(OSError, match="Invalid argument"):
        accept(sock)
