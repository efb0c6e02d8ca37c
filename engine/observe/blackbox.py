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
from threading import get_ident
from typing import TYPE_CHECKING

from .stages import Stage
from .tallies import SIZE as TALLIES
from .tallies import Tallies

if TYPE_CHECKING:
    from .request import Request, Worker

SLOTS = 256
SLOT = 4096
PEER = 160
_TAKEN = struct.Struct(f"=11q{PEER}p")
DATA = 256
ROOM = SLOT - DATA
"""Bytes of a request that its slot can keep."""

_WORKER = struct.Struct("=5q")
_ONE = struct.Struct("=q")
_TWO = struct.Struct("=2q")
AT_STAGE = 3 * 8
AT_RECEIVED = 9 * 8
AT_SHIPPED = 10 * 8


class SlotState(IntEnum):
    """What a slot is about."""

    FREE = 0
    LIVE = 1
    CLOSED = 2
    """Closed by a forked child; its parent frees the slot when it collects the child."""


# Plain ints, and methods looked up once: every request is noted here.
LIVE, CLOSED, FREE = int(SlotState.LIVE), int(SlotState.CLOSED), int(SlotState.FREE)
VERIFY, HANDLE = int(Stage.VERIFY_REQUEST), int(Stage.HANDLE)
_write_taken = _TAKEN.pack_into
write_one, write_two, write_worker = _ONE.pack_into, _TWO.pack_into, _WORKER.pack_into
TO_STAGE, TO_RECEIVED = AT_STAGE - DATA, AT_RECEIVED - DATA
"""From a request's spot, where its bytes begin, to where it is written how many they are; to its stage, and since when;
if it is a worker that came to this stage, also its process, its thread, and Python's number of that, which faulthandler
tells."""


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
    ident: int
    """Python's number of the thread."""
    received: int
    shipped: int
    peer: str
    data: bytes


class BlackBox:
    """Both ends of the box: a host writes, the supervisor reads. The mapping outlives its descriptor."""

    __slots__ = ("_free", "memory", "tallies")

    def __init__(self, fd: int) -> None:
        """Map the box behind `fd`. Raises OSError or ValueError if it is none."""
        self.memory = mmap.mmap(fd, SLOTS * SLOT + TALLIES)
        self.tallies = Tallies(self.memory, SLOTS * SLOT)
        self._free = list(range(SLOTS))

    @staticmethod
    def create() -> int:
        """A new box's descriptor, closed on exec unless made inheritable. Raises OSError."""
        fd = os.memfd_create("socketscope-box") if hasattr(os, "memfd_create") else _unlinked_file()
        os.ftruncate(fd, SLOTS * SLOT + TALLIES)
        return fd

    def take(self, request: Request, by: Worker, stage: int, since: int) -> None:
        """Claim a slot, if there is one, for a request that stands there since then."""
        try:
            request.slot = slot = self._free.pop()
        except IndexError:
            return
        at = slot * SLOT
        request.spot = at + DATA
        _write_taken(
            self.memory, at, LIVE, request.id, request.place.number, stage, since, by.pid, by.thread, by.ident,
            request.opened, 0, 0, request.peer.encode("utf-8", "backslashreplace"),
        )  # fmt: skip

    def noting(self, slot: int, server: int, pid: int, thread: int) -> tuple[Callable[..., None], Callable[[], None]]:
        """Two functions that note datagrams in a slot that was lent: one is about to be handled; it has been.

        What stays the same is bound here: they are called for each datagram.
        """
        target, at, start, write, ident = self.memory, slot * SLOT, slot * SLOT + DATA, _write_taken, get_ident()

        def begin(request: int, since: int, opened: int, ends: bytes, data: bytes) -> None:
            size = len(data)
            write(target, at, LIVE, request, server, HANDLE, since, pid, thread, ident, opened, size, 0, ends)
            if size > ROOM:
                data, size = data[:ROOM], ROOM
            target[start : start + size] = data

        return begin, partial(write_one, target, at, FREE)

    def received(self, slot: int, before: int, data: bytes) -> None:
        """`data` has come, after `before` bytes."""
        at = slot * SLOT
        after = before + len(data)
        start = at + DATA + before
        if after <= ROOM:
            self.memory[start : start + len(data)] = data
        elif before < ROOM:
            self.memory[start : at + SLOT] = data[: ROOM - before]
        write_one(self.memory, at + AT_RECEIVED, after)

    def shipped(self, slot: int, count: int) -> None:
        """A forked child has sent facts of `count` more received bytes on their way."""
        at = slot * SLOT + AT_SHIPPED
        write_one(self.memory, at, _ONE.unpack_from(self.memory, at)[0] + count)

    def close(self, slot: int) -> None:
        """A forked child has closed its request."""
        write_one(self.memory, slot * SLOT, CLOSED)

    def free(self, slot: int) -> None:
        """The request is over."""
        write_one(self.memory, slot * SLOT, FREE)
        self._free.append(slot)

    @property
    def free_slots(self) -> int:
        """How many there are."""
        return len(self._free)

    def lend(self) -> int:
        """A slot for another process; -1 if all are taken. Take it back with `free`."""
        return self._free.pop() if self._free else -1

    def borrow(self, *slots: int) -> None:
        """In another process: its requests are noted in these slots, which have been lent to it."""
        self._free = [*slots]

    def forked(self) -> None:
        """In a forked child: the free slots are the parent's to give."""
        self._free = []

    def entry(self, slot: int) -> BlackBoxEntry | None:
        """The live request in a slot; None if there is none, or if what is there makes no sense."""
        at = slot * SLOT
        state, request, server, stage, since, pid, thread, ident, opened, received, shipped, peer = _TAKEN.unpack_from(
            self.memory, at
        )
        sane = request > 0 and received >= 0 and shipped >= 0 and stage in _STAGES
        if state != LIVE or not sane:
            return None
        peer = peer.decode("utf-8", "backslashreplace").partition("\0")[0]
        data = self.memory[at + DATA : at + DATA + min(received, ROOM)]
        return BlackBoxEntry(
            request, server, Stage(stage), since, opened, pid, thread, ident, received, shipped, peer, data
        )  # fmt: skip

    def live(self) -> list[BlackBoxEntry]:
        """All live requests, oldest first."""
        entries = [entry for entry in map(self.entry, range(SLOTS)) if entry is not None]
        return sorted(entries, key=lambda entry: entry.request)

    def handled_by(self, pid: int, ident: int) -> BlackBoxEntry | None:
        """The request that a thread of this process, by Python's number of it, has in its hands."""
        return next((entry for entry in self.live() if (entry.pid, entry.ident) == (pid, ident)), None)

    def dispose(self) -> None:
        """Unmap."""
        self.memory.close()


_STAGES = frozenset(int(stage) for stage in Stage)


def _unlinked_file() -> int:
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
