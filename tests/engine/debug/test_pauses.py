"""A pause and its decision."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from engine.debug.pauses import SHOWN, Decision, Pause


def pause(data: bytes | None) -> Pause:
    nobody: Any = None
    return Pause(nobody, "received", "before", 1, None, data)


def test_only_the_first_decision_counts() -> None:
    held = pause(b"old")
    heard: list[Decision] = []
    held.then = heard.append
    held.decide(Decision("continue", b"new"))
    held.decide(Decision("drop"))
    assert (held.decision.deed, held.changed(), len(heard)) == ("continue", b"new", 1)


def test_bytes_beyond_those_shown_stay() -> None:
    held = pause(b"a" * SHOWN + b"tail")
    assert held.changed() == b"a" * SHOWN + b"tail"
    held.decide(Decision("continue", b"short "))
    assert held.changed() == b"short tail"


def test_what_arrives_later_is_at_stake_too_and_follows_an_edit() -> None:
    arrived = [b"first ", b"first ", b"first second"]
    held = pause(b"")
    held.peek = lambda: arrived.pop(0)
    assert [held.grown() for _ in range(3)] == [True, False, True]
    held.decide(Decision("continue", b"1st ", over=6))
    assert held.changed() == b"1st second"
    assert not held.grown(), "it has gone on"


def test_numbers_are_unlike() -> None:
    assert pause(None).number != pause(None).number


def test_orders_are_read() -> None:
    assert Decision.from_json({"data": base64.b64encode(b"x").decode()}) == Decision("continue", b"x")
    with pytest.raises(ValueError, match="no such decision as explode"):
        Decision.from_json({"deed": "explode"})
    assert Decision.from_json({"data": "", "over": 3}) == Decision("continue", b"", over=3)
    with pytest.raises(ValueError, match="padding"):
        Decision.from_json({"data": "YQ"})
