"""What a capture knows of times in which a request was held: it is told while it lasts, and is nobody's work."""

from __future__ import annotations

import pytest

from engine.capture.filters import parse
from engine.capture.records import GOES_ON, PauseRecord, State
from engine.capture.timings import overlap
from engine.observe.facts import Means
from engine.observe.stages import Stage

from .batches import START, closed, interfered, opened, stage
from .conftest import HOST, Bench

ONE = 1
MS = 1_000_000


def test_a_pause_is_told_while_it_lasts_and_after(bench: Bench) -> None:
    bench.feed(opened(ONE))
    bench.writer.hold(1, "before handle", START + 5)
    record = bench.only()
    assert (record.state, record.held) == (State.PAUSED, "before handle")
    assert record.pauses == (PauseRecord("before handle", START + 5, None),)
    assert record.paused(START + 9) == 4
    assert [one.amount for one in bench.reader.interferences(1)] == [GOES_ON]
    bench.feed(interfered(ONE, Means.PAUSED, 7, "before handle", at=START + 12))
    bench.writer.let_go(1, START + 5)
    record = bench.only()
    assert (record.state, record.held) == (State.QUEUED, "")
    assert record.pauses == (PauseRecord("before handle", START + 5, START + 12),)


@pytest.mark.parametrize("told_late", [False, True])
def test_what_the_host_says_of_its_end_is_enough(bench: Bench, told_late: bool) -> None:
    bench.feed(opened(ONE))
    if not told_late:
        bench.writer.hold(1, "before handle", START + 5)
        bench.commit()
    bench.feed(interfered(ONE, Means.PAUSED, 7 * MS, "before handle", at=START + 8 + 7 * MS))
    if told_late:
        bench.writer.hold(1, "before handle", START + 5)
    record = bench.only()
    assert (record.state, record.pauses) == (
        State.QUEUED,
        (PauseRecord("before handle", START + 8, START + 8 + 7 * MS),),
    )


def test_a_step_lets_one_go_and_holds_the_next(bench: Bench) -> None:
    bench.feed(opened(ONE))
    bench.writer.hold(1, "before setup", START + 5)
    bench.writer.let_go(1, START + 5)
    bench.writer.hold(1, "before handle", START + 8)
    assert bench.only().held == "before handle"


def test_one_that_dies_while_it_is_held_was_held_to_its_end(bench: Bench) -> None:
    bench.feed(opened(ONE))
    bench.writer.hold(1, "received", START + 5)
    bench.commit()
    bench.writer.request_killed(HOST, ONE, "killed (SIGKILL)", START + 25)
    record = bench.only()
    assert (record.state, record.held, record.paused(START + 99)) == (State.KILLED, "", 20)


def test_time_spent_held_counts_for_nobody(bench: Bench) -> None:
    held = 900 * MS
    bench.feed(
        opened(ONE),
        interfered(ONE, Means.PAUSED, held, "before handle", at=START + 910 * MS),
        stage(ONE, Stage.HANDLE, START + 5 * MS, START + 940 * MS),
        closed(ONE, at=START + 950 * MS),
    )
    record = bench.only()
    assert record.paused(0) == held
    second = (START + 950 * MS) // 1_000_000_000
    assert [one.p50 for one in bench.reader.load(None, second, second)] == [50 * MS]
    timings = bench.reader.timings()
    assert (timings[Stage.HANDLE].longest, timings[None].longest) == (35 * MS, 50 * MS)
    for typed, found in (("ms>60", 0), ("ms<60", 1)):
        assert bench.reader.count(parse(typed)) == found
    assert [one.id for one in bench.reader.requests(order="duration")] == [1]


@pytest.mark.parametrize(
    ("spans", "lies_in"), [((), 0), (((0, 100),), 10), (((12, 15), (18, 40)), 5), (((0, 10), (20, 30)), 0)]
)
def test_overlap(spans: tuple[tuple[int, int], ...], lies_in: int) -> None:
    assert overlap(10, 20, spans) == lies_in
