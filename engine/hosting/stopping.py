"""How a host is asked to end, each kind in its way, and how a server's address is given up."""

from __future__ import annotations

import contextlib
import os
import signal

from .entries import Entry
from .hosts import HostProcess
from .loop import Loop

STOP_GRACE = 2.0
SCRIPT_STEP = 1.0
"""Seconds."""


def ask_to_end(loop: Loop, entry: Entry, host: HostProcess) -> None:
    """In order; after the grace it is no longer asked."""
    if entry.profile.kind == "script":
        _interrupt(loop, entry, host)
    elif entry.state == "starting":
        host.kill()
    else:
        host.tell("stop")
        loop.later(STOP_GRACE, lambda: _kill_if(entry, host))


def _interrupt(loop: Loop, entry: Entry, host: HostProcess) -> None:
    """As a person would: Ctrl-C, then politely, then not."""
    host.signal(signal.SIGINT)
    loop.later(SCRIPT_STEP, lambda: host.signal(signal.SIGTERM) if entry.host is host else None)
    loop.later(SCRIPT_STEP * 2, lambda: _kill_if(entry, host))


def _kill_if(entry: Entry, host: HostProcess) -> None:
    if entry.host is host:
        host.kill()


def release(entry: Entry) -> None:
    """Close the listener and remove the socket file that we made."""
    if entry.listener is None:
        return
    address = entry.listener.getsockname()
    entry.listener.close()
    entry.listener = None
    if isinstance(address, str) and address:
        with contextlib.suppress(OSError):
            os.unlink(address)
