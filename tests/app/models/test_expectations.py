"""How expectations fared, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.models.expectations import ExpectationRow, masks_of, outcome_text
from engine.replay.expectations import Expectation
from engine.replay.playback import Playback, Step

ROW = ExpectationRow(Expectation("echo #1", "echo", Playback("tcp", (Step(b"x"),), b"12345678")))


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, "not checked yet"),
        ({"running": True}, "… checking"),
        ({"passed": True}, "✓ as expected"),
        ({"passed": False, "first": 1234}, "✕ differs from byte 1\u2009234 on"),
        ({"passed": False, "sentence": "Nothing listens."}, "✕ Nothing listens."),
        ({"sentence": "It was not checked."}, "It was not checked."),
    ],
)
def test_outcomes(members: dict[str, object], words: str) -> None:
    assert outcome_text(replace(ROW, **members)) == words  # type: ignore[arg-type]  # each fits its field


def test_masks() -> None:
    assert masks_of(ROW) == "nothing"
    assert masks_of(replace(ROW, expectation=ROW.expectation.with_masks([(2, 4)]))) == "2-3"
