"""Waiting for what others do: until something is so, or a call has returned, but not for ever."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

PATIENCE = 3.0
"""Seconds within which what must happen happens on a busy machine."""


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Look again and again until it is so; False if that took too long."""
    deadline = time.monotonic() + seconds
    tick = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        tick.wait(0.005)
    return True


def took(call: Callable[[], object], limit: float) -> float | None:
    """Seconds that a call took, or None if it has not returned within `limit`. What it raises counts as returning."""
    began = time.monotonic()
    thread = start(call)
    thread.join(limit)
    return None if thread.is_alive() else time.monotonic() - began


def start(call: Callable[[], object]) -> threading.Thread:
    """Call it in a daemon thread, which may die of what it raises."""
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread


def trickle(client: socket.socket, words: bytes, longest: float) -> float:
    """Say a byte whenever the other side has let the client's timeout pass, until it hangs up.

    Returns after how many seconds that was, at most `longest`.
    """
    began = time.monotonic()
    while time.monotonic() - began < longest:
        try:
            client.sendall(words[:1])
            words = words[1:]
            if not client.recv(4096):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return min(time.monotonic() - began, longest)
