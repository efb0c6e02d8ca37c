"""What pre-forked workers and their parent tell each other in passing: a few numbers in memory that they share."""

from __future__ import annotations

import mmap


class Board:
    """A cell a worker, and one for all. Writing is a store into memory: no lock, no system call."""

    __slots__ = ("_cells",)

    def __init__(self, workers: int) -> None:
        self._cells = memoryview(mmap.mmap(-1, 8 * (workers + 1))).cast("q")

    def begin(self, worker: int, at: int) -> None:
        """The worker takes a request, at `at` ns."""
        self._cells[worker + 1] = at

    def end(self, worker: int) -> None:
        """The worker has no request."""
        self._cells[worker + 1] = 0

    def busy_since(self, worker: int) -> int:
        """When the worker took its request, ns; 0 if it has none."""
        return self._cells[worker + 1]

    def ask_to_stop(self) -> None:
        """A handler has called `shutdown`: the whole server is meant."""
        self._cells[0] = 1

    def stop_asked(self) -> bool:
        """Whether a handler has."""
        return bool(self._cells[0])
