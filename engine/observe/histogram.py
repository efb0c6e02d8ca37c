"""A histogram of times: its buckets widen with the value, so that few are enough for nanoseconds and for hours.

A bucket is what a double has in its upper 16 bits: sign, exponent and the first four bits of the mantissa. So there are
sixteen to each doubling, the middle of one is never more than 3.2 % from what was counted, and thousands of values find
their buckets without a step of Python for each.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping

_UPPER = 3 if sys.byteorder == "little" else 0
"""Which quarter of a double in memory is the upper one."""
_NEGATIVE = 0x8000
LIMIT = 0x4400
"""Buckets from here on are for more than two 64-bit numbers can be apart."""


class Histogram:
    """Counts values, and answers what share of them was how large. Values are numbers from 0 on, here times in ns."""

    __slots__ = ("_counts", "_longest")

    def __init__(self, counts: Mapping[int, int] | None = None, longest: int = 0) -> None:
        """Empty, or of buckets that were counted elsewhere."""
        self._counts: Counter[int] = Counter(counts)
        self._longest = longest

    def add(self, value: int) -> None:
        """Count one value; less than 0 counts as 0."""
        self.add_all((value,))

    def add_all(self, values: Iterable[int]) -> None:
        """Count many values at once, for a tenth of the price."""
        values = values if isinstance(values, tuple | list) else list(values)
        self._counts.update(buckets_of(values))
        self._longest = max(self._longest, max(values, default=0))

    def merge(self, other: Histogram) -> None:
        """Count all that `other` has counted."""
        self._counts.update(other._counts)
        self._longest = max(self._longest, other._longest)

    def copy(self) -> Histogram:
        """One that does not change with this."""
        return Histogram(self._counts, self._longest)

    @property
    def count(self) -> int:
        """How many values."""
        return self._counts.total()

    @property
    def longest(self) -> int:
        """The largest value, exactly; 0 if there is none."""
        return self._longest

    def percentile(self, percent: float) -> int:
        """What `percent` of the values do not exceed, to 3.2 %; 100 is the largest. 0 if there is none.

        Raises ValueError if `percent` is not from 0 to 100.
        """
        if not 0 <= percent <= 100:
            raise ValueError(f"percent must be from 0 to 100, not {percent!r}")
        if percent == 100:
            return self._longest
        rank = max(1.0, percent * self.count / 100)
        passed = 0
        for bucket in sorted(self._counts):
            passed += self._counts[bucket]
            if passed >= rank:
                return min(round((edge(bucket) + edge(bucket + 1)) / 2), self._longest)
        return 0

    def buckets(self) -> list[tuple[float, float, int]]:
        """Those that have values, in order: from, up to (without it), how many."""
        return [(edge(bucket), edge(bucket + 1), self._counts[bucket]) for bucket in sorted(self._counts)]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        return self._counts == other._counts and self._longest == other._longest

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Histogram(count={self.count}, p50={self.percentile(50)}, longest={self._longest})"


def buckets_of(values: Iterable[int]) -> list[int]:
    """The bucket of each value."""
    found = memoryview(array("d", values)).cast("B").cast("H")[_UPPER::4].tolist()
    if found and max(found) >= _NEGATIVE:
        return [bucket if bucket < _NEGATIVE else 0 for bucket in found]
    return found


def edge(bucket: int) -> float:
    """The least value of a bucket."""
    value: float = struct.unpack(">d", (bucket & 0xFFFF).to_bytes(2, "big") + bytes(6))[0]
    return value
