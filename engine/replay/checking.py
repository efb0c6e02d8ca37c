"""A program that checks a server against a file of expectations, one after the other, and tells how each fares.

It reads one JSON order, a line, and writes one JSON object a line: {"what": "checked|failed|ended", "name", ...}:

    {file, names: [...] or null for all, server, transport, address, tls, patience}

A check tells {"what": "checked", "name", "passed", "first", "size", "local", "took"}: `first` is the place of the first
byte that is not as expected. A failure tells {"what": "failed", "name", "sentence"}.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .again import Report, stop_with_input
from .expectations import BadExpectations, Expectation, read_expectations
from .player import PATIENCE, Unreachable, play
from .targets import Refused, Target


@dataclass(frozen=True)
class Order:
    """What to check, and where."""

    file: Path
    server: str
    names: frozenset[str] | None
    target: Target
    patience: float

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Order:
        """Read an order. Raises ValueError, KeyError or TypeError for a bad one."""
        address, names = data["address"], data.get("names")
        where = address if isinstance(address, str) else (str(address[0]), int(address[1]))
        target = Target(str(data["transport"]), where, bool(data.get("tls")), anywhere=True)
        chosen = frozenset(map(str, names)) if names is not None else None
        return cls(Path(str(data["file"])), str(data["server"]), chosen, target, float(data.get("patience", PATIENCE)))

    def wants(self, expectation: Expectation) -> bool:
        """Whether it is to be checked."""
        return expectation.server == self.server and (self.names is None or expectation.name in self.names)


def run(order: Order, report: Report, stop: threading.Event) -> None:
    """Check one after the other, until all are checked or `stop` is set."""
    try:
        expectations = read_expectations(order.file)
    except BadExpectations as error:
        report("failed", name="", sentence=str(error))
        return
    for expectation in filter(order.wants, expectations):
        if stop.is_set():
            return
        check(expectation, order.target, report, order.patience)


def check(expectation: Expectation, target: Target, report: Report, patience: float = PATIENCE) -> None:
    """Check one, and tell."""
    name, transport = expectation.name, expectation.playback.transport
    if transport != target.transport:
        report("failed", name=name, sentence=f"It was saved from {transport}; this server speaks {target.transport}.")
        return
    try:
        played = play(expectation.playback, target, patience=patience)
    except (Unreachable, Refused) as error:
        report("failed", name=name, sentence=str(error))
        return
    first = expectation.first_difference(played.answer)
    size = len(played.answer)
    report("checked", name=name, passed=first is None, first=first, size=size, local=played.local, took=played.took)


def main(fd: int) -> int:
    """Read the order from the descriptor, carry it out, and tell on standard output."""
    line = b""
    while not line.endswith(b"\n") and (piece := os.read(fd, 1 << 16)):
        line += piece
    report = Report()
    try:
        order = Order.from_json(json.loads(line))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        report("failed", name="", sentence=f"This order cannot be read: {error}.")
        return 2
    stop = threading.Event()
    threading.Thread(target=stop_with_input, args=(fd, stop), daemon=True).start()
    run(order, report, stop)
    return 0
