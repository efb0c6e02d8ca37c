"""What is heard of a server: how often something happens, in whatever process, and who is told of what went wrong."""

from __future__ import annotations

import importlib
import logging
import mmap
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ours = importlib.import_module(__name__.partition(".")[0])


class Tally:
    """Counts what happens, in this process or in those that it forks."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8)

    def add(self, more: int = 1) -> None:
        """Once more, or so many times."""
        self._shared[:] = (self.count + more).to_bytes(8, "little")

    @property
    def count(self) -> int:
        """How often, or nearly so."""
        return int.from_bytes(self._shared[:], "little")


class Ears(logging.Handler):
    """Whatever a server says on its own about what went wrong: to a log, to `handle_error`, or to an observer."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._by = {who: Tally() for who in ("the log", "handle_error", "an observer")}

    @property
    def heard(self) -> list[str]:
        """Who has been told."""
        return [who for who, tally in self._by.items() if tally.count]

    def emit(self, record: logging.LogRecord) -> None:
        """A log line."""
        self._by["the log"].add()

    def listen(self, server: Any) -> None:
        """Listen to this server."""
        if hasattr(server, "add_observer"):
            server.add_observer(self._observer())

    def members(self) -> dict[str, Any]:
        """For the server's class: `handle_error` tells us instead of printing."""
        return {"handle_error": lambda server, request, address: self._by["handle_error"].add()}

    def _observer(self) -> Any:
        heard = self._by["an observer"]

        class Listening(_ours.Observer):  # type: ignore[misc,name-defined]  # this package, by a name it learns late
            def received(self, request: Any, data: bytes, at: int) -> None:
                if getattr(data, "size", len(data)) > len(data):
                    heard.add()

            def worker_ended(self, worker: Any) -> None:
                if worker.status > 0:
                    heard.add()

            def failed(self, request: Any, stage: Any, error: BaseException) -> None:
                heard.add()

        return Listening()


@contextmanager
def ears() -> Iterator[Ears]:
    """Listen to the log."""
    handler = Ears()
    logging.getLogger().addHandler(handler)
    try:
        yield handler
    finally:
        logging.getLogger().removeHandler(handler)


def silence_threads() -> None:
    """Threads may die of what they raise: that is what is being examined."""
    threading.excepthook = lambda arguments: None
    sys.unraisablehook = lambda arguments: None
