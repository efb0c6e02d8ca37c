"""How many facts each process of a host has made: counters in shared memory, which outlive a process that is killed.

Every forked child has a cell of its own, which its parent picks before the fork. When the child is gone, the supervisor
compares the cell with what arrived, and gives it back. Readers trust nothing in it, for user code could have written
there.
"""

from __future__ import annotations

import mmap
import os
import struct
import threading
import weakref
from collections import deque
from collections.abc import Callable

CELLS = 1 << 16
"""Processes at a time; a page of memory is used when the first of its cells is."""
CELL = struct.Struct("=2q")
"""Process number, and how many facts it has made."""
SIZE = CELLS * CELL.size
OURS = 1
"""The host's own cell. The one before it tells how many cells have ever been used."""
RECYCLE = 4
"""So many cells are looked at before a new one is used."""

_FREE, _PICKED = 0, -1
_LIMIT = 1 << 48

_getpid = os.getpid


class Tallies:
    """The cells, from `offset` on in a mapping. A host and its children count; the supervisor reads and frees."""

    __slots__ = ("__weakref__", "_at", "_lock", "_made", "_map", "_offset", "_owner", "_picked", "_top", "_used")

    def __init__(self, target: mmap.mmap, offset: int) -> None:
        self._map = target
        self._offset = offset
        self._at = offset + OURS * CELL.size
        self._made = 0
        self._lock = threading.RLock()
        self._owner = _getpid()
        self._top = OURS
        self._used: deque[int] = deque()
        self._picked: dict[int, int] = {}

    # In the host and its children

    def begin(self) -> Callable[[int], None]:
        """From now on this process, and each that it forks, counts here; returns `add`."""
        _counting.add(self)
        return self.add

    def add(self, count: int) -> None:
        """This process has made so many facts more, or is about to."""
        with self._lock:
            self._made += count
            if self._at:
                CELL.pack_into(self._map, self._at, _getpid(), self._made)

    def pick(self) -> None:
        """Called before a fork: the child's cell. Children of children have none."""
        if _getpid() != self._owner:
            return
        self._picked[threading.get_ident()] = self.lend()

    def lend(self) -> int:
        """A cell for a process that is not forked; 0 if there is none. Where it is in the mapping."""
        at = self._recycled() or self._new()
        if at:
            CELL.pack_into(self._map, at, _PICKED, 0)
            self._used.append(at)
        return at

    def take_back(self, at: int, pid: int) -> None:
        """Free a cell that was lent, if this process still has it: it has become a program that counts elsewhere."""
        if at and CELL.unpack_from(self._map, at)[0] == pid:
            CELL.pack_into(self._map, at, _FREE, 0)

    def borrow(self, at: int) -> None:
        """In such a process: count from 0, in this cell. The children that it forks have none."""
        self._owner, self._made, self._at = 0, 0, at
        self.add(0)

    def forked(self) -> None:
        """In a forked child: count from 0, in the cell that was picked."""
        self._lock = threading.RLock()
        self._made = 0
        self._at = self._picked.pop(threading.get_ident(), 0)
        self._picked = {}
        self.add(0)

    def _recycled(self) -> int:
        for _ in range(min(RECYCLE, len(self._used))):
            at = self._used.popleft()
            if CELL.unpack_from(self._map, at)[0] == _FREE:
                return at
            self._used.append(at)
        return 0

    def _new(self) -> int:
        if self._top + 1 >= CELLS:
            return 0
        self._top += 1
        CELL.pack_into(self._map, self._offset, 0, self._top)
        return self._offset + self._top * CELL.size

    # In the supervisor

    def ended(self, gone: Callable[[int], bool]) -> list[tuple[int, int, int]]:
        """Processes that are gone, and how many facts each had made: cell, pid, count."""
        top = min(max(CELL.unpack_from(self._map, self._offset)[1], OURS), CELLS - 1)
        found: list[tuple[int, int, int]] = []
        for cell in range(OURS, top + 1):
            pid, made = CELL.unpack_from(self._map, self._offset + cell * CELL.size)
            if pid > 0 and 0 <= made < _LIMIT and gone(pid):
                found.append((cell, pid, made))
        return found

    def free(self, cell: int) -> None:
        """What a process had made has been booked."""
        CELL.pack_into(self._map, self._offset + cell * CELL.size, _FREE, 0)


_counting: weakref.WeakSet[Tallies] = weakref.WeakSet()


def _about_to_fork() -> None:
    for tallies in list(_counting):
        tallies.pick()


def _forked() -> None:
    for tallies in list(_counting):
        tallies.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_about_to_fork, after_in_child=_forked)
