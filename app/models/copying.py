"""Bytes as text for the clipboard: hex, dump, Python, C, escaped, Base64, plain."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.text import QT_TRANSLATE_NOOP


@dataclass(frozen=True, slots=True)
class CopyFormat:
    """One way to write bytes down. `title` is translated where it is shown, in the context "CopyFormat"."""

    key: str
    title: str
    write: Callable[[bytes], str]

    @property
    def label(self) -> str:
        """The title in the person's language."""
        return QCoreApplication.translate("CopyFormat", self.title)


def hex_stream(data: bytes) -> str:
    """`68 65 6c 6c 6f`."""
    return data.hex(" ")


def hex_dump(data: bytes) -> str:
    """Rows of sixteen with offset and ASCII, as `xxd -g1` and Wireshark write them."""
    width = max(4, len(f"{max(len(data) - 1, 0):x}"))
    return "\n".join(_dump_row(data[at : at + 16], at, width) for at in range(0, len(data), 16))


def _dump_row(row: bytes, at: int, width: int) -> str:
    halves = f"{row[:8].hex(' ')}  {row[8:].hex(' ')}"
    return f"{at:0{width}x}  {halves:<48}  {printable(row)}"


def printable(row: bytes) -> str:
    """ASCII with a dot for everything that is no printable character."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)


def python_bytes(data: bytes) -> str:
    """A bytes literal; long ones over several lines in brackets."""
    if len(data) <= 64:
        return repr(data)
    rows = "\n".join(f"    {data[at : at + 32]!r}" for at in range(0, len(data), 32))
    return f"(\n{rows}\n)"


def c_array(data: bytes) -> str:
    """An array for a C source file."""
    if not data:
        return "const unsigned char data[1]; /* 0 bytes */"
    numbers = textwrap.fill(", ".join(f"0x{byte:02x}" for byte in data), 72)
    return f"const unsigned char data[{len(data)}] = {{\n{textwrap.indent(numbers, '    ')}\n}};"


def escaped(data: bytes) -> str:
    r"""Text with `\r`, `\n`, `\x00`, as inside a bytes literal's quotes; `printf '%b'` reads it back."""
    return data.decode("latin-1").encode("unicode_escape").decode("ascii")


def base64_text(data: bytes) -> str:
    """Base64 without line breaks."""
    return base64.b64encode(data).decode("ascii")


def plain_text(data: bytes) -> str:
    """UTF-8, with U+FFFD where it is not; the one format that may carry control characters."""
    return data.decode("utf-8", errors="replace")


COPY_FORMATS: tuple[CopyFormat, ...] = (
    CopyFormat("hex", QT_TRANSLATE_NOOP("CopyFormat", "Hex"), hex_stream),
    CopyFormat("dump", QT_TRANSLATE_NOOP("CopyFormat", "Hex dump"), hex_dump),
    CopyFormat("python", QT_TRANSLATE_NOOP("CopyFormat", "Python bytes"), python_bytes),
    CopyFormat("c", QT_TRANSLATE_NOOP("CopyFormat", "C array"), c_array),
    CopyFormat("escaped", QT_TRANSLATE_NOOP("CopyFormat", "Escaped text"), escaped),
    CopyFormat("base64", QT_TRANSLATE_NOOP("CopyFormat", "Base64"), base64_text),
    CopyFormat("text", QT_TRANSLATE_NOOP("CopyFormat", "Text (UTF-8)"), plain_text),
)
