"""Runs the program of clients (replay/clients.py) as a child of the supervisor, and passes on what it tells."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .errors import HostingError
from .loop import Loop

BOOT = str(Path(__file__).with_name("boot.py"))
AGAIN = (BOOT, "replay.again", "0")
"""Runs captured requests again; see replay/again.py. The number is standard input's."""
CHECKING = (BOOT, "replay.checking", "0")
"""Checks answers against expectations; see replay/checking.py."""
PROGRAM = str(Path(__file__).resolve().parent.parent / "replay" / "clients.py")
UNFINISHED_LIMIT = 1 << 20
READ_SIZE = 1 << 16
RUN_LIMIT = 32


class Clients:
    """One running program of clients."""

    def __init__(self, number: int, order: dict[str, Any], program: Sequence[str]) -> None:
        self.number = number
        self.rest = b""
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.input = self.process.stdin
        self.output = self.process.stdout
        # An order that is larger than the pipe does not stand still here: the program reads it at once.
        with contextlib.suppress(BrokenPipeError):
            self.input.write(json.dumps(order).encode() + b"\n")
            self.input.flush()


class ClientRuns:
    """All programs of clients; `tell` passes their events to the one who ordered them."""

    def __init__(self, loop: Loop, tell: Callable[[dict[str, Any]], object]) -> None:
        self._loop = loop
        self._tell = tell
        self._runs: dict[int, Clients] = {}
        self._numbers = 0

    def start(self, order: dict[str, Any], program: Sequence[str] = (PROGRAM,)) -> int:
        """Start a program with an order as replay/clients.py, or `program`, describes it; returns its number."""
        if len(self._runs) >= RUN_LIMIT:
            raise HostingError("too_many", f"{RUN_LIMIT} test clients run already; stop one first.")
        self._numbers += 1
        run = self._runs[self._numbers] = Clients(self._numbers, order, program)
        self._loop.watch(run.output.fileno(), lambda: self._read(run))
        return run.number

    def stop(self, number: int) -> None:
        """End of input is the order to stop."""
        run = self._runs.get(number)
        if run is not None:
            with contextlib.suppress(OSError):
                run.input.close()

    def pids(self) -> list[int]:
        """The processes, for who collects dead children."""
        return [run.process.pid for run in self._runs.values()]

    def _read(self, run: Clients) -> None:
        data = os.read(run.output.fileno(), READ_SIZE)
        if not data:
            self._end(run)
            return
        *lines, run.rest = (run.rest + data).split(b"\n")
        if len(run.rest) > UNFINISHED_LIMIT:
            run.rest = b""
        for line in lines:
            self._tell({"event": "clients", "clients": run.number, **json.loads(line)})

    def _end(self, run: Clients) -> None:
        self._loop.unwatch(run.output.fileno())
        run.output.close()
        with contextlib.suppress(OSError):
            run.input.close()
        run.process.wait()
        del self._runs[run.number]
        self._tell({"event": "clients", "clients": run.number, "what": "ended", "client": None})
