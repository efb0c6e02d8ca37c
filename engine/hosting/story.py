"""Socketscope's own lines among those that a server prints: when it listened, what went wrong, how it ended."""

from __future__ import annotations

import signal
import time

from ..capture.writer import CaptureWriter

STREAM = 0


class Story:
    """Tells each thing once, to the run of the server that it is about."""

    def __init__(self, writer: CaptureWriter) -> None:
        self._writer = writer

    def tell(self, server: int, pid: int, line: str) -> None:
        """`server` is the number of a run in the capture; 0, which is none yet, has nobody who would read it."""
        if server and line:
            self._writer.add_output(server, time.monotonic_ns(), pid, STREAM, line)

    def worker_ended(self, server: int, pid: int, status: int) -> None:
        """A forked child, with its wait status; an orderly end is no news."""
        if ending := _ending(status):
            self.tell(server, pid, f"worker {pid} ended {ending}")


def _ending(status: int) -> str:
    """In words, from the low bits of a wait status: whoever told it may have told nonsense."""
    number, code = status & 0x7F, status >> 8 & 0xFF
    if not number:
        return f"with exit code {code}" if code else ""
    try:
        return f"by {signal.Signals(number).name}"
    except ValueError:
        return f"by signal {number}"
