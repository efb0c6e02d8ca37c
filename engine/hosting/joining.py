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
from collections import Counter
from pathlib import Path
from typing import Any

from ..channel.sender import Sender
from ..observe.blackbox import BlackBox
from ..observe.identity import before_first
from .control import Control, identity_of, out_of_the_way

JOIN = "SOCKETSCOPE_JOIN"
"""Environment variable: where to ask."""
STARTUP = str(Path(__file__).with_name("startup"))
WAITING = 64
"""How many may ask at once."""
SLOTS, RESERVE = 16, 128
"""Of the black box, at most, for each that has joined; and how many the host keeps."""
GENERATIONS = 64
"""Programs, at most, that may have the same process number, one after the other: a process can become another one."""
_PEER = struct.Struct("3i")
"""Linux's SO_PEERCRED: process, user, group."""


def peer_of(line: socket.socket) -> tuple[int, int]:
    """Process and user at the other end."""
    pid, user, _ = _PEER.unpack(line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return pid, user


class Joining:
    """Lets processes join, from `begin` on, where the system can tell who asks."""

    def __init__(self, control: Control, sender: Sender, box: BlackBox, box_fd: int, payload_limit: int) -> None:
        self._control = control
        self._sender = sender
        self._box = box
        self._box_fd, self._box_identity = box_fd, identity_of(box_fd)
        self._payload_limit = payload_limit
        self._lent: dict[int, tuple[int, list[int], int]] = {}
        """By number of who joined: which process, its slots of the black box, and its cell of the tallies."""
        self._joined = 0
        self._generations: Counter[int] = Counter()
        control.on("left", lambda order: self._take_back(int(order["number"])))

    def begin(self) -> None:
        """Listen, and let the processes that are started from now on know of it."""
        if sys.platform != "linux":
            return
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        name = f"socketscope-{os.getpid()}-{os.urandom(8).hex()}"
        self._door.bind("\0" + name)
        self._door.listen(WAITING)
        self._door = socket.socket(fileno=out_of_the_way(self._door.detach()))
        self._door.setblocking(False)
        self._control.watch(self._door.fileno(), self._let_in)
        before = os.environ.get("PYTHONPATH")
        os.environ |= {JOIN: name, "PYTHONPATH": os.pathsep.join(filter(None, (STARTUP, before)))}

    def _let_in(self) -> None:
        try:
            line, _ = self._door.accept()
        except OSError:
            return
        with line:
            pid, user = peer_of(line)
            facts, box = self._sender.fileno(), self._box_fd
            if facts < 0 or identity_of(box) != self._box_identity:  # user code has closed what was ours
                return
            if user != os.getuid() or self._generations[pid] == GENERATIONS:
                return
            terms = json.dumps(self._join(pid)).encode()
            try:
                socket.send_fds(line, [terms], [facts, box])
            except OSError:
                return  # it has gone, as the supervisor will notice

    def _join(self, pid: int) -> dict[str, Any]:
        """Tell of it, before it tells anything itself; returns what it is told."""
        generation = self._generations[pid]
        self._generations[pid] += 1
        self._joined += 1
        before = before_first(pid, generation)
        self._control.tell({"event": "joined", "pid": pid, "number": self._joined, "before": before})
        count = min(SLOTS, (self._box.free_slots - RESERVE) // 4)
        slots = [slot for slot in (self._box.lend() for _ in range(count)) if slot >= 0]
        cell = self._box.tallies.lend()
        self._lent[self._joined] = pid, slots, cell
        return {"payload_limit": self._payload_limit, "slots": slots, "cell": cell, "generation": generation}

    def _take_back(self, number: int) -> None:
        """What was lent to one that is gone, and of which all has been taken."""
        pid, slots, cell = self._lent.pop(number, (0, [], 0))
        for slot in slots:
            self._box.free(slot)
        self._box.tallies.take_back(cell, pid)
