"""The host's thread for orders: hears the supervisor, and beats so that a held interpreter lock is noticed."""

from __future__ import annotations

import mmap
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

from ..channel.codec import DamagedFrame
from ..channel.frames import FrameReader, send_frame

BEAT_EVERY = 0.2
BEAT = struct.Struct("=q")
HIGH = 1000
"""From here on is room for descriptors that user code is not to close."""


class Control:
    """The way to the supervisor. Events may be told from any thread; orders arrive in the thread of this class."""

    def __init__(self, sock: socket.socket, reader: FrameReader) -> None:
        self._socket = sock
        self._reader = reader
        self._identity = identity_of(sock.fileno())
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._at_each_beat: Callable[[], object] = bool
        self._orders: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._poll = select.poll()
        self._others: dict[int, tuple[Callable[[], object], tuple[int, int] | None]] = {}
        """What to do, and what the descriptor is: the user's code may close it and open its own there."""

    def tell(self, event: dict[str, Any]) -> None:
        """Send an event; a forked child is not the host and says nothing."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            if not self._ours():
                return
            try:
                send_frame(self._socket, event)
            except (OSError, ValueError):
                return  # the supervisor has gone, and takes this process with it; or the event is too large to be told

    def on(self, order: str, action: Callable[[dict[str, Any]], None]) -> None:
        """Name the function that carries out an order."""
        self._orders[order] = action

    def watch(self, descriptor: int, readable: Callable[[], object]) -> None:
        """Have `readable` called, in the thread of this class, when there is something to read."""
        self._others[descriptor] = readable, identity_of(descriptor)
        self._poll.register(descriptor, select.POLLIN)

    def unwatch(self, descriptor: int) -> None:
        """Do not look at it any more; before it is closed."""
        if self._others.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)

    def start(self, beat: int, at_each_beat: Callable[[], object]) -> None:
        """Begin to listen and to beat."""
        self._at_each_beat = at_each_beat
        target = mmap.mmap(beat, mmap.PAGESIZE)
        threading.Thread(target=self._run, args=(target,), name="socketscope-control", daemon=True).start()

    def _run(self, target: mmap.mmap) -> None:
        own = self._socket.fileno()
        self._poll.register(own, select.POLLIN)
        listening = True
        while listening:
            BEAT.pack_into(target, 0, time.monotonic_ns())
            self._at_each_beat()
            for descriptor, _ in self._poll.poll(BEAT_EVERY * 1000):
                if descriptor == own:
                    listening = self._hear()
                elif descriptor in self._others:
                    readable, identity = self._others[descriptor]
                    readable() if identity_of(descriptor) == identity else self.unwatch(descriptor)
        silence = threading.Event()
        while not silence.wait(BEAT_EVERY):
            BEAT.pack_into(target, 0, time.monotonic_ns())

    def _hear(self) -> bool:
        """Carry out what has arrived; False when nothing more will."""
        try:
            data = self._socket.recv(1 << 16) if self._ours() else b""
        except OSError:
            data = b""
        try:
            orders = self._reader.feed(data)
        except DamagedFrame:
            return False
        for order in orders:
            self._carry_out(order)
        return bool(data)

    def _ours(self) -> bool:
        """Whether the descriptor is still ours: the user's code may have closed it and opened its own there."""
        return identity_of(self._socket.fileno()) == self._identity

    def _carry_out(self, order: dict[str, Any]) -> None:
        action = self._orders.get(str(order.get("order")))
        if action is not None:
            action(order)


def identity_of(fd: int) -> tuple[int, int] | None:
    """What tells a descriptor from another one of the same number; None: it is closed."""
    try:
        status = os.fstat(fd)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def out_of_the_way(fd: int) -> int:
    """A high number for a descriptor, which user code that closes all low ones misses."""
    try:
        import fcntl

        high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH)
    except (ImportError, OSError):  # no such call here, or a low limit of descriptors
        return fd
    os.close(fd)
    return high


def receive_first(sock: socket.socket, reader: FrameReader) -> dict[str, Any]:
    """Wait for the first message: the plan."""
    while True:
        data = sock.recv(1 << 16)
        if not data:
            raise SystemExit(1)
        for message in reader.feed(data):
            return message
