"""The way from a forked child, which hears no orders, to the host that does: a line for each request it holds."""

from __future__ import annotations

import os
import select
import socket
import time

from ..channel.codec import DamagedFrame
from ..channel.frames import FrameReader, JsonChannel, send_frame
from ..debug.pauses import UNDECIDED, Decision, Pause
from ..observe.causes import peer_gone
from .control import identity_of

GONE_EVERY = 0.2


class Relay:
    """Made in the host before it forks; all its children inherit it."""

    def __init__(self) -> None:
        self._host, self._children = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._host.setblocking(False)
        self._identity = identity_of(self._children.fileno())

    def fileno(self) -> int:
        """Readable in the host when a child wants a line."""
        return self._host.fileno()

    def close(self) -> None:
        """Nobody is to want a line any more."""
        self._host.close()
        self._children.close()

    def accept(self) -> JsonChannel | None:
        """The host's end of a child's line."""
        try:
            _, descriptors, _, _ = socket.recv_fds(self._host, 1, 1)
        except OSError:
            return None
        return JsonChannel(socket.socket(fileno=descriptors[0])) if descriptors else None

    def hold(self, pause: Pause) -> Decision:
        """In a child: tell the host, and wait for what it says. If it says nothing, because it is gone: go on."""
        if identity_of(self._children.fileno()) != self._identity:
            return UNDECIDED  # the user's code has closed it, and may have a file of its own there
        ours, theirs = socket.socketpair()
        with ours:
            try:
                with theirs:
                    socket.send_fds(self._children, [b"\0"], [theirs.fileno()])
                send_frame(ours, {"event": "paused", **pause.to_json()})
                return _await(ours, pause)
            except (OSError, DamagedFrame, ValueError):
                return UNDECIDED


def _await(line: socket.socket, pause: Pause) -> Decision:
    reader = FrameReader()
    poll = select.poll()
    poll.register(line, select.POLLIN)
    deadline = None if pause.patience is None else time.monotonic() + pause.patience
    told, parent = False, os.getppid()
    # The line alone does not tell of the host's end: other children may have inherited its other end.
    while (deadline is None or time.monotonic() < deadline) and os.getppid() == parent:
        left = GONE_EVERY if deadline is None else min(GONE_EVERY, deadline - time.monotonic())
        if poll.poll(max(0.0, left) * 1000):
            data = line.recv(1 << 16)
            for message in reader.feed(data):
                return Decision.from_json(message)
            if not data:
                break
            continue
        if pause.grown():
            send_frame(line, {"event": "paused", **pause.to_json()})
        if not told and peer_gone(pause.request.given):
            told = True
            send_frame(line, {"event": "peer_gone", "numbers": [pause.number]})
    return UNDECIDED
