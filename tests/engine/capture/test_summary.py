"""What is kept of whole runs agrees with the requests that it is about."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter

import pytest

from engine.capture.counters import FIELDS
from engine.capture.reader import BadCapture
from engine.capture.records import CountersRecord
from engine.observe.facts import Outcome, Piece
from engine.observe.stages import Stage

from .batches import PID, START, closed, number, opened, received, stage, whole
from .conftest import HOST, Bench


def test_a_server_without_requests(bench: Bench) -> None:
    bench.commit()
    assert bench.reader.counters() == CountersRecord(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    assert bench.reader.timings() == {}


def test_accepted_is_not_handled(bench: Bench) -> None:
    outcomes = [*Outcome, Outcome.DONE, Outcome.RESET]
    for running, outcome in enumerate(outcomes, 1):
        bench.feed(*whole(running, outcome=outcome))
    bench.feed(opened(number(99)))
    bench.commit()
    found = bench.reader.counters(bench.server)
    assert (found.accepted, found.live) == (len(outcomes) + 1, 1)
    states = Counter(record.state for record in bench.reader.requests())
    assert {name: getattr(found, name) for name in FIELDS.values()} == {
        name: states[state] for state, name in FIELDS.items()
    }
    assert (found.bytes_in, found.bytes_out) == (4 * len(outcomes), 5 * len(outcomes))


def test_datagrams_that_were_cut_are_counted(bench: Bench) -> None:
    bench.feed(opened(number(1)), received(number(1), b"0123", flags=int(Piece.TRUNCATED), size=9000))
    bench.feed(opened(number(2)), received(number(2), b"0123"))
    bench.commit()
    assert bench.reader.counters().truncated == 1


def test_servers_are_counted_apart_and_together(bench: Bench) -> None:
    other = bench.add_server("other")
    bench.servers = {1: bench.server, 2: other}
    bench.feed(*whole(1), opened(number(2), server=2), stage(number(2), Stage.HANDLE, START, START + 4000))
    bench.commit()
    assert [bench.reader.counters(one).accepted for one in (bench.server, other, None)] == [1, 1, 2]
    assert bench.reader.timings(other)[Stage.HANDLE].longest == 4000
    assert bench.reader.timings((bench.server, other))[Stage.HANDLE].count == 2


def test_timings_are_those_of_the_stages(bench: Bench) -> None:
    chance = random.Random(5)
    took = [chance.randrange(100, 10**9) for _ in range(300)]
    for running, duration in enumerate(took, 1):
        bench.feed(*whole(running, took=duration))
        if running % 7 == 0:
            bench.commit()
    bench.commit()
    found = bench.reader.timings(bench.server)
    assert set(found) == {
        None, Stage.VERIFY_REQUEST, Stage.QUEUE, Stage.SETUP, Stage.HANDLE, Stage.FINISH, Stage.FINISH_REQUEST,
    }  # fmt: skip
    assert {histogram.count for histogram in found.values()} == {300}
    assert found[None].longest == max(took)
    assert found[Stage.HANDLE].longest == max(took) - 8
    middle = sorted(took)[149]
    assert abs(found[None].percentile(50) - middle) < 0.033 * middle


def test_a_stage_that_its_workers_death_ended_counts(bench: Bench) -> None:
    bench.feed(opened(number(1)), stage(number(1), Stage.HANDLE, START + 10))
    bench.writer.host_gone(HOST, "killed by SIGKILL", START + 1000)
    bench.commit()
    assert bench.reader.counters().killed == 1
    assert bench.reader.timings()[Stage.HANDLE].longest == 990


def test_after_clear_only_what_is_being_served_counts(bench: Bench) -> None:
    bench.feed(*whole(1), opened(number(2)), stage(number(2), Stage.VERIFY_REQUEST, START, START + 9, thread=PID))
    bench.writer.clear()
    bench.commit()
    assert bench.reader.counters() == CountersRecord(1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    assert bench.reader.timings() == {}
    bench.feed(closed(number(2), START + 50))
    bench.commit()
    assert (bench.reader.counters().handled, bench.reader.counters().live) == (1, 0)


def test_nothing_is_counted_twice_by_a_commit_that_fails(bench: Bench) -> None:
    bench.feed(*whole(1))
    other = sqlite3.connect(bench.path, isolation_level=None)
    bench.writer._db.execute("PRAGMA busy_timeout = 0")
    other.execute("BEGIN IMMEDIATE")
    assert not bench.writer.commit(final=True)
    other.execute("ROLLBACK")
    other.close()
    bench.commit()
    assert bench.reader.counters().handled == 1
    assert bench.reader.timings()[None].count == 1


def test_a_hostile_host_cannot_stop_the_writing(bench: Bench) -> None:
    most = (1 << 63) - 1
    bench.feed(opened(number(1)), stage(number(1), Stage.HANDLE, -most, most), stage(number(1), Stage.SETUP, 5, 1))
    bench.commit()
    assert bench.reader.timings()[Stage.SETUP].percentile(50) == 0
    assert bench.reader.timings()[Stage.HANDLE].count == 1


@pytest.mark.parametrize("sql", ["UPDATE counters SET handled = 'x'", "UPDATE timing SET bucket = 'x'"])
def test_a_damaged_file_is_told_as_one(bench: Bench, sql: str) -> None:
    bench.feed(*whole(1))
    bench.commit()
    bench.writer._db.execute(sql)
    with pytest.raises(BadCapture, match="damaged"):
        bench.reader.counters(), bench.reader.timings()


def test_buckets_that_cannot_be_are_passed_over(bench: Bench) -> None:
    bench.feed(*whole(1))
    bench.commit()
    bench.writer._db.execute("UPDATE timing SET bucket = 32752 WHERE stage = 0")
    assert bench.reader.timings()[None].count == 0
