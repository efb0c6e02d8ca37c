"""Where a request is held, in words."""

from __future__ import annotations

import pytest

from app.models.places import place_text, point_text
from engine.debug.gates import AFTER, BEFORE, POINTS, place_of


@pytest.mark.parametrize(
    ("point", "when", "short", "long"),
    [
        ("verify_request", BEFORE, "before verify", "before verify_request"),
        ("handle", AFTER, "after handle", "after handle"),
        ("received", BEFORE, "bytes received", "bytes received"),
        ("raised", BEFORE, "exception", "exception"),
    ],
)
def test_words(point: str, when: str, short: str, long: str) -> None:
    assert (place_text(place_of(point, when)), point_text(point, when)) == (short, long)


def test_every_place_has_words() -> None:
    assert all(place_text(place_of(point, when)) for point in POINTS for when in (BEFORE, AFTER))
    assert place_text("") == ""
