"""The host's end of the way for facts: never blocks, never writes to a stranger, counts what it had to drop."""

from __future__ import annotations

import errno
import os
import select
import weakref
from _socket import MSG_DONTWAIT, MSG_NOSIGNAL, SO_SNDBUF, SOL_SOCKET
from _socket import socket as Socket  # noqa: N812 - user code may patch the one in `socket`, and must not reach this
from collections import deque
from collections.abc import Iterator
from threading import Lock
from time import monotonic

from ..observe.rows import facts_in
from .codec import FRAME_LIMIT, HEADER, encode

FRAME_TARGET = 96 << 10
"""Frames end before they grow beyond this; only a single large record makes a larger one."""
QUEUE_LIMIT = 8 << 20
SOCKET_BUFFER = 4 << 20
SPARE_FROM = 200
"""The spare descriptor's number is at least this: user code that closes all low descriptors misses it."""
FULL = (errno.EAGAIN, errno.EINTR, errno.ENOBUFS, errno.ENOMEM)

_getpid = os.getpid
_fstat = os.fstat


class Sender:
    """Sends records of facts as frames over a SOCK_SEQPACKET socket.

    Rows that do not fit into the queue are dropped, and counted before the next frame's header is made: at each frame,
    `emitted - dropped` is exactly the number of rows sent so far. A forked child starts anew with its own counters.
    """

    def __init__(self, fd: int, *, queue_limit: int = QUEUE_LIMIT) -> None:
        self._identity = _identity(fd)
        self._sockets = [Socket(fileno=number) for number in (fd, *_spare(fd))]
        self._frame_limit = min(FRAME_LIMIT, _enlarge(self._sockets[0]) // 2)
        self._queue_limit = queue_limit
        self._begin()
        _senders.add(self)

    def _begin(self) -> None:
        self.emitted = 0
        self.dropped = 0
        self._told = 0
        self._sequence = 0
        self._pid = _getpid()
        self._lock = Lock()
        self._queue: deque[tuple[bytes, int]] = deque()
        self._queued = 0

    @property
    def lost(self) -> bool:
        """Whether there is no way any more: the receiver has gone, or user code closed every descriptor of ours."""
        return not self._sockets

    @property
    def waiting(self) -> bool:
        """Whether there is something that could not leave yet."""
        return bool(self._queue)

    def fileno(self) -> int:
        """A descriptor that is still ours; -1: there is no way any more."""
        with self._lock:
            sock = self._socket()
            return -1 if sock is None else sock.fileno()

    def send(self, records: list[bytes]) -> int:
        """Take records; returns how many of their rows were sent or queued. The rest is dropped and counted."""
        self._own()
        with self._lock:
            self._drain()
            before = self.dropped
            count = 0
            for piece in _pieces(records):
                count += self._push(piece)
            self._drain()
            return max(0, count - (self.dropped - before))

    def flush(self, timeout: float = 0.0) -> bool:
        """Wait at most `timeout` seconds until everything has left, the newest count of drops included."""
        self._own()
        deadline = monotonic() + timeout
        while not self._flushed():
            left = deadline - monotonic()
            if left <= 0 or not self._writable(left):
                return False
        return not self.lost

    def close(self) -> None:
        """Close the descriptors that are still ours."""
        with self._lock:
            while (sock := self._socket()) is not None:
                self._sockets.remove(sock)
                sock.close()

    def _own(self) -> None:
        if _getpid() != self._pid:  # a fork that went past os.fork
            self._begin()

    def _push(self, piece: list[bytes]) -> int:
        rows = sum(map(facts_in, piece))
        self.emitted += rows
        if not self._sockets or self._queued > self._queue_limit or not self._enqueue(piece, rows):
            self.dropped += rows
        return rows

    def _enqueue(self, piece: list[bytes], rows: int) -> bool:
        frame = encode(
            piece, count=rows, pid=self._pid, sequence=self._sequence, emitted=self.emitted, dropped=self.dropped
        )  # fmt: skip
        if len(frame) > self._frame_limit:
            return False
        self._sequence += 1
        self._told = self.dropped
        self._queue.append((frame, rows))
        self._queued += len(frame)
        return True

    def _drain(self) -> None:
        while self._queue and (sock := self._socket()) is not None:
            frame = self._queue[0][0]
            try:
                sock.send(frame, MSG_DONTWAIT | MSG_NOSIGNAL)
            except OSError as error:
                if error.errno in FULL:
                    return
                self._forget(sock, closed=error.errno == errno.EBADF)
                continue
            self._queue.popleft()
            self._queued -= len(frame)
        if not self._sockets:
            self._abandon()

    def _flushed(self) -> bool:
        with self._lock:
            if self._told != self.dropped and not self._queue:
                self._enqueue([], 0)
            self._drain()
            return not self._queue

    def _abandon(self) -> None:
        self.dropped += sum(rows for _, rows in self._queue)
        self._queue.clear()
        self._queued = 0

    def _socket(self) -> Socket | None:
        """The first socket that is still ours: user code may have closed its descriptor and opened its own there."""
        while self._sockets:
            sock = self._sockets[0]
            if _identity(sock.fileno()) == self._identity:
                return sock
            self._forget(sock, closed=True)
        return None

    def _forget(self, sock: Socket, *, closed: bool) -> None:
        self._sockets.remove(sock)
        if closed:
            sock.detach()  # closing it would close what is somebody else's by now
        else:
            sock.close()

    def _writable(self, timeout: float) -> bool:
        sock = self._socket()
        if sock is None:
            return True
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLOUT)
        return bool(poll.poll(max(1, int(timeout * 1000))))


def _pieces(records: list[bytes]) -> Iterator[list[bytes]]:
    """Cut records into runs that make a frame of about FRAME_TARGET bytes at most."""
    if sum(map(len, records)) + HEADER.size <= FRAME_TARGET:
        if records:
            yield records
        return
    start, size = 0, HEADER.size
    for end, record in enumerate(records):
        if size + len(record) > FRAME_TARGET and end > start:
            yield records[start:end]
            start, size = end, HEADER.size
        size += len(record)
    yield records[start:]


def _identity(fd: int) -> tuple[int, int] | None:
    try:
        status = _fstat(fd)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _spare(fd: int) -> list[int]:
    try:
        import fcntl

        return [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, SPARE_FROM)]
    except (ImportError, OSError):  # no such system call here, or a very low limit of descriptors
        return []


def _enlarge(sock: Socket) -> int:
    """Ask for a large send buffer; returns what the system gave."""
    sock.setsockopt(SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER)
    return sock.getsockopt(SOL_SOCKET, SO_SNDBUF)


_senders: weakref.WeakSet[Sender] = weakref.WeakSet()


def _begin_in_child() -> None:
    for sender in list(_senders):
        sender._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
