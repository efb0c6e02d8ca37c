"""What can be set of a fault: each parameter knows its unit, its range, and how a person writes it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SECONDS, BYTES, RATE, SHARE, COUNT, CHOICE, OFFSETS = (
    "seconds", "bytes", "rate", "share", "count", "choice", "offsets",
)  # fmt: skip
"""Units. A RATE is in bytes a second, a SHARE from 0 to 1, OFFSETS are a text such as `0,4,10-12`."""
MOST_OFFSETS = 1000

_SIZES = {"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20}
_NUMBER = r"(\d{1,12}(?:\.\d{1,9})?)\s*"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a kind of fault. `low` and `high` bound numbers, both included."""

    name: str
    unit: str
    default: Any
    explanation: str
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> Any:
        """The value, of the right type. Raises ValueError with a sentence."""
        if self.unit == CHOICE:
            if value not in self.choices:
                raise ValueError(f"{self.name} is one of {', '.join(self.choices)}; not {value!r}.")
            return value
        if self.unit == OFFSETS:
            read_offsets(str(value))
            return str(value)
        whole = self.unit in (BYTES, COUNT)
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            raise ValueError(f"{self.name} must be from {self.show(self.low)} to {self.show(self.high)}.")
        return int(value) if whole else float(value)

    def read(self, text: str) -> Any:
        """A value as a person writes it: `200ms`, `4k`, `25%`, `out`. Raises ValueError with a sentence."""
        if self.unit in (CHOICE, OFFSETS):
            return self.check(text)
        try:
            return self.check(_READERS[self.unit](text.strip().lower()))
        except KeyError:
            raise ValueError(f"{self.name} needs {_EXAMPLES[self.unit]}; not {text!r}.") from None

    def show(self, value: Any) -> str:
        """A value as `read` reads it."""
        if self.unit == SECONDS:
            return f"{value:g}s" if value >= 1 or not value else f"{value * 1000:g}ms"
        if self.unit == SHARE:
            return f"{value * 100:g}%"
        return str(value) if self.unit in (CHOICE, OFFSETS) else f"{int(value)}"


def read_offsets(text: str) -> list[int]:
    """`0,4,10-12` as numbers. Raises ValueError with a sentence."""
    found: list[int] = []
    for part in filter(None, text.replace(" ", "").split(",")):
        match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", part)
        last = int(match[2] or match[1]) if match is not None else -1
        if match is None or last < int(match[1]):
            raise ValueError(f"offsets are numbers and ranges such as 0,4,10-12; not {part!r}.")
        if len(found) + last - int(match[1]) >= MOST_OFFSETS:
            raise ValueError(f"offsets can be {MOST_OFFSETS} at most.")
        found += range(int(match[1]), last + 1)
    return found


def _matched(pattern: str, text: str) -> re.Match[str]:
    match = re.fullmatch(pattern, text)
    if match is None:
        raise KeyError(text)
    return match


def _seconds(text: str) -> float:
    match = _matched(_NUMBER + "(ms|s|)", text)
    return float(match[1]) / (1 if match[2] == "s" else 1000)


def _size(text: str) -> float:
    match = _matched(_NUMBER + "([kmb]{0,2})", text.removesuffix("/s"))
    return math.floor(float(match[1]) * _SIZES[match[2]])


def _share(text: str) -> float:
    match = _matched(_NUMBER + "(%?)", text)
    return float(match[1]) / (100 if match[2] else 1)


_READERS: dict[str, Callable[[str], float]] = {
    SECONDS: _seconds,
    BYTES: _size,
    RATE: _size,
    SHARE: _share,
    COUNT: lambda text: int(_matched(r"(\d{1,12})", text)[1]),
}
_EXAMPLES = {
    SECONDS: "a time such as 200ms or 1.5s",
    BYTES: "a size such as 100 or 4k",
    RATE: "bytes a second such as 10k",
    SHARE: "a share such as 25% or 0.25",
    COUNT: "a whole number",
}
