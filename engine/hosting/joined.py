"""Makes a Python that a watched program has started record its servers, with the program's own."""

from __future__ import annotations

import atexit
import json
import os
import socket
from _thread import start_new_thread

from .. import install
from ..channel.sender import Sender
from ..debug.failures import describe
from ..observe.blackbox import BlackBox
from ..observe.identity import identity
from ..observe.recorder import Recorder
from . import alias
from .joining import JOIN, peer_of

PATIENCE = 2.0
"""Seconds to wait for the host, which may be about to end, before going on without."""
FLUSH_TIMEOUT = 1.0
DRAIN = 60.0


class Way:
    """Sends, and sees to it that what found no room leaves later: in a thread that lives as long as something waits."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._draining = False

    def send(self, records: list[bytes]) -> int:
        """As `Sender.send`."""
        sent = self._sender.send(records)
        if self._sender.waiting and not self._draining:
            self._draining = True
            start_new_thread(self._drain, ())
        return sent

    def _drain(self) -> None:
        while self._sender.waiting and not self._sender.lost:
            self._sender.flush(DRAIN)
            self._draining = self._sender.waiting


def join() -> None:
    """Ask the host for the way of the facts, and record all servers that are made. Raises OSError or ValueError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
        line.settimeout(PATIENCE)
        line.connect("\0" + os.environ[JOIN])
        if peer_of(line)[1] != os.getuid():
            raise ValueError("somebody else answers in place of the program that started it")
        said, descriptors, _, _ = socket.recv_fds(line, 4096, 2, socket.MSG_CMSG_CLOEXEC)
    if len(descriptors) < 2:
        raise ValueError("the program that started it does not answer")
    told = json.loads(said)
    identity.forked(told["generation"])  # what it serves is told apart by its process number, like a forked child's
    box = BlackBox(descriptors[1])
    os.close(descriptors[1])
    box.borrow(*told["slots"])
    box.tallies.borrow(told["cell"])
    sender = Sender(descriptors[0])
    recorder = Recorder(Way(sender).send, describe, box, told["payload_limit"], sender.flush)
    install(recorder)
    alias.install()

    def last_words() -> None:
        recorder.close()
        sender.flush(FLUSH_TIMEOUT)

    atexit.register(last_words)
