"""Faults that take time: bytes come late, or trickle."""

from __future__ import annotations

import fcntl
import termios
from array import array
from collections.abc import Iterable, Iterator
from typing import Any

from ..observe.facts import Means
from ..observe.request import now
from .injuries import IN, OUT, RECEIVED, SENT, START, Injury, Receive

MOST_TOLD = 20
"""Delays of one request that are told; there may be thousands."""


class Latency(Injury):
    """Everything takes longer."""

    means = Means.LATENCY
    _late = 0
    """Bytes that arrived with others, and have been waited for with those."""

    def _wait(self, where: str, way: str) -> None:
        jitter = self.values["jitter"]
        seconds = max(0.0, self.values["time"] + self.dice[way].uniform(-jitter, jitter))
        self.tell(where, int(seconds * 1e9), most=MOST_TOLD)
        self.delays.wait(seconds)

    def begin(self) -> None:
        datagram = isinstance(self.request.given, tuple)
        if self.values["at"] == START or (datagram and self.values["at"] == RECEIVED):
            self._wait(START, IN)

    def receiving(self, receive: Receive) -> Receive:
        def slowly(size: int) -> bytes:
            data = receive(size)
            if data and self._late < len(data):
                self._late = _arrived(self.request.given) + len(data)
                self._wait(RECEIVED, IN)
            self._late -= len(data)
            return data

        return slowly if self.values["at"] == RECEIVED else receive

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self.values["at"] == SENT:
                self._wait(SENT, OUT)
            yield chunk


class Bandwidth(Injury):
    """Bytes trickle, as many a second as are allowed."""

    means = Means.BANDWIDTH

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._free = {IN: 0, OUT: 0}
        """When the line is free again, ns."""
        self._slice = max(1, int(self.values["rate"]) // 20)

    def _pass(self, size: int, way: str) -> None:
        at = now()
        self._free[way] = max(at, self._free[way]) + int(size * 1e9 / self.values["rate"])
        self.tell(f"{self.values['rate']:.0f} B/s", self._free[way] - at)
        self.delays.wait((self._free[way] - at) / 1e9)

    def begin(self) -> None:
        if isinstance(self.request.given, tuple) and self.goes(IN):
            self._pass(len(self.request.given[0]), IN)

    def receiving(self, receive: Receive) -> Receive:
        def slowly(size: int) -> bytes:
            data = receive(min(size, self._slice))
            if data:
                self._pass(len(data), IN)
            return data

        return slowly if self.goes(IN) else receive

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        datagram = isinstance(self.request.given, tuple)
        for chunk in chunks:
            size = max(1, len(chunk)) if datagram or not self.goes(OUT) else self._slice
            for start in range(0, len(chunk) or 1, size):
                if self.goes(OUT):
                    self._pass(len(chunk[start : start + size]), OUT)
                yield chunk[start : start + size]


def _arrived(sock: Any) -> int:
    """How many bytes wait to be read."""
    pending = getattr(sock, "pending", None)
    if pending is not None:  # TLS decides what they are
        return int(pending())
    number = array("i", [0])
    fcntl.ioctl(sock.fileno(), termios.FIONREAD, number)
    return number[0]
