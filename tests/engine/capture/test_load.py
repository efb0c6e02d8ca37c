"""The load's seconds are exact."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from engine.capture.load import KEPT_SECONDS, SECOND, LoadBook, LoadRow
from engine.observe.facts import Outcome

from .batches import START, whole
from .conftest import HOST, Bench

REQUESTS = st.lists(
    st.tuples(st.integers(0, 5 * SECOND), st.integers(0, 2 * SECOND), st.sampled_from([1, 2])), max_size=60
)


@given(REQUESTS, st.integers(1, 10))
def test_seconds_hold_what_happened_in_them(requests: list[tuple[int, int, int]], rows_every: int) -> None:
    book = LoadBook()
    written: dict[tuple[int, int], LoadRow] = {}
    for place, (opened, took, server) in enumerate(requests):
        book.bucket(server, opened).opened += 1
        bucket = book.bucket(server, opened + took)
        bucket.closed += 1
        bucket.durations.append(took)
        if place % rows_every == 0:
            written.update({row[:2]: row for row in book.rows()})
    written.update({row[:2]: row for row in book.rows()})
    for (server, second), row in written.items():
        mine = [one for one in requests if server in (0, one[2])]
        ends = [(opened + took, took) for opened, took, _ in mine]
        durations = sorted(took for end, took in ends if end // SECOND == second)
        assert row[2] == sum(opened // SECOND == second for opened, *_ in mine)
        assert row[3] == len(durations)
        assert row[5] == sum(one[0] // SECOND <= second for one in mine) - sum(
            end // SECOND <= second for end, _ in ends
        )
        for percent, value in zip((50, 95, 99), row[8:11], strict=True):
            expected = durations[math.ceil(percent * len(durations) / 100) - 1] if durations else None
            assert value == expected


def test_nothing_new_is_no_row() -> None:
    book = LoadBook()
    assert book.rows() == []
    book.bucket(1, START).opened += 1
    assert len(book.rows()) == 2
    assert book.rows() == []


def test_memory_does_not_grow_with_time() -> None:
    book = LoadBook()
    for second in range(1000):
        book.bucket(1, second * SECOND).opened += 1
        book.rows()
    assert len(book._series[1].buckets) <= KEPT_SECONDS + 1
    assert book._series[1].before >= 1000 - KEPT_SECONDS - 1


def test_a_fact_that_is_too_late_counts_in_the_oldest_second() -> None:
    book = LoadBook()
    book.bucket(1, 100 * SECOND).opened += 1
    book.rows()
    book.bucket(1, 0).opened += 1
    rows = [row for row in book.rows() if row[0] == 1]
    assert [(row[1], row[5]) for row in rows] == [(100 - KEPT_SECONDS, 1), (100, 2)]


def test_the_reader_fills_quiet_seconds_and_adds_servers_up(bench: Bench) -> None:
    other = bench.add_server("other")
    bench.feed(*whole(1, START), *whole(2, START, took=3 * SECOND, outcome=Outcome.ERROR))
    bench.servers = {1: other}
    bench.feed(*whole(3, START + 50))
    bench.commit()
    first = START // SECOND
    seconds = bench.reader.load(bench.server, first - 1, first + 4)
    assert [(one.second - first, one.opened, one.closed, one.failed, one.in_flight) for one in seconds] == [
        (-1, 0, 0, 0, 0),
        (0, 2, 1, 0, 1),
        (1, 0, 0, 0, 1),
        (2, 0, 0, 0, 1),
        (3, 0, 1, 1, 0),
        (4, 0, 0, 0, 0),
    ]
    assert (seconds[1].p50, seconds[4].p99, seconds[2].p50) == (100, 3 * SECOND, None)
    assert (seconds[1].bytes_in, seconds[1].bytes_out) == (8, 10)
    for servers in (None, (bench.server, other)):
        assert [one.opened for one in bench.reader.load(servers, first, first + 1)] == [3, 0]
        assert bench.reader.load(servers, first, first)[0].in_flight == 1
    assert bench.reader.load((), first, first) == []


def test_a_killed_host_has_nothing_in_flight(bench: Bench) -> None:
    bench.feed(whole(1)[0])
    bench.writer.host_gone(HOST, "killed", START + SECOND)
    bench.commit()
    last = bench.reader.load(None, START // SECOND + 1, START // SECOND + 1)[0]
    assert (last.in_flight, last.failed) == (0, 1)
