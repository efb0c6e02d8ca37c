"""Tells which request brought its host down: faulthandler names the thread, and a shared page whom it was serving."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from threading import get_ident

from ..observe.blackbox import SLOTS, BlackBox
from ..observe.stages import Stage

_IDENT = struct.Struct("=Q")
_TABLE = 2048
"""Where the table begins in the page that also holds the host's beat."""

assert _TABLE + SLOTS * _IDENT.size <= mmap.PAGESIZE


_handled, _note_ident = BlackBox.handled, _IDENT.pack_into  # looked up once


class ThreadBox(BlackBox):
    """A black box that also notes by which thread, as faulthandler numbers threads, a slot's request is handled."""

    __slots__ = ("_threads",)

    def __init__(self, fd: int, page: int) -> None:
        super().__init__(fd)
        self._threads = mmap.mmap(page, mmap.PAGESIZE)

    def handled(self, slot: int, stage: int, since: int, pid: int, thread: int) -> None:
        """Called by the thread that handles the request."""
        _handled(self, slot, stage, since, pid, thread)
        _note_ident(self._threads, _TABLE + slot * 8, get_ident())

    def noting(self, slot: int, server: int, pid: int, thread: int) -> tuple[Callable[..., None], Callable[[], None]]:
        """Called by the thread that handles all datagrams that come into the slot."""
        _note_ident(self._threads, _TABLE + slot * 8, get_ident())
        return super().noting(slot, server, pid, thread)

    def culprit(self, pid: int, thread: int) -> int | None:
        """The request that this thread of this process was handling."""
        for slot in range(SLOTS):
            if _IDENT.unpack_from(self._threads, _TABLE + slot * 8)[0] == thread:
                entry = self.entry(slot)
                if entry is not None and entry.pid == pid and entry.stage >= Stage.HANDLE:
                    return entry.request
        return None

    def native(self, pid: int, thread: int) -> int:
        """The native number of a thread that handles a request, from Python's; 0 if none is handled by it."""
        for slot in range(SLOTS):
            if _IDENT.unpack_from(self._threads, _TABLE + slot * 8)[0] == thread:
                entry = self.entry(slot)
                if entry is not None and entry.pid == pid:
                    return entry.thread
        return 0

    def dispose(self) -> None:
        """Unmap."""
        self._threads.close()
        super().dispose()
