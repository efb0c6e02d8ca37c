"""Bytes out of buffers of every kind, and what a socket had taken when it failed."""

from __future__ import annotations

import socket
import sys
from array import array

import pytest

from engine.observe.buffers import front, taken, view

BIG = bytes(range(256)) * (80 << 10)
"""More than any socket takes while nobody reads."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells how much a socket has taken.")


def connection() -> tuple[socket.socket, socket.socket]:
    """Both ends, the accepted one first."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=10)
        return listener.accept()[0], client


def test_the_first_bytes_of_any_buffer() -> None:
    assert view(b"hello", 2) == view(bytearray(b"hello"), 2) == view(memoryview(b"hello"), 2) == b"he"
    assert view(array("I", [1, 2]), 5) == bytes(array("I", [1, 2]))[:5]
    assert front([b"he", bytearray(b"ll"), b"o"], 3) == b"hel"


@linux
def test_what_a_slow_reader_had_been_sent_is_known() -> None:
    server, client = connection()
    with server, client:
        server.sendall(b"before")
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.sendall(BIG)
        part = taken(server, BIG, len(b"before"))
        server.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as file:
            assert file.read() == b"before" + part
    assert 0 < len(part) < len(BIG)


@linux
def test_what_went_before_a_reset_is_known() -> None:
    server, client = connection()
    with server:
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.sendall(BIG)
        part = taken(server, BIG, 0)
        client.close()  # with unread bytes: a reset
        server.settimeout(10)
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            server.sendall(BIG)
        assert taken(server, BIG, 0) == part


def test_what_cannot_be_known_is_not_made_up() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.05)
        with pytest.raises(TimeoutError):
            ours.sendall(BIG)
        assert taken(ours, BIG, 0) == b""
    assert taken(ours, BIG, 0) == b""
    server, client = connection()
    with server, client:
        assert taken(server, b"abc", 100) == b""
