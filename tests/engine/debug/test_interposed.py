"""Bytes pass through somebody's hands, whichever call a handler makes."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

import engine
from engine.debug.interposed import beneath, interpose
from engine.observe import acting
from engine.observe.acting import Actor
from engine.observe.request import Request
from tests.engine.serving import Notes, ask, serving


class Shouting(Actor):
    """Reads in capitals; writes with a mark."""

    def admitted(self, request: Request) -> None:
        interpose(request, self)

    def read(self, request: Request, size: int, receive: Callable[[int], bytes]) -> bytes:
        return receive(size).upper()

    def takes(self, request: Request, size: int) -> int:
        return size

    def write(self, request: Request, data: bytes, send: Callable[[bytes], Any]) -> None:
        send(data + b"!")


def by_files(sock: socket.socket) -> None:
    with sock.makefile("rb") as reader, sock.makefile("wb", 0) as writer:
        writer.write(reader.readline())


def by_recv_and_sendall(sock: socket.socket) -> None:
    sock.sendall(sock.recv(100))


def by_recv_into_and_send(sock: socket.socket) -> None:
    buffer = bytearray(100)
    size = sock.recv_into(buffer)
    assert sock.send(buffer[:size]) == size


def after_a_peek(sock: socket.socket) -> None:
    assert sock.recv(100, socket.MSG_PEEK) == b"hello\n"
    by_recv_and_sendall(sock)


@pytest.mark.parametrize("way", [by_files, by_recv_and_sendall, by_recv_into_and_send, after_a_peek])
def test_each_call(way: Callable[[socket.socket], None]) -> None:
    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            way(self.request)

    acting.choose(Shouting())
    try:
        with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Handler), Notes()) as server:
            assert ask(server.server_address, b"hello\n") == b"HELLO\n!"
    finally:
        acting.choose(None)


def test_others_are_left_alone() -> None:
    with socket.socket() as sock:
        assert beneath(sock) is socket.socket
