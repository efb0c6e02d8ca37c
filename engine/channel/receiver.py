"""The supervisor's end of the way for facts: reads frames without waiting, and proves that none is missing."""

from __future__ import annotations

import socket
from collections import OrderedDict
from dataclasses import dataclass

from .codec import FRAME_LIMIT, Batch, DamagedFrame, decode

PIDS_LIMIT = 16_384
"""Processes remembered at a time; a forking server makes a new one for each request."""
FRAMES_AT_ONCE = 256
RECEIVE_BUFFER = 8 << 20


@dataclass(slots=True)
class Account:
    """What one process said, and what arrived of it."""

    next_sequence: int = 0
    emitted: int = 0
    dropped: int = 0
    received: int = 0


class Ledger:
    """Sums the counters of many processes: `emitted == received + dropped + lost`."""

    def __init__(self) -> None:
        self.emitted = 0
        self.dropped = 0
        self.received = 0
        self.gaps = 0
        """Frames that were sent and never arrived."""
        self._accounts: OrderedDict[int, Account] = OrderedDict()

    @property
    def lost(self) -> int:
        """Rows that were sent and never arrived."""
        return self.emitted - self.dropped - self.received

    @property
    def missing(self) -> int:
        """Rows that were made and did not arrive, or not yet."""
        return self.emitted - self.received

    def account(self, pid: int) -> Account | None:
        """What is known of one process."""
        return self._accounts.get(pid)

    def add(self, batch: Batch) -> None:
        """Book one batch."""
        account = self._accounts.get(batch.pid)
        if account is None or batch.sequence < account.next_sequence:
            account = self._open(batch)
        self.gaps += batch.sequence - account.next_sequence
        self.emitted += batch.emitted - account.emitted
        self.dropped += batch.dropped - account.dropped
        self.received += len(batch.rows)
        account.next_sequence = batch.sequence + 1
        account.emitted, account.dropped = batch.emitted, batch.dropped
        account.received += len(batch.rows)
        self._accounts.move_to_end(batch.pid)
        if batch.last:
            del self._accounts[batch.pid]

    def last(self, pid: int, made: int) -> Batch | None:
        """To be booked when a process is gone and all that it sent has been read: what of its rows did not come.

        `made` counts the rows that it had made at least. None: it had none.
        """
        account = self._accounts.get(pid) or Account()
        emitted = max(made, account.emitted)
        if not emitted:
            return None
        return Batch(pid, account.next_sequence, emitted, emitted - account.received, [], last=True)

    def _open(self, batch: Batch) -> Account:
        # A number seen before that begins again at 0 belongs to a new process: numbers are reused.
        account = self._accounts[batch.pid] = Account()
        if len(self._accounts) > PIDS_LIMIT:
            self._accounts.popitem(last=False)
        return account


class Receiver:
    """Reads batches from a SOCK_SEQPACKET descriptor. `ended`: no process holds the other end any more."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._buffer = bytearray(FRAME_LIMIT)
        self.ledger = Ledger()
        self.damaged = 0
        self.ended = False

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._socket.fileno()

    def receive(self, limit: int = FRAMES_AT_ONCE) -> list[Batch]:
        """Whatever has arrived, at most `limit` frames. Never waits."""
        batches: list[Batch] = []
        for _ in range(limit):
            size = self._next()
            if not size:
                break
            try:
                batch = decode(memoryview(self._buffer)[:size]) if size <= FRAME_LIMIT else None
            except DamagedFrame:
                batch = None
            if batch is None:
                self.damaged += 1
                continue
            self.ledger.add(batch)
            batches.append(batch)
        return batches

    def close(self) -> None:
        """Close the descriptor, and give the buffer back: others may remember this object for a while."""
        self._socket.close()
        self._buffer = bytearray()

    def _next(self) -> int:
        if self.ended:
            return 0
        try:
            # MSG_TRUNC makes the kernel tell a frame's true size even if it is larger than the buffer.
            size = self._socket.recv_into(self._buffer, 0, socket.MSG_TRUNC)
        except (BlockingIOError, InterruptedError):
            return 0
        except ConnectionError:
            size = 0
        self.ended = not size
        return size
