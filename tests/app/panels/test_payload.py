"""What is typed into the test client becomes exactly the bytes that were meant."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.copying import escaped, hex_stream
from app.panels.payload import PayloadError, read_hex, read_text


@pytest.mark.parametrize(("text", "data"), [
    (r"hello\r\n", b"hello\r\n"),
    (r"\x00\xff\\", b"\x00\xff\\"),
    (r"\u00e9", "é".encode()),
    ("é", "é".encode()),
    ("two\nlines", b"two\nlines"),
    (r"a\0b", b"a\0b"),
    ("", b""),
])  # fmt: skip
def test_escapes(text: str, data: bytes) -> None:
    assert read_text(text) == data


@pytest.mark.parametrize("text", ["\\", r"\q", r"\x1", r"\u12"])
def test_what_is_no_escape_is_told(text: str) -> None:
    with pytest.raises(PayloadError, match="is no escape"):
        read_text(text)


@given(st.binary(max_size=200))
def test_what_was_copied_can_be_sent_again(data: bytes) -> None:
    assert read_text(escaped(data)) == data
    assert read_hex(hex_stream(data)) == data


@pytest.mark.parametrize("text", ["68 65 6c", "0x68, 0x65, 0x6c", "68:65:6C", "68\n65\t6c", r"\x68\x65\x6c"])
def test_hex_in_many_spellings(text: str) -> None:
    assert read_hex(text) == b"hel"


@pytest.mark.parametrize("text", ["6", "zz", "0x6"])
def test_bad_hex(text: str) -> None:
    with pytest.raises(PayloadError):
        read_hex(text)


@given(st.text(max_size=100))
def test_no_text_raises_anything_else(text: str) -> None:
    for read in (read_text, read_hex):
        with suppress(PayloadError):
            assert isinstance(read(text), bytes)
