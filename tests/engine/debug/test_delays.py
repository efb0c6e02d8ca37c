"""Waits end at once when they are told to, in forked children too."""

from __future__ import annotations

import os
import socket
import threading
import time

import pytest

from engine.debug.delays import Delays

LONG = 60.0


def test_a_wait_lasts_as_long_as_it_is_to() -> None:
    delays, began = Delays(), time.monotonic()
    assert delays.wait(0.02)
    assert 0.02 <= time.monotonic() - began < LONG
    assert not delays.over


def test_all_waits_are_ended() -> None:
    delays, answers = Delays(), []
    waiting = [threading.Thread(target=lambda: answers.append(delays.wait(LONG))) for _ in range(3)]
    for thread in waiting:
        thread.start()
    delays.end()
    for thread in waiting:
        thread.join(LONG)
    assert answers == [False] * 3
    assert delays.over
    assert not delays.wait(LONG)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_waits_of_children_are_ended() -> None:
    delays = Delays()
    child = os.fork()
    if not child:
        os._exit(0 if not delays.wait(LONG) and delays.over else 1)
    delays.end()
    assert os.waitpid(child, 0)[1] == 0


def test_something_to_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        delays = Delays()
        assert not delays.readable(ours, 0.01)
        theirs.send(b"x")
        assert delays.readable(ours, LONG)
        ours.recv(1)
        delays.end()
        assert not delays.readable(ours, LONG)
