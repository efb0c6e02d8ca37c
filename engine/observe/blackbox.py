"""What a host was serving when it died: a small shared memory that outlives it, written as requests go.

A file of `SLOTS` slots without a name, mapped by the host, its forked children and the supervisor. A slot holds one
live request: which, where it stands, who serves it, and the first bytes that it received. Writing is a few stores into
memory: no lock, no system call. Readers trust nothing in it, for user code could have written there. Behind the slots
each process counts its facts.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial

from .stages import Stage
from .tallies import SIZE as TALLIES
from .tallies import Tallies

SLOTS = 256
SLOT = 4096
PEER = 160
HEAD = struct.Struct("=12q")
_TAKEN = struct.Struct(f"=12q{PEER}s")
DATA = 256
ROOM = SLOT - DATA
"""Bytes of a request that its slot can keep."""

_WORKER = struct.Struct("=4q")
_ONE = struct.Struct("=q")
_AT_STAGE = 3 * 8
_AT_RECEIVED = 8 * 8
_AT_SHIPPED = 9 * 8


class SlotState(IntEnum):
    """What a slot is about."""

    FREE = 0
    LIVE = 1
    CLOSED = 2
    """Closed by a forked child; its parent frees the slot when it collects the child."""


# Plain ints, and methods looked up once: every request is noted here.
LIVE, CLOSED, FREE = int(SlotState.LIVE), int(SlotState.CLOSED), int(SlotState.FREE)
VERIFY, HANDLE = int(Stage.VERIFY_REQUEST), int(Stage.HANDLE)
_write_taken, _write_worker, _write_one = _TAKEN.pack_into, _WORKER.pack_into, _ONE.pack_into


@dataclass(frozen=True, slots=True)
class BlackBoxEntry:
    """One live request, as the box knows it. `data` are the first of the `received` bytes."""

    request: int
    server: int
    stage: Stage
    since: int
    opened: int
    pid: int
    thread: int
    received: int
    shipped: int
    peer: str
    data: bytes


class BlackBox:
    """Both ends of the box: a host writes, the supervisor reads. The mapping outlives its descriptor."""

    __slots__ = ("_free", "_map", "tallies")

    def __init__(self, fd: int) -> None:
        """Map the box behind `fd`. Raises OSError or ValueError if it is none."""
        self._map = mmap.mmap(fd, SLOTS * SLOT + TALLIES)
        self.tallies = Tallies(self._map, SLOTS * SLOT)
        self._free = list(range(SLOTS))

    @staticmethod
    def create() -> int:
        """A new box's descriptor, closed on exec unless made inheritable. Raises OSError."""
        fd = os.memfd_create("socketscope-box") if hasattr(os, "memfd_create") else _unlinked_file()
        os.ftruncate(fd, SLOTS * SLOT + TALLIES)
        return fd

    def take(self, request: int, server: int, since: int, pid: int, thread: int, peer: bytes) -> int:
        """Claim a slot for a request that has been opened at `since`; -1 if all are taken.

        `peer` may go on after a NUL.
        """
        try:
            slot = self._free.pop()
        except IndexError:
            return -1
        size = len(peer)
        _write_taken(
            self._map, slot * SLOT, LIVE, request, server, VERIFY, since, pid, thread, since, 0, 0,
            size if size < PEER else PEER, 0, peer,
        )  # fmt: skip
        return slot

    def noting(self, slot: int, server: int, pid: int, thread: int) -> tuple[Callable[..., None], Callable[[], None]]:
        """Two functions that note datagrams in a slot that was lent: one is about to be handled; it has been.

        What stays the same is bound here: they are called for each datagram.
        """
        target, at, start, write = self._map, slot * SLOT, slot * SLOT + DATA, _write_taken

        def begin(request: int, since: int, opened: int, ends: bytes, data: bytes) -> None:
            size = len(data)
            write(target, at, LIVE, request, server, HANDLE, since, pid, thread, opened, size, 0,
                  min(len(ends), PEER), 0, ends)  # fmt: skip
            if size > ROOM:
                data, size = data[:ROOM], ROOM
            target[start : start + size] = data

        return begin, partial(_write_one, target, at, FREE)

    def handled(self, slot: int, stage: int, since: int, pid: int, thread: int) -> None:
        """The request is in a worker's hands, and has come to `stage`."""
        _write_worker(self._map, slot * SLOT + _AT_STAGE, stage, since, pid, thread)

    def received(self, slot: int, before: int, data: bytes) -> None:
        """`data` has come, after `before` bytes."""
        at = slot * SLOT
        after = before + len(data)
        start = at + DATA + before
        if after <= ROOM:
            self._map[start : start + len(data)] = data
        elif before < ROOM:
            self._map[start : at + SLOT] = data[: ROOM - before]
        _write_one(self._map, at + _AT_RECEIVED, after)

    def shipped(self, slot: int, count: int) -> None:
        """A forked child has sent facts of `count` more received bytes on their way."""
        at = slot * SLOT + _AT_SHIPPED
        _write_one(self._map, at, _ONE.unpack_from(self._map, at)[0] + count)

    def close(self, slot: int) -> None:
        """A forked child has closed its request."""
        _write_one(self._map, slot * SLOT, CLOSED)

    def free(self, slot: int) -> None:
        """The request is over."""
        _write_one(self._map, slot * SLOT, FREE)
        self._free.append(slot)

    def lend(self) -> int:
        """A slot for a process that is about to be forked; -1 if all are taken. Take it back with `free`."""
        return self._free.pop() if self._free else -1

    def borrow(self, slot: int) -> None:
        """In a forked child: its requests are noted in this slot, which its parent has lent."""
        self._free = [slot]

    def forked(self) -> None:
        """In a forked child: the free slots are the parent's to give."""
        self._free = []

    def entry(self, slot: int) -> BlackBoxEntry | None:
        """The live request in a slot; None if there is none, or if what is there makes no sense."""
        at = slot * SLOT
        state, request, server, stage, since, pid, thread, opened, received, shipped, length, _ = HEAD.unpack_from(
            self._map, at
        )
        sane = request > 0 and received >= 0 and shipped >= 0 and 0 <= length <= PEER and stage in _STAGES
        if state != LIVE or not sane:
            return None
        peer = self._map[at + HEAD.size : at + HEAD.size + length].decode("utf-8", "backslashreplace")
        peer = peer.partition("\0")[0]
        data = self._map[at + DATA : at + DATA + min(received, ROOM)]
        return BlackBoxEntry(
            request, server, Stage(stage), since, opened, pid, thread, received, shipped, peer, data
        )  # fmt: skip

    def live(self) -> list[BlackBoxEntry]:
        """All live requests, oldest first."""
        entries = [entry for entry in map(self.entry, range(SLOTS)) if entry is not None]
        return sorted(entries, key=lambda entry: entry.request)

    def dispose(self) -> None:
        """Unmap."""
        self._map.close()


_STAGES = frozenset(int(stage) for stage in Stage)


def _unlinked_file() -> int:
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
