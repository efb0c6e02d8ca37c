"""Where the bytes that a filter asks for stand in a conversation."""

from __future__ import annotations

from collections.abc import Iterator

from app.models.conversation import Conversation
from engine.capture.filters import FilterError, searched_bytes

MOST = 200
"""Places in each direction; nobody looks at more."""


def found(filter_text: str, conversation: Conversation) -> list[tuple[bool, int, int]]:
    """Direction (received), first byte and the one after the last, of each place; in the stream of that direction."""
    try:
        wanted = searched_bytes(filter_text)
    except FilterError:
        return []
    if not wanted:
        return []
    return [
        (received, *span)
        for received in (True, False)
        for span in sorted(_places(conversation.data(received), wanted))[:MOST]
    ]


def _places(data: bytes, wanted: tuple[bytes, ...]) -> Iterator[tuple[int, int]]:
    for one in wanted:
        at, count = data.find(one), 0
        while at >= 0 and count < MOST:
            yield at, at + len(one)
            at, count = data.find(one, at + len(one)), count + 1
