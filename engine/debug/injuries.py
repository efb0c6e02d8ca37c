"""What faults do to a request: an injury is one fault at work on one request.

An injury changes what the handler reads by wrapping the call that reads, and what it sends by passing chunks on in its
own way. So several compose: each sees what the one before it has left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

from ..observe.facts import Means
from ..observe.request import Request
from .delays import Delays

IN, OUT, BOTH = "in", "out", "both"
START, RECEIVED, SENT, END = "start", "received", "sent", "end"

Receive = Callable[[int], bytes]


class Injury:
    """Nothing is done here; subclasses override what they want to do something in."""

    means: Means

    def __init__(self, request: Request, values: Mapping[str, Any], seed: str, delays: Delays) -> None:
        self.request = request
        self.values = values
        self.delays = delays
        self.dice = {way: Random(f"{seed}/{way}") for way in (IN, OUT)}
        """Each way has its own: how many draws the other makes changes nothing."""
        self._told = 0

    def goes(self, way: str) -> bool:
        """Whether it is for bytes that come in, or go out."""
        return self.values.get("way", BOTH) in (way, BOTH)

    def tell(self, detail: str, amount: int = 0, *, most: int = 1) -> None:
        """Tell what is done to the request, the first few times."""
        if self._told < most:
            self._told += 1
            self.request.touched(self.means, detail, amount)

    def begin(self) -> None:
        """In the worker, before the handler."""

    def datagram(self, data: bytes) -> bytes:
        """A datagram has arrived: what becomes of it."""
        return data

    def receiving(self, receive: Receive) -> Receive:
        """How the handler reads."""
        return receive

    def room(self, size: int) -> int:
        """How many bytes of that many one `send` takes."""
        return size

    def sending(self, chunks: Iterable[bytes]) -> Iterable[bytes]:
        """What goes out instead of these chunks; whoever asks for the next has sent the one before."""
        return chunks

    @property
    def keeps(self) -> bool:
        """Whether something that was to be sent has been kept back."""
        return False

    def left(self) -> bytes:
        """What was to be sent and has been kept back; it goes out now."""
        return b""

    def end(self) -> None:
        """In the worker, after the handler."""
