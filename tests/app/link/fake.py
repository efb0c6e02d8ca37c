"""A supervisor that does what the test says, at the other end of a real socket pair."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from engine.capture.writer import CaptureWriter
from engine.channel.frames import JsonChannel


class FakeClient:
    """Stands in for SupervisorClient: keeps the orders, and lets the test speak as the supervisor."""

    def __init__(self, folder: Path) -> None:
        self.capture_path = folder / "fake.socketscope"
        CaptureWriter(self.capture_path).close()
        ours, theirs = socket.socketpair()
        self._channel = JsonChannel(ours)
        self._supervisor = JsonChannel(theirs)
        self.orders: list[tuple[str, dict[str, Any]]] = []
        self.closed = False

    # What the link calls

    @property
    def ended(self) -> bool:
        return self._channel.ended

    def order(self, name: str, **members: Any) -> int:
        self.orders.append((name, members))
        return len(self.orders)

    def fileno(self) -> int:
        return self._channel.fileno()

    def receive(self) -> list[dict[str, Any]]:
        return self._channel.receive()

    def close(self) -> None:
        self.closed = True
        self._channel.close()
        self._supervisor.close()

    # What the test calls

    def say(self, **message: Any) -> None:
        """Send a message as the supervisor."""
        self._supervisor.send(message)

    def tick(self, *servers: dict[str, Any], number: int = 1, **totals: int) -> None:
        """Send a tick."""
        self.say(tick=number, at=1, totals=totals, servers=list(servers))

    def accept(self, ticket: int, **members: Any) -> None:
        """Carry out an order."""
        self.say(reply=ticket, ok=True, **members)

    def refuse(self, ticket: int, code: str, sentence: str, **extras: Any) -> None:
        """Refuse one."""
        self.say(reply=ticket, ok=False, error={"code": code, "sentence": sentence, **extras})

    def die(self) -> None:
        """End without a word."""
        self._supervisor.close()
