"""What the commands print: sentences on standard error, and foreign text only with its control characters visible."""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import Any

BAD_INPUT = 2
FAILED = 1

_NAMES = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Categories of characters that move the cursor, hide, or turn the direction of writing."""


def safe(text: str) -> str:
    """The text with everything a terminal would obey spelled out."""
    return "".join(map(_visible, text))


def safe_bytes(data: bytes) -> str:
    """Bytes as text: ASCII as it is, the rest and everything a terminal would obey spelled out."""
    return "".join(chr(byte) if 32 <= byte < 127 and byte != 92 else _spelled(byte) for byte in data)


def _spelled(byte: int) -> str:
    return _NAMES.get(chr(byte)) or f"\\x{byte:02x}"


def _visible(character: str) -> str:
    if character in _NAMES:
        return _NAMES[character]
    if unicodedata.category(character) not in _HIDDEN:
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def say(line: str) -> None:
    """One line on standard output, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say_json(item: dict[str, Any]) -> None:
    """One JSON object on standard output. Its text is ASCII, so no terminal obeys it."""
    say(json.dumps(item))


def complain(sentence: str, code: int) -> int:
    """One line on standard error; returns the exit code for convenience."""
    sys.stderr.write(f"socketscope: {safe(sentence)}\n")
    sys.stderr.flush()
    return code
