"""A conversation: whole chunks, their places, the lines they are shown in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.models.conversation import EMPTY, Chunk, Conversation, converse
from app.models.lines import TEXT_COLUMNS, Layout, Line, LineKind, Rows
from app.models.textcells import cells
from engine.capture.records import ChunkRecord
from engine.observe.facts import Piece


def chunk(number: int, data: bytes, *, received: bool = True, start: int = 0, size: int = -1) -> Chunk:
    return Chunk(number, received, 0, start, len(data) if size < 0 else size, Piece.WHOLE, data)


def test_chunks_keep_their_order_and_directions_are_counted_apart() -> None:
    records = [
        ChunkRecord(7, True, 10, 5, Piece.WHOLE, b"abcde"),
        ChunkRecord(2, False, 11, 2, Piece.WHOLE, b"ok"),  # told earlier, by a forked child
        ChunkRecord(8, True, 12, 4, Piece.CUT, b"f"),
    ]
    talk = converse(9, records)
    assert [(c.id, c.received, c.start, c.size, c.data) for c in talk.chunks] == [
        (7, True, 0, 5, b"abcde"),
        (2, False, 0, 2, b"ok"),
        (8, True, 5, 4, b"f"),
    ]
    assert talk.size(True) == 9
    assert talk.data(True) == b"abcdef"
    assert talk.chunks[2].missing == 3
    found = talk.find(True, 8)
    assert found is not None
    assert found.id == 8
    assert talk.find(False, 2) is None


def lines(layout: Layout) -> list[Line]:
    return [layout.line(number) for number in range(layout.count)]


def test_hex_layout_has_head_rows_and_gap() -> None:
    talk = Conversation(0, (chunk(1, bytes(17)), chunk(2, b"x", received=False, size=3)))
    layout = Layout(talk, notes=(), more=True)
    kinds = [line.kind for line in lines(layout)]
    head, row, gap, missing, more = (
        LineKind.HEAD,
        LineKind.BYTES,
        LineKind.GAP,
        LineKind.MISSING,
        LineKind.MORE,
    )
    assert kinds == [head, row, row, gap, head, row, missing, gap, more]
    assert layout.line_of(True, 16) == 2
    assert layout.line_of(False, 0) == 5
    assert layout.line_of(False, 2) is None
    assert layout.line_of_chunk(2) == 4
    assert layout.line_of_chunk(9) is None


def test_a_silent_direction_is_mentioned() -> None:
    layout = Layout(EMPTY, notes=(False,))
    assert lines(layout)[0] == Line(LineKind.NOTE, received=False)


def test_ten_megabytes_are_laid_out_at_once() -> None:
    layout = Layout(Conversation(0, (chunk(1, bytes(10_000_000)),)), heads=False)
    assert layout.count == 625_000
    assert layout.line(624_999).end == 10_000_000


@given(st.binary(max_size=2000), st.sampled_from([1, 2]))
def test_text_rows_cover_all_bytes_once(data: bytes, unit: int) -> None:
    rows = Rows(data, text=True, unit=unit)
    spans = [rows.span(row) for row in range(rows.count)]
    assert b"".join(data[start:end] for start, end in spans) == data
    assert all(end > start for start, end in spans)
    assert all(rows.row_at(place) == row for row, (start, end) in enumerate(spans) for place in range(start, end))


@given(st.binary(max_size=600))
def test_text_rows_fit_the_width(data: bytes) -> None:
    rows = Rows(data, text=True)
    for row in range(rows.count):
        start, end = rows.span(row)
        assert sum(cell.columns for cell in cells(data[start:end], "utf-8", "escapes")) <= TEXT_COLUMNS + 12


def test_text_rows_end_after_a_line_feed_and_tear_no_character() -> None:
    data = b"GET /\r\nHost\n" + "é".encode() * 100
    rows = Rows(data, text=True)
    parts = [data[slice(*rows.span(row))] for row in range(rows.count)]
    assert parts[:2] == [b"GET /\r\n", b"Host\n"]
    assert all(part.decode("utf-8") for part in parts)
