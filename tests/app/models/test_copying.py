"""What lands on the clipboard can be read back."""

from __future__ import annotations

import ast
import base64
import codecs
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.copying import COPY_FORMATS, c_array, escaped, hex_dump, hex_stream, plain_text, python_bytes

DATA = b"\0\0\0\x0ehello world!\r\n"


def test_hex_and_dump() -> None:
    assert hex_stream(b"\0a") == "00 61"
    assert hex_dump(DATA) == (
        "0000  00 00 00 0e 68 65 6c 6c  6f 20 77 6f 72 6c 64 21  ....hello world!\n"
        "0010  0d 0a                                             .."
    )


def test_escaped() -> None:
    assert escaped(b"it's\r\n\x00\\") == "it's\\r\\n\\x00\\\\"


def test_text_replaces_what_is_none() -> None:
    assert plain_text(b"a\xff") == "a\ufffd"


def test_every_format_has_a_key_and_a_name(qapp: object) -> None:
    assert len({form.key for form in COPY_FORMATS}) == len(COPY_FORMATS)
    assert all(form.label for form in COPY_FORMATS)


@pytest.mark.parametrize("form", COPY_FORMATS, ids=lambda form: form.key)
def test_no_bytes_are_no_error(form: object) -> None:
    assert isinstance(form.write(b""), str)  # type: ignore[attr-defined]  # parametrize gives object


@given(st.binary(max_size=300))
def test_formats_read_back(data: bytes) -> None:
    assert ast.literal_eval(python_bytes(data)) == data
    assert codecs.escape_decode(escaped(data).encode())[0] == data
    assert bytes(int(digits, 16) for digits in re.findall(r"0x(\w\w)", c_array(data))) == data
    assert bytes.fromhex(hex_stream(data)) == data
    b64 = next(form for form in COPY_FORMATS if form.key == "base64")
    assert base64.b64decode(b64.write(data)) == data
