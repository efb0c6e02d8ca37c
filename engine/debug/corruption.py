"""The fault that flips bits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from ..observe.facts import Means
from .injuries import IN, OUT, RECEIVED, SENT, Injury, Receive
from .parameters import read_offsets


class Corrupt(Injury):
    """Bits are flipped: at the offsets that are given, else at so many of all. Where, does not depend on chunks."""

    means = Means.CORRUPT

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._at = {IN: 0, OUT: 0}
        self._offsets = frozenset(read_offsets(self.values["offsets"]))
        self._next = {way: self._skip(way) for way in (IN, OUT)}

    def _skip(self, way: str) -> int:
        """How many bytes pass unharmed."""
        rate = self.values["rate"]
        if rate >= 1:
            return 0
        return int(math.log(1 - self.dice[way].random()) / math.log(1 - rate)) if rate > 0 else 1 << 62

    def _spoil(self, data: bytes, way: str) -> bytes:
        spoilt, start = bytearray(data), self._at[way]
        self._at[way] += len(data)
        if self._offsets:
            hit = [at - start for at in self._offsets if start <= at < start + len(data)]
        else:
            hit = []
            while self._next[way] < start + len(data):
                hit.append(self._next[way] - start)
                self._next[way] += 1 + self._skip(way)
        for at in sorted(hit):
            spoilt[at] ^= 1 << self.dice[way].randrange(8)
        if hit:
            first = start + min(hit)
            self.tell(f"{RECEIVED if way == IN else SENT} byte {first}" + (" ff." if len(hit) > 1 else ""), len(hit))
        return bytes(spoilt)

    def datagram(self, data: bytes) -> bytes:
        return self._spoil(data, IN) if self.goes(IN) else data

    def receiving(self, receive: Receive) -> Receive:
        return (lambda size: self._spoil(receive(size), IN)) if self.goes(IN) else receive

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            yield self._spoil(chunk, OUT) if self.goes(OUT) else chunk
