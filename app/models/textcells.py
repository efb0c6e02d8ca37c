"""Bytes as text that hides nothing: one cell a character, control characters made visible, damage shown as escapes."""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto

STYLES = ("pictures", "escapes", "dots")
"""How a control character is shown: ␍␊, \\r\\n, or a dot."""

_ESCAPES = {"\r": "\\r", "\n": "\\n", "\t": "\\t", "\0": "\\0"}


class CellKind(Enum):
    """How a cell is coloured."""

    PLAIN = auto()
    CONTROL = auto()
    BROKEN = auto()
    """Bytes that are no text in this encoding."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One character, or what stands for it: its place in the row's bytes, and the columns it takes."""

    text: str
    kind: CellKind
    start: int
    end: int
    columns: int


def cells(row: bytes, encoding: str = "utf-8", style: str = "pictures") -> list[Cell]:
    """The cells of one row of bytes, in order."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    made: list[Cell] = []
    start = at = 0
    while at < len(row):
        try:
            text = decoder.decode(row[at : at + 1], at + 1 == len(row))
        except UnicodeDecodeError:
            decoder.reset()
            made.append(_broken(row, start))
            start = at = start + 1
            continue
        at += 1
        if text:
            made.append(_cell(text, start, at, style))
            start = at
    return made


def _broken(row: bytes, at: int) -> Cell:
    return Cell(f"\\x{row[at]:02x}", CellKind.BROKEN, at, at + 1, 4)


def _cell(character: str, start: int, end: int, style: str) -> Cell:
    if character.isprintable() and not unicodedata.combining(character[0]):
        wide = unicodedata.east_asian_width(character[0]) in "WF" if len(character) == 1 else False
        return Cell(character, CellKind.PLAIN, start, end, 2 if wide else 1)
    text = visible(character, style)
    return Cell(text, CellKind.CONTROL, start, end, len(text))


def visible(character: str, style: str) -> str:
    """What stands for a character that cannot be shown as it is."""
    code = ord(character[0])
    if style == "dots":
        return "·"
    if style == "pictures" and (code < 0x20 or code == 0x7F):
        return chr(0x2421 if code == 0x7F else 0x2400 + code)
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
