"""What is said of requests that do not get on."""

from __future__ import annotations

import time
from typing import Any

import pytest

from engine.capture.live import Serving
from engine.hosting.stuck import in_turn
from engine.hosting.stuckrequest import Stuck, mark_deadlocks, sentence_of
from engine.observe.stages import Stage


def serving(number: int) -> Serving:
    return Serving(number, 7, 100 + number, Stage.HANDLE, time.monotonic_ns() - 3_000_000_000, False)


def lock(*holders: dict[str, Any], kind: str = "lock") -> dict[str, Any]:
    about = {"doing": "lock", "call": "with TILL", "kind": kind, "holders": list(holders), "function": "buy"}
    return {**about, "file": "/x/shop.py", "line": 12}


FOR_TILL = "Request #2 has waited 3 s for TILL in buy, line 12 of shop.py"


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        (lock({"request": 1, "line": 4}), f"{FOR_TILL}, held by request #1 since line 4."),
        (lock({"name": "T-5"}), f"{FOR_TILL}, held by T-5."),
        (lock(), f"{FOR_TILL}; nobody's stack shows who holds it."),
        (lock(kind=""), f"{FOR_TILL}."),
        (lock({"thread": 102, "line": 4}), f"{FOR_TILL}, which it holds itself since line 4."),
        ({"doing": "queue"}, "Request #2 has waited 3 s for a worker: all of them are busy."),
        ({"doing": "running"}, "Request #2 has kept a processor busy for 3 s."),
    ],
)
def test_sentences(about: dict[str, Any], sentence: str) -> None:
    assert sentence_of(Stuck(serving(2), about)) == sentence


def test_those_that_wait_for_each_other_are_told_apart() -> None:
    holder = {1: 2, 2: 3, 3: 1, 4: 1, 5: 9, 6: 6}
    found = {number: Stuck(serving(number), lock({"request": other})) for number, other in holder.items()}
    found[7] = Stuck(serving(7), lock())
    mark_deadlocks(found)
    circle = [1, 2, 3]
    told = {number: stuck.about["deadlock"] for number, stuck in found.items()}
    assert told == {1: circle, 2: circle, 3: circle, 4: [], 5: [], 6: [], 7: []}
    who = "requests #1 and #2 and #3 wait for each other's locks"
    assert sentence_of(found[2]) == f"Deadlock: {who}; #2 for TILL in buy, line 12 of shop.py."


def test_many_are_asked_in_turn() -> None:
    some = [serving(number) for number in range(10)]
    assert in_turn(some, 10, 3) == some
    seen = [one.request for turn in range(4) for one in in_turn(some, 3, turn)]
    assert set(seen) == set(range(10))
    assert len(in_turn(some, 3, 5)) == 3
    assert in_turn([], 3, 5) == []
