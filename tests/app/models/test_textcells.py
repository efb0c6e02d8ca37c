"""Text that hides nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.textcells import STYLES, CellKind, cells

ENCODINGS = ("utf-8", "latin-1", "ascii", "cp1252", "utf-16-le", "utf-16-be", "gb18030", "shift_jis")


def shown(data: bytes, encoding: str = "utf-8", style: str = "escapes") -> str:
    return "".join(cell.text for cell in cells(data, encoding, style))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"ok\r\n", "ok\\r\\n"),
        (b"a\0\x1b[31m", "a\\0\\x1b[31m"),
        ("\u202eevil".encode(), "\\u202eevil"),
        (b"caf\xc3\xa9", "café"),
        (b"\xff\xc3", "\\xff\\xc3"),
        (b"\xc3(", "\\xc3("),
    ],
)
def test_control_characters_and_damage_are_visible(data: bytes, text: str) -> None:
    assert shown(data) == text


def test_styles() -> None:
    assert shown(b"\r\n\x7f", style="pictures") == "\u240d\u240a\u2421"
    assert shown(b"\r\n", style="dots") == "··"


def test_wide_characters_take_two_columns() -> None:
    assert [cell.columns for cell in cells("a你".encode())] == [1, 2]
    assert [(cell.start, cell.end) for cell in cells("a你".encode())] == [(0, 1), (1, 4)]


def test_broken_bytes_are_told_apart() -> None:
    assert [cell.kind for cell in cells(b"a\xff\n")] == [CellKind.PLAIN, CellKind.BROKEN, CellKind.CONTROL]


@given(st.binary(max_size=200), st.sampled_from(ENCODINGS), st.sampled_from(STYLES))
def test_cells_cover_all_bytes_in_order_and_show_nothing_raw(data: bytes, encoding: str, style: str) -> None:
    made = cells(data, encoding, style)
    assert [cell.start for cell in made] == [0, *(cell.end for cell in made)][: len(made)]
    assert (made[-1].end if made else 0) == len(data)
    assert all(character.isprintable() for cell in made for character in cell.text)
