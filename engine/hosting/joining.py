"""The host's share of recording the Pythons that its program starts: hands each that asks the way of the facts.

They ask at a socket in the abstract namespace, which no other user's process is answered at. Its name travels in the
environment, like the folder of a sitecustomize that finds it there.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
from pathlib import Path

from ..channel.sender import Sender
from .control import Control

JOIN = "SOCKETSCOPE_JOIN"
"""Environment variable: where to ask."""
STARTUP = str(Path(__file__).with_name("startup"))
WAITING = 64
"""How many may ask at once."""
_PEER = struct.Struct("3i")
"""Linux's SO_PEERCRED: process, user, group."""


class Joining:
    """Lets processes join, from `begin` on, where the system can tell who asks."""

    def __init__(self, control: Control, sender: Sender, payload_limit: int) -> None:
        self._control = control
        self._sender = sender
        self._payload_limit = payload_limit

    def begin(self) -> None:
        """Listen, and let the processes that are started from now on know of it."""
        if sys.platform != "linux":
            return
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._door.setblocking(False)
        name = f"socketscope-{os.getpid()}-{os.urandom(8).hex()}"
        self._door.bind("\0" + name)
        self._door.listen(WAITING)
        self._control.watch(self._door.fileno(), self._let_in)
        before = os.environ.get("PYTHONPATH")
        os.environ |= {JOIN: name, "PYTHONPATH": os.pathsep.join(filter(None, (STARTUP, before)))}

    def _let_in(self) -> None:
        try:
            line, _ = self._door.accept()
        except OSError:
            return
        with line:
            pid, user, _ = _PEER.unpack(line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
            facts = self._sender.fileno()
            if user != os.getuid() or facts < 0:
                return
            self._control.tell({"event": "joined", "pid": pid})  # before it tells anything itself
            try:
                socket.send_fds(line, [json.dumps({"payload_limit": self._payload_limit}).encode()], [facts])
            except OSError:
                return  # it has gone
