"""Which requests are over: known even of one that is told of long after those that came later."""

from __future__ import annotations

import random

from engine.capture.live import BEYOND, Past
from engine.observe.stages import Stage

from .batches import START, closed, number, opened, stage
from .conftest import Bench


def test_in_any_order() -> None:
    past, numbers = Past(), list(range(1, 500))
    random.Random(1).shuffle(numbers)
    for so_far, one in enumerate(numbers):
        assert [two in past for two in numbers] == [True] * so_far + [False] * (len(numbers) - so_far)
        past.add(one)
    assert all(one in past for one in numbers)
    assert 500 not in past


def test_what_never_comes_is_given_up_in_the_end() -> None:
    past = Past()
    for one in range(2, BEYOND + 2):
        past.add(one)
    assert 1 not in past
    past.add(BEYOND + 2)
    assert 1 in past
    assert BEYOND + 3 not in past


def test_one_that_could_not_be_told_for_long_is_taken_in(bench: Bench) -> None:
    """Its host was stopped just after it had begun, and others had come and gone meanwhile."""
    bench.feed(opened(number(2)), closed(number(2), START + 10))
    for _ in range(3):
        bench.writer._intake.forget()
    late = stage(number(1), Stage.HANDLE, START + 1, START + 9000)
    bench.feed(opened(number(1), START + 1), late, closed(number(1), START + 9000))
    bench.feed(closed(number(2), START + 10))  # and that one is over, whatever is told of it again
    bench.commit()
    assert [one.opened for one in bench.reader.requests()] == [START, START + 1]
