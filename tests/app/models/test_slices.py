"""Which received bytes a variable holds."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from app.models.slices import Slice, find_slice, slices_of
from engine.debug.values import describe_local

RECEIVED = b"\x00\x00\x00\x0eGET /\xc3\xa9 4711\r\n\x01\x02\xff\xfe"


def test_bytes_as_they_are() -> None:
    received = b"\x00\x00\x00\x0ehello"
    assert find_slice(received, b"hello", 5) == (4, 9)
    assert find_slice(received, b"hello", 300) == (4, 9), "the variable held more than was captured"
    assert find_slice(received, b"h", 1) is None
    assert find_slice(received, b"nowhere", 7) is None
    assert find_slice(received, b"", 0) is None


@pytest.mark.parametrize(
    ("value", "slices"),
    [
        (RECEIVED[:4], [Slice(0, 4)]),
        (bytearray(b"GET"), [Slice(4, 7)]),
        (memoryview(RECEIVED)[4:7], [Slice(4, 7)]),
        ("GET", [Slice(4, 7)]),
        ("/\xe9", [Slice(8, 11, "utf-8")]),
        (RECEIVED[9:11].decode("latin-1"), [Slice(9, 11, "latin-1")]),
        (14, [Slice(0, 4, ">I")]),
        (0x0201, [Slice(18, 20, "<H")]),
        (-2, [Slice(20, 22, ">h")]),
        (4711, [Slice(12, 16)]),
        (0, []),
        (1 << 90, []),
        (True, []),
        (7, []),
        ([b"GET", b"4711"], [Slice(4, 7), Slice(12, 16)]),
        ({"word": "GET"}, [Slice(4, 7)]),
        (struct.unpack(">I", RECEIVED[:4]), [Slice(0, 4, ">I")]),
    ],
    ids=repr,
)
def test_what_a_variable_holds(value: Any, slices: list[Slice]) -> None:
    received = RECEIVED if value != -2 else RECEIVED[:20] + b"\xff\xfe"
    assert list(slices_of(describe_local("v", value), received)) == slices


def test_a_number_that_may_be_either_is_neither() -> None:
    assert slices_of(describe_local("v", 513), b"\x02\x01..\x02\x01") == ()
    assert slices_of(describe_local("v", 513), b"\x02\x01..\x01\x02") == ()


def test_attributes_of_an_object() -> None:
    class Header:
        def __init__(self) -> None:
            self.magic = b"GET"

    assert slices_of(describe_local("header", Header()), RECEIVED) == (Slice(4, 7),)
