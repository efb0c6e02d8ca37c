"""A program that runs a captured request again, n times from m clients, and tells how each answer compares.

It reads one JSON order, a line, and writes one JSON object a line: {"what": "played|failed|ended", ...}. The order:

    {capture, request, transport, address, tls, repeat, clients, at_once, patience, payloads: [Base64] or null}

`payloads` take the place of the chunks that were captured. Each playback tells {"what": "played", "client", "local",
"size", "equal", "first", "ended", "took"}: `local` is the client's address as the server calls its peer, `first` the
place of the first byte that differs from the old answer. The end of standard input is the order to stop.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from dataclasses import dataclass
from typing import Any

from ..capture.reader import BadCapture, CaptureReader
from .comparison import common_prefix
from .playback import NotPlayable, Playback, read_playback
from .player import PATIENCE, Played, Unreachable, play
from .targets import Refused, Target

MOST_CLIENTS = 200
MOST_TIMES = 100_000


@dataclass(frozen=True)
class Order:
    """What to play, where, and how often."""

    capture: str
    request: int
    target: Target
    repeat: int
    clients: int
    at_once: bool
    patience: float
    payloads: tuple[bytes, ...] | None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Order:
        """Read an order. Raises ValueError, KeyError or TypeError for a bad one."""
        address, payloads = data["address"], data.get("payloads")
        where = address if isinstance(address, str) else (str(address[0]), int(address[1]))
        # It was the supervisor that named the address: that of a server of the person's own.
        target = Target(str(data["transport"]), where, bool(data.get("tls")), anywhere=True)
        return cls(
            str(data["capture"]),
            int(data["request"]),
            target,
            max(1, min(int(data.get("repeat", 1)), MOST_TIMES)),
            max(1, min(int(data.get("clients", 1)), MOST_CLIENTS)),
            bool(data.get("at_once", True)),
            float(data.get("patience", PATIENCE)),
            tuple(base64.b64decode(one) for one in payloads) if payloads is not None else None,
        )


class Report:
    """Writes events, whole lines from many threads."""

    def __init__(self, output: int = 1) -> None:
        self._output = output
        self._lock = threading.Lock()

    def __call__(self, what: str, **members: Any) -> None:
        """Tell what happened."""
        with self._lock:
            os.write(self._output, (json.dumps({"what": what, **members}) + "\n").encode())


def run(order: Order, report: Report, stop: threading.Event) -> None:
    """All clients, each in its thread, until they are done or `stop` is set."""
    try:
        with CaptureReader(order.capture) as reader:
            playback = read_playback(reader, order.request)
    except (NotPlayable, BadCapture) as error:
        report("failed", sentence=str(error))
        return
    if order.payloads is not None:
        playback = playback.with_steps(order.payloads)
    arguments = (order, playback, report, stop)
    threads = [threading.Thread(target=_repeat, args=(n, *arguments), daemon=True) for n in range(order.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _repeat(number: int, order: Order, playback: Playback, report: Report, stop: threading.Event) -> None:
    for _ in range(order.repeat):
        if stop.is_set():
            return
        try:
            played = play(playback, order.target, at_once=order.at_once, patience=order.patience)
        except (Unreachable, Refused) as error:
            report("failed", client=number, sentence=str(error))
            return  # this client; the others may fare better
        report("played", client=number, **_members(played, playback.answer))


def _members(played: Played, expected: bytes) -> dict[str, Any]:
    equal = played.answer == expected
    return {
        "local": played.local,
        "size": len(played.answer),
        "equal": equal,
        "first": None if equal else common_prefix(expected, played.answer),
        "ended": played.ended,
        "took": played.took,
    }


def main(fd: int) -> int:
    """Read the order from the descriptor, carry it out, and tell on standard output."""
    line = b""
    while not line.endswith(b"\n") and (piece := os.read(fd, 1 << 16)):
        line += piece
    report = Report()
    try:
        order = Order.from_json(json.loads(line))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        report("failed", sentence=f"This order cannot be read: {error}.")
        return 2
    stop = threading.Event()
    threading.Thread(target=stop_with_input, args=(fd, stop), daemon=True).start()
    run(order, report, stop)
    return 0


def stop_with_input(fd: int, stop: threading.Event) -> None:
    """The supervisor holds the other end of standard input: its end is the order to stop."""
    while os.read(fd, 4096):
        pass
    stop.set()
