"""What a filter asks for, in the bytes of a request."""

from __future__ import annotations

import pytest

from app.models.conversation import Chunk, Conversation
from app.models.finding import MOST, found
from engine.observe.facts import Piece


def conversation(received: bytes, sent: bytes = b"") -> Conversation:
    """Cut in the middle, as a kernel does."""
    chunks = []
    for number, (direction, data) in enumerate(((True, received), (False, sent))):
        middle = len(data) // 2
        for start, part in ((0, data[:middle]), (middle, data[middle:])):
            chunks.append(Chunk(number, direction, 0, start, len(part), Piece.WHOLE, part))
    return Conversation(0, tuple(chunks))


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        ("text:GET", [(True, 0, 3)]),
        ("hex:0d0a", [(True, 5, 7), (False, 2, 4)]),
        (r'text:"\r\n" state:done', [(True, 5, 7), (False, 2, 4)]),
        ("OK", [(False, 0, 2)]),
        ("-text:GET", []),
        ("peer:GET", []),
        ("text:", []),
        ("", []),
    ],
)
def test_places(typed: str, places: list[tuple[bool, int, int]]) -> None:
    assert found(typed, conversation(b"GET /\r\n", b"OK\r\n")) == places


def test_not_more_than_anybody_looks_at() -> None:
    assert len(found("text:a", conversation(b"a" * 10_000))) == MOST
