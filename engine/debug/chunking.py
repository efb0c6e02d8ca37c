"""Faults that put bytes into other chunks: pieces, heaps, and writes that take less than they are given."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable, Iterator
from typing import Any

from ..observe.facts import Means
from ..observe.request import now
from .injuries import IN, OUT, RECEIVED, SENT, Injury, Receive


class Split(Injury):
    """Chunks come, and go, in pieces."""

    means = Means.SPLIT

    def receiving(self, receive: Receive) -> Receive:
        most = self.values["size"]

        def little(size: int) -> bytes:
            data = receive(min(size, most))
            if len(data) == most < size:
                self.tell(f"{most} B")
            return data

        return little if self.goes(IN) else receive

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        size = self.values["size"]
        for chunk in chunks:
            if len(chunk) <= size or not self.goes(OUT):
                yield chunk
                continue
            self.tell(f"{size} B")
            with contextlib.suppress(OSError):  # a Unix socket does not wait for more anyway
                self.request.given.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start in range(0, len(chunk), size):
                if start:
                    self.delays.wait(self.values["gap"])
                yield chunk[start : start + size]


class Merge(Injury):
    """Chunks are put together."""

    means = Means.MERGE

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._kept = bytearray()

    def receiving(self, receive: Receive) -> Receive:
        def much(size: int) -> bytes:
            data = receive(size)
            wanted, ends = min(size, self.values["size"]), now() + int(self.values["within"] * 1e9)
            while data and len(data) < wanted and (left := ends - now()) > 0:
                if not self.delays.readable(self.request.given, left / 1e9) or not (more := receive(size - len(data))):
                    break
                self.tell(f"{RECEIVED} {len(data)} + {len(more)} B")
                data += more
            return data

        return much if self.goes(IN) else receive

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if not self.goes(OUT):
                yield chunk
                continue
            if self._kept:
                self.tell(f"{SENT} {len(self._kept)} + {len(chunk)} B")
            self._kept += chunk
            if len(self._kept) >= self.values["size"]:
                yield self.left()

    @property
    def keeps(self) -> bool:
        return bool(self._kept)

    def left(self) -> bytes:
        kept, self._kept = bytes(self._kept), bytearray()
        return kept


class ShortWrite(Injury):
    """`send` takes less than it is given."""

    means = Means.SHORT_WRITE

    def room(self, size: int) -> int:
        if size > self.values["size"]:
            self.tell(f"{size} → {self.values['size']} B")
        return min(size, int(self.values["size"]))
