"""A number that a process and all its forked children count up together."""

from __future__ import annotations

import os
import struct
import sys
import tempfile
import threading
import weakref

if sys.platform != "win32":  # where there is no fork, either
    import fcntl

_NUMBER = struct.Struct("=q")
_lock = threading.Lock()


class Count:
    """How often something was counted, here and in the processes that were forked from this one since.

    The kernel releases the lock of a process that ends, so one that is killed while it counts holds up nobody.
    """

    def __init__(self) -> None:
        self._fd = _unnamed_file()
        weakref.finalize(self, os.close, self._fd)
        os.pwrite(self._fd, _NUMBER.pack(0), 0)

    @property
    def value(self) -> int:
        """So often until now."""
        number: int = _NUMBER.unpack(os.pread(self._fd, _NUMBER.size, 0))[0]
        return number

    def next(self) -> int:
        """Count once; returns how often it has been counted then. No other thread or process gets the same number."""
        with _lock:
            if sys.platform == "win32":
                return self._count()
            fcntl.lockf(self._fd, fcntl.LOCK_EX)
            try:
                return self._count()
            finally:
                fcntl.lockf(self._fd, fcntl.LOCK_UN)

    def _count(self) -> int:
        number = self.value + 1
        os.pwrite(self._fd, _NUMBER.pack(number), 0)
        return number


def _unnamed_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("socketscope-count")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)
