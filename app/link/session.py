"""A capture file in the place of a supervisor: it tells what the file holds, and carries out no orders."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer

from app.text import tr
from engine.capture.reader import CaptureReader
from engine.capture.records import ServerRecord

CONCURRENCY = {"ThreadPool": "pool", "Threading": "threading", "Forking": "forking", "Prefork": "prefork"}
"""By what stands in the name of a server's class."""
EVERY = 250
"""ms between two ticks, which say the same: panels look when they hear one."""


class SessionFile:
    """What the link talks to. Raises BadCapture for a file that is no capture."""

    ended = False

    def __init__(self, path: Path) -> None:
        self.capture_path = path
        with CaptureReader(path) as reader:
            self._stand = _stand(reader)
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self._messages: list[dict[str, Any]] = []
        self._tickets = self._ticks = 0
        self._timer = QTimer(interval=EVERY)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self._tick()

    def order(self, name: str, **members: Any) -> int:
        """Refuse it: nothing runs here."""
        self._tickets += 1
        error = {"code": "session", "sentence": tr("This session comes from a file; nothing runs in it.")}
        self._say({"reply": self._tickets, "ok": False, "error": error})
        return self._tickets

    def fileno(self) -> int:
        """Readable when there is something to `receive`."""
        return self._ours.fileno()

    def receive(self) -> list[dict[str, Any]]:
        """What has been said since."""
        if self._messages:
            self._ours.recv(1 << 16)
        messages, self._messages = self._messages, []
        return messages

    def close(self) -> None:
        """Say nothing more."""
        self._timer.stop()
        self._ours.close()
        self._theirs.close()

    def _tick(self) -> None:
        self._ticks += 1
        # Panels look at what changes slowly when time has passed, or has gone back; here it only trembles.
        self._say({"tick": self._ticks, **self._stand, "at": self._stand["at"] - self._ticks % 2})

    def _say(self, message: dict[str, Any]) -> None:
        self._messages.append(message)
        if len(self._messages) == 1:
            self._theirs.send(b"\0")


def _stand(reader: CaptureReader) -> dict[str, Any]:
    """What a tick tells, as of the session's end."""
    totals = reader.totals()
    names = ("requests", "emitted", "recorded", "dropped", "evicted", "size")
    counters = {name: getattr(totals, name) for name in names}
    runs: dict[str, list[ServerRecord]] = {}
    for server in reader.servers():
        runs.setdefault(server.name, []).append(server)
    servers = [_line(reader, number, own) for number, own in enumerate(runs.values(), 1)]
    return {"at": reader.last_at, "totals": counters, "servers": servers}


def _line(reader: CaptureReader, number: int, runs: Sequence[ServerRecord]) -> dict[str, Any]:
    """All runs of one server, as the last of them was."""
    last, ids = runs[-1], [run.id for run in runs]
    counters = reader.counters(ids)
    return {
        "key": f"run-{number}",
        "name": last.name,
        "class": last.server_class,
        "transport": last.transport,
        "address": last.address,
        "concurrency": next((how for part, how in CONCURRENCY.items() if part in last.server_class), "single"),
        "id": last.id,
        "ids": ids,
        "state": "stopped",
        "total": counters.accepted,
        "failed": counters.failed,
        "started": last.started,
        "stopped_reason": tr("as captured"),
    }
