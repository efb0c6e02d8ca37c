"""Holds a request of a forked child at its next point: a child hears no orders, but a signal, and reads a number."""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import struct
from collections.abc import Callable

SIGNAL = getattr(signal, "SIGURG", None)
"""Ignored by default: a child that has become another program, or none of ours, does not notice."""
_NUMBER = struct.Struct("=q")


class Halting:
    """Made in the host's main thread before it forks. `halt` is called in the child, in its main thread."""

    def __init__(self, halt: Callable[[int], object]) -> None:
        self._halt = halt
        self._host = os.getpid()
        self._wanted = mmap.mmap(-1, mmap.PAGESIZE)
        if SIGNAL is not None:
            with contextlib.suppress(ValueError):  # not the main thread: children cannot be halted then
                signal.signal(SIGNAL, self._on_signal)

    def order(self, child: int, request: int) -> None:
        """Have a child of this process hold one of its requests."""
        _NUMBER.pack_into(self._wanted, 0, request)
        if SIGNAL is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended
                os.kill(child, SIGNAL)

    def _on_signal(self, number: int, frame: object) -> None:
        if os.getpid() != self._host:
            self._halt(_NUMBER.unpack_from(self._wanted)[0])
