"""A forked child hears that it is to hold a request."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator

import pytest

from engine.hosting.halting import SIGNAL, Halting

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    assert SIGNAL is not None
    before = signal.getsignal(SIGNAL)
    yield
    signal.signal(SIGNAL, before)


def test_only_the_child_that_was_meant_halts() -> None:
    heard, told = os.pipe()
    halting = Halting(lambda number: os.write(told, b"%d" % number))
    child = os.fork()
    if not child:
        try:
            os.write(told, b"ready")  # a fresh child forgets what it was sent too early
            select.select([], [], [], 10)
        finally:
            os._exit(0)
    try:
        assert SIGNAL is not None
        assert os.read(heard, 100) == b"ready"
        os.kill(os.getpid(), SIGNAL)  # not for the host
        halting.order(child, 4711 << 32 | 5)
        assert select.select([heard], [], [], 10)[0]
        assert os.read(heard, 100) == b"%d" % (4711 << 32 | 5)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(heard)
        os.close(told)


def test_a_child_that_has_ended_is_no_trouble() -> None:
    halting = Halting(lambda number: None)
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    halting.order(child, 1)
