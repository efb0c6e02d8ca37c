r"""Typed text or hex to bytes: escapes such as \n, \x1f and \u00e9; hex with or without blanks, commas and 0x."""

from __future__ import annotations

import re

from app.text import safe_text, tr

_SINGLE = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0", "a": b"\a", "b": b"\b", "f": b"\f", "v": b"\v", "\\": b"\\",
           '"': b'"', "'": b"'"}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|(.)|$)", re.DOTALL)
_SEPARATORS = re.compile(r"0[xX]|[\s,;:]+|\\x")


class PayloadError(ValueError):
    """The text is no payload; the message is a sentence."""


def read_text(text: str) -> bytes:
    """Bytes of a text in UTF-8, with its escapes resolved."""
    parts: list[bytes] = []
    at = 0
    for match in _ESCAPE.finditer(text):
        parts += [text[at : match.start()].encode("utf-8", "surrogatepass"), _escaped(match)]
        at = match.end()
    parts.append(text[at:].encode("utf-8", "surrogatepass"))
    return b"".join(parts)


def _escaped(match: re.Match[str]) -> bytes:
    code, point, single = match.groups()
    if code is not None:
        return bytes.fromhex(code)
    if point is not None:
        return chr(int(point, 16)).encode("utf-8", "surrogatepass")
    if single in _SINGLE:
        return _SINGLE[single]
    wrong = safe_text(match.group())
    raise PayloadError(tr("{escape} is no escape; write \\\\ for a backslash.").format(escape=wrong))


def read_hex(text: str) -> bytes:
    """Bytes of a hex dump without offsets."""
    digits = _SEPARATORS.sub("", text)
    if wrong := re.search(r"[^0-9A-Fa-f]", digits):
        raise PayloadError(tr("{sign} is no hex digit.").format(sign=safe_text(wrong.group())))
    if len(digits) % 2:
        raise PayloadError(tr("There is an odd number of hex digits."))
    return bytes.fromhex(digits)


def write_text(data: bytes) -> str:
    r"""Bytes as `read_text` reads them: what can be seen stands for itself, the rest as \n, \r, \t or \x1f."""
    text = data.decode("utf-8", "surrogateescape")
    return "".join(_PLAIN.get(sign) or (sign if sign.isprintable() else _escape(sign)) for sign in text)


_PLAIN = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": r"\\"}


def _escape(sign: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in sign.encode("utf-8", "surrogateescape"))


def write_hex(data: bytes) -> str:
    """Bytes as `read_hex` reads them, sixteen a line."""
    return "\n".join(data[at : at + 16].hex(" ") for at in range(0, len(data), 16))
