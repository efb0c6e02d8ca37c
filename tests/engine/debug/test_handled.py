"""What a handler reads after bytes have been put in place of others."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

from engine.debug.handled import HEARD, Handled


def test_bytes_in_the_kernel_are_replaced_once() -> None:
    given, client = socket.socketpair()
    with given, client:
        client.sendall(b"old")
        request: Any = SimpleNamespace(given=given)
        handled = Handled()
        assert handled.at_stake(request) == b"old"
        handled.replace(request, None, b"old", b"changed")
        assert (handled.take(4), handled.take(100)) == (b"chan", b"ged")
        client.sendall(b" and more")
        assert handled.receive(100, given.recv) == b" and more"
        assert handled.heard(request) == b"old and more"


def test_a_changed_change() -> None:
    given, client = socket.socketpair()
    with given, client:
        client.sendall(b"old")
        request: Any = SimpleNamespace(given=given)
        handled = Handled()
        handled.replace(request, None, handled.at_stake(request), b"first")
        handled.replace(request, None, handled.at_stake(request), b"second")
        client.sendall(b"!")
        assert handled.take(100) == b"second"
        assert handled.receive(100, given.recv) == b"!"


def test_what_is_remembered_is_bounded() -> None:
    handled = Handled()
    handled.hear(b"a" * HEARD)
    handled.hear(b"b")
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        assert handled.heard(SimpleNamespace(given=(b"", sock))) == b"a" * HEARD  # type: ignore[arg-type]
