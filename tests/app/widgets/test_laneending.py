"""What lanes say in tooltips and beside the end of a process."""

from __future__ import annotations

import pytest

from app.models.workers import Block, End
from app.widgets.laneending import how_ended, told_block, told_end

MS = 1_000_000


def test_a_thread_s_request() -> None:
    block = Block(7, "T-3", 0, 20 * MS, (), False)
    assert told_block(block, 50 * MS, "") == "#7 · T-3 · 20.00 ms"


def test_a_request_that_goes_on_and_is_stuck() -> None:
    block = Block(7, "T-3", 0, None, (), False)
    assert told_block(block, 50 * MS, "waits for a lock") == "#7 · T-3 · 50.00 ms · waits for a lock"


def test_a_child_says_how_it_ended_and_what_it_used() -> None:
    block = Block(7, "pid 12", 0, 20 * MS, (), True, 3, 4 * MS, 24 << 20)
    said = "#7 · pid 12 · 20.00 ms · exit status 3 · CPU 4.00 ms in all · 24 MB of memory at most"
    assert told_block(block, 50 * MS, "") == said


def test_the_end_of_a_process_that_served_many() -> None:
    end = End(0, "pid 12", -9, 1500 * MS, 64 << 20)
    assert told_end(end) == "pid 12 · killed by signal 9 · CPU 1.5 s in all · 64 MB of memory at most"
    assert told_end(End(0, "pid 12", 0)) == "pid 12 · exit status 0"


@pytest.mark.parametrize(("status", "word"), [(0, "exit 0"), (3, "exit 3"), (-9, "SIGKILL"), (-99, "signal 99")])
def test_how_it_ended_in_a_word(status: int, word: str) -> None:
    assert how_ended(End(0, "pid 12", status)) == word
