"""Where live connections stand, as the capture tells it: from facts that are there anyway, and of live ones only."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from engine.capture.conditions import RECENT
from engine.capture.filters import parse
from engine.capture.reader import CaptureReader
from engine.capture.records import ConnectionRecord
from engine.channel.codec import Row
from engine.observe.connections import Connections, ConnectionState
from engine.observe.stages import Stage

from .batches import START, closed, number, opened, received, sent, stage, whole
from .conftest import Bench

NEW, ACTIVE, IDLE, CLOSED = ConnectionState
ONE = number(1)
ACCEPTED = [opened(ONE), stage(ONE, Stage.QUEUE, START + 1)]
SERVED = [*ACCEPTED, stage(ONE, Stage.HANDLE, START + 5)]
ASKED = [*SERVED, received(ONE, b"ping", START + 10)]
ANSWERED = [*ASKED, sent(ONE, b"pong", START + 20)]

STANDINGS = [
    (ACCEPTED, NEW, 0),
    (SERVED, ACTIVE, 5),
    (ASKED, ACTIVE, 10),
    (ANSWERED, IDLE, 20),
    ([*ANSWERED, sent(ONE, b"more", START + 30)], IDLE, 30),
    ([*ANSWERED, received(ONE, b"ping", START + 30)], ACTIVE, 30),
    ([*ANSWERED, stage(ONE, Stage.FINISH, START + 30)], IDLE, 20),
    ([*ACCEPTED, stage(ONE, Stage.SETUP, START + 2), sent(ONE, b"220", START + 3), *SERVED[2:]], ACTIVE, 5),
    # A child may be heard before its parent.
    ([*SERVED, sent(ONE, b"pong", START + 20), received(ONE, b"ping", START + 10)], IDLE, 20),
]


@pytest.mark.parametrize(("rows", "state", "since"), STANDINGS)
def test_the_last_event_decides(bench: Bench, rows: list[Row], state: ConnectionState, since: int) -> None:
    bench.feed(*rows)
    assert bench.only().connection == ConnectionRecord(1, state, START + since)
    assert bench.reader.connections() == [ConnectionRecord(1, state, START + since)]
    for word in ("new", "active", "idle"):
        assert list(bench.reader.ids(parse(f"state:{word}"))) == [1] * (word == state.value)
        assert list(bench.reader.ids(parse(f"state:{word},error"))) == [1] * (word == state.value)


class Asked:
    """As much of a request as the observer asks for."""

    def __init__(self, number: int) -> None:
        self.id = number
        self.worker = None


EVENTS = ("setup", "handle", "finish", "received", "sent")


def test_a_program_that_asks_the_engine_is_told_the_same(bench: Bench) -> None:
    observer, stories = Connections(), list(product(EVENTS, repeat=4))
    for running, story in enumerate(stories, 1):
        request: Any = Asked(running)
        bench.feed(opened(number(running)), stage(number(running), Stage.FINISH_REQUEST, START + 1))
        observer.request_opened(request)
        request.worker = "somebody"
        for at, event in enumerate(("setup", *story), START + 2):
            if event == "received":
                observer.received(request, b"x", at)
                bench.feed(received(number(running), b"x", at))
            elif event == "sent":
                observer.sent(request, b"x", at)
                bench.feed(sent(number(running), b"x", at))
            else:
                observer.stage_started(request, Stage[event.upper()], at)
                bench.feed(stage(number(running), Stage[event.upper()], at))
    bench.commit()
    told = {one.request: one.state for one in bench.reader.connections(limit=10_000)}
    for asked, (state, _) in observer._states.items():
        assert told[asked.id] is state, stories[asked.id - 1]
    assert {*told.values()} == {ACTIVE, IDLE}


def test_what_is_over_has_no_connection(bench: Bench) -> None:
    bench.feed(*ANSWERED, closed(ONE, START + 40))
    assert bench.only().connection is None
    assert bench.reader.connections() == []
    assert bench.reader.count(parse("state:new,active,idle")) == 0
    assert bench.reader.count(parse("-state:new,active,idle")) == 1


def test_they_are_told_by_server_and_in_parts(bench: Bench) -> None:
    bench.servers[2] = bench.add_server("other")
    bench.feed(*(opened(number(running), server=1 + running % 2) for running in range(1, 10)))
    bench.commit()
    assert [one.request for one in bench.reader.connections(bench.servers[2])] == [1, 3, 5, 7, 9]
    assert [one.request for one in bench.reader.connections(bench.servers[2], after=3, limit=2)] == [5, 7]
    assert len(bench.reader.connections((bench.server, bench.servers[2]))) == 9
    assert bench.reader.connections(()) == []


def test_only_the_live_are_looked_at_and_only_their_last_bytes(bench: Bench) -> None:
    def effort() -> int:
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        with CaptureReader(bench.path) as reader:
            reader._db.set_progress_handler(count, 1)
            assert [one.state for one in reader.connections(bench.server)] == [ACTIVE]
            for words in ("state:active", "state:queued,running,waiting,paused id:1-99999"):
                assert list(reader.ids(parse(words))) == [1]
            assert reader.requests_by_id([1])[0].connection is not None
        return steps

    bench.feed(*ANSWERED, *(received(ONE, b"ping", START + 30) for _ in range(RECENT)))
    bench.commit()
    small = effort()
    for first in range(2, 3000, 500):
        bench.feed(*(row for running in range(first, first + 500) for row in whole(running)))
    for at in range(3000):
        bench.feed(sent(ONE, b"x", START + 40 + at), received(ONE, b"y", START + 41 + at))
    bench.commit()
    assert effort() < small * 1.2


@pytest.mark.parametrize("words", ["state:idle", "state:new", "state:active,idle", "state:queued,running"])
def test_a_filter_for_live_ones_goes_by_their_index(bench: Bench, words: str) -> None:
    where = parse(f"{words} id:5-9")
    sql = f"EXPLAIN QUERY PLAN SELECT id FROM request WHERE request.id > ? AND {where.sql} ORDER BY request.id LIMIT ?"
    plan = [row[3] for row in bench.reader._all(sql, (0, *where.parameters, -1))]
    assert plan[0].startswith("SEARCH request USING INDEX request_live (id>?")
    assert not any(step.startswith("SCAN request") or "TEMP B-TREE" in step for step in plan)
