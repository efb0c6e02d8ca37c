"""Makes a Python that a watched program has started record its servers, with the program's own."""

from __future__ import annotations

import atexit
import json
import os
import socket

from .. import install
from ..channel.sender import Sender
from ..debug.failures import describe
from ..observe.blackbox import BlackBox
from ..observe.identity import identity
from ..observe.recorder import Recorder
from . import alias
from .joining import JOIN

PATIENCE = 2.0
"""Seconds to wait for the host, which may be about to end, before going on without."""
FLUSH_TIMEOUT = 1.0


def join() -> None:
    """Ask the host for the way of the facts, and record all servers that are made. Raises OSError or ValueError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
        line.settimeout(PATIENCE)
        line.connect("\0" + os.environ[JOIN])
        said, descriptors, _, _ = socket.recv_fds(line, 4096, 2)
    if len(descriptors) < 2:
        raise ValueError("the program that started it does not answer")
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    told = json.loads(said)
    identity.forked(told["generation"])  # what it serves is told apart by its process number, like a forked child's
    box = BlackBox(descriptors[1])
    os.close(descriptors[1])
    box.borrow(*told["slots"])
    box.tallies.borrow(told["cell"])
    sender = Sender(descriptors[0])
    recorder = Recorder(sender.send, describe, box, told["payload_limit"], sender.flush)
    install(recorder)
    alias.install()

    def last_words() -> None:
        recorder.close()
        sender.flush(FLUSH_TIMEOUT)

    atexit.register(last_words)
