"""Which of the received bytes a variable holds: as they are, decoded, unpacked to a number, or in a container."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Span = tuple[int, int]

SHORTEST = 2
"""A single byte occurs anywhere by chance; two are told as a slice."""
LONGEST_NUMBER = 20
WIDTHS = (8, 4, 2)
ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be")
MOST = 10
"""Slices of one container."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes `start` up to `end` of what came in, and how they were read: "" as they are, "utf-8", ">I"."""

    start: int
    end: int
    how: str = ""

    @property
    def span(self) -> Span:
        """Both ends."""
        return self.start, self.end


def slices_of(local: Mapping[str, Any], received: bytes) -> tuple[Slice, ...]:
    """Where the value of a local, as debug/values.py describes it, stands in the received bytes."""
    found = list(_own(local, received))
    for item in local.get("items") or ():
        found += _own(item, received)
    return tuple(dict.fromkeys(found[:MOST]))


def _own(local: Mapping[str, Any], received: bytes) -> Iterator[Slice]:
    if local.get("hex"):
        held = bytes.fromhex(str(local["hex"]))
        span = find_slice(received, held, int(local.get("size") or len(held)))
        if span is not None:
            yield Slice(*span)
    elif isinstance(local.get("text"), str):
        yield from _find_text(received, local["text"], int(local.get("size") or 0))
    elif local.get("type") == "int":
        yield from _find_number(received, str(local.get("value", "")))


def find_slice(received: bytes, held: bytes, size: int) -> Span | None:
    """Where in the received bytes the `size` bytes that begin with `held` stand."""
    if len(held) < SHORTEST:
        return None
    start = received.find(held)
    return None if start < 0 else (start, min(start + size, len(received)))


def _find_text(received: bytes, text: str, size: int) -> Iterator[Slice]:
    """Text that was decoded; its length in bytes is only known if all of it is."""
    for encoding in ENCODINGS:
        try:
            held = text.encode(encoding)
        except UnicodeEncodeError:
            continue
        span = find_slice(received, held, len(held) if size <= len(text) else len(held) + size - len(text))
        if span is not None:
            yield Slice(*span, "" if encoding == "utf-8" and held.isascii() else encoding)
            return


def _find_number(received: bytes, text: str) -> Iterator[Slice]:
    """A number that was unpacked, or read from digits; told only where nothing else can be meant."""
    if len(text) > LONGEST_NUMBER:
        return
    try:
        number = int(text)
    except ValueError:
        return
    for width in WIDTHS:
        places = set(_encoded(received, number, width))
        if places:
            if len({(place.start, place.end) for place in places}) == 1:
                yield min(places, key=lambda place: place.how)
            return
    if len(text) >= SHORTEST and received.count(text.encode()) == 1:
        start = received.find(text.encode())
        yield Slice(start, start + len(text))


def _encoded(received: bytes, number: int, width: int) -> Iterable[Slice]:
    letter = {2: "H", 4: "I", 8: "Q"}[width]
    letter = letter.lower() if number < 0 else letter
    for sign, order in ((">", "big"), ("<", "little")):
        try:
            held = number.to_bytes(width, order, signed=number < 0)  # type: ignore[arg-type]  # one of the two
        except OverflowError:
            return
        start = received.find(held)
        while start >= 0:
            yield Slice(start, start + width, sign + letter)
            start = received.find(held, start + 1)
