"""Windows over a capture: right, cheap, and never in the writer's way."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from time import perf_counter

import pytest

from engine.capture.filters import parse
from engine.capture.reader import CaptureReader
from engine.capture.records import CpuRecord
from engine.capture.requests import ORDERS
from engine.observe.facts import Piece
from engine.observe.stages import Stage

from . import batches
from .batches import PID, SECOND, START, closed, number, opened, received, stage, whole
from .conftest import Bench


def feed(bench: Bench, count: int) -> None:
    for running in range(1, count + 1):
        bench.feed(*whole(running, START + running * 1000))
    bench.commit()


def test_an_empty_capture(bench: Bench) -> None:
    reader = bench.reader
    assert (reader.count(), reader.first_id, reader.last_id, reader.requests(), reader.request(1)) == (
        0,
        0,
        0,
        [],
        None,
    )
    assert (reader.chunks(1), reader.failure(1), reader.failures(), reader.workers()) == ([], None, [], [])
    assert reader.spans(None, 0, START) == []
    assert list(reader.ids()) == []
    assert reader.requests(descending=True, offset=5) == []


def test_windows_by_place(bench: Bench) -> None:
    feed(bench, 40)
    ids = list(range(1, 41))
    for offset in (0, 7, 39, 40, 99):
        assert [one.id for one in bench.reader.requests(offset=offset, limit=5)] == ids[offset : offset + 5]
        down = bench.reader.requests(offset=offset, limit=5, descending=True)
        assert [one.id for one in down] == ids[::-1][offset : offset + 5]
    assert list(bench.reader.ids(after=38)) == [39, 40]
    assert list(bench.reader.ids(descending=True, limit=2)) == [40, 39]


def test_by_number_in_the_order_asked_for(bench: Bench) -> None:
    feed(bench, 1200)
    wanted = [7, 1200, 3, 9999, *range(20, 700)]
    found = bench.reader.requests_by_id(wanted)
    assert [one.id for one in found] == [one for one in wanted if one != 9999]
    assert all(len(one.stages) == 6 for one in found)


@pytest.mark.parametrize("order", list(ORDERS))
def test_every_order(bench: Bench, order: str) -> None:
    feed(bench, 10)
    up = [one.id for one in bench.reader.requests(order=order)]
    assert [one.id for one in bench.reader.requests(order=order, descending=True)] == up[::-1]


def test_orders_by_duration(bench: Bench) -> None:
    bench.feed(*whole(1, took=900), *whole(2, took=100), opened(number(3)))
    bench.commit()
    assert list(bench.reader.ids(order="duration")) == [2, 1, 3]
    assert list(bench.reader.ids(parse("-state:running,queued"), order="duration", descending=True)) == [1, 2]


def test_chunks_stop_near_the_limit_and_at_a_whole_chunk(bench: Bench) -> None:
    bench.feed(opened(number(1)))
    for _ in range(50):
        bench.feed(
            received(number(1), b"a" * 1000, flags=Piece.CONTINUES, size=2000),
            received(number(1), b"b" * 1000, size=2000),
        )
    bench.commit()
    assert len(bench.reader.chunks(1)) == 50
    some = bench.reader.chunks(1, limit_bytes=4500)
    assert [len(one.data) for one in some] == [2000] * 3


def test_spans_cover_what_was_served_in_the_window(bench: Bench) -> None:
    long_ago, crossing, inside, after, live = (number(n) for n in range(1, 6))
    bench.feed(opened(long_ago, START), closed(long_ago, START + 10))
    bench.feed(
        opened(crossing, START + 50),
        stage(crossing, Stage.HANDLE, START + 51, START + 399),
        closed(crossing, START + 400),
    )
    bench.feed(opened(inside, START + 110), closed(inside, START + 120))
    bench.feed(opened(after, START + 500), closed(after, START + 501))
    bench.feed(opened(live, START + 130), stage(live, Stage.HANDLE, START + 131))
    bench.commit()
    spans = bench.reader.spans(bench.server, START + 100, START + 200)
    assert [span.request for span in spans] == [2, 3, 5]
    assert [len(span.stages) for span in spans] == [1, 0, 1]
    assert [span.request for span in bench.reader.spans(None, START + 100, START + 200, 2)] == [3, 5]
    assert bench.reader.spans((), START, START + 1000) == []
    assert bench.reader.spans(99, START, START + 1000) == []


def test_workers_that_were_alive(bench: Bench) -> None:
    bench.feed(
        batches.worker_started(1, "gone"), batches.worker_started(2, "stays"), batches.worker_ended(1, at=START + 5)
    )
    bench.commit()
    assert [one.name for one in bench.reader.workers(bench.server)] == ["gone", "stays"]
    assert [one.name for one in bench.reader.workers(bench.server, START + 6)] == ["stays"]


def test_a_window_costs_the_same_at_any_size(bench: Bench) -> None:
    def effort(reader: CaptureReader) -> int:
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        reader._db.set_progress_handler(count, 1)
        reader.requests(offset=10, limit=20)
        reader.requests_by_id([1, 2, 3])
        reader.count()
        reader.spans(bench.server, START, START + SECOND, 10)
        reader.workers(bench.server, START + SECOND)
        reader.cpu(bench.server, START + SECOND)
        reader.totals()
        reader._db.set_progress_handler(None, 0)
        return steps

    def work(first: int, end: int) -> None:
        for thread in range(first, end):
            bench.feed(batches.worker_started(thread), batches.worker_ended(thread))
        bench.writer.add_cpu(CpuRecord(bench.server, START + n, PID, 0, 0.5, None) for n in range(first, end))

    feed(bench, 50)
    work(9000, 9010)
    bench.commit()
    small = effort(bench.reader)
    feed_more = [row for running in range(51, 3000) for row in whole(running, START + running * 1000)]
    bench.feed(*feed_more)
    work(9010, 12000)
    bench.commit()
    assert effort(bench.reader) < small * 1.6


def test_a_reader_never_holds_the_writer_up(bench: Bench) -> None:
    feed(bench, 200)
    stop = threading.Event()
    read: list[int] = []

    def keep_reading() -> None:
        with CaptureReader(bench.path) as reader:
            while not stop.is_set():
                read.append(len(reader.requests(parse("ping"), order="duration")))

    thread = threading.Thread(target=keep_reading)
    thread.start()
    worst = 0.0
    for running in range(201, 401):
        bench.feed(*whole(running))
        began = perf_counter()
        bench.commit()
        worst = max(worst, perf_counter() - began)
    stop.set()
    thread.join()
    assert bench.reader.count() == 400
    assert read
    assert worst < 2
    assert not bench.reader._db.in_transaction


def test_a_reader_changes_nothing(bench: Bench) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        bench.reader._db.execute("DELETE FROM request")


def test_a_reader_sees_one_moment(bench: Bench) -> None:
    feed(bench, 5)
    with bench.reader._reading():
        assert bench.reader.count() == 5
        bench.feed(*whole(6))
        bench.commit()
        assert (bench.reader.count(), bench.reader.last_id) == (5, 5)
    assert (bench.reader.count(), bench.reader.last_id) == (6, 6)


def test_a_capture_in_a_directory_that_may_not_be_written(bench: Bench, tmp_path: Path) -> None:
    feed(bench, 3)
    folder = tmp_path / "sealed"
    folder.mkdir()
    copy = folder / "odd name?#%.capture"
    bench.writer._db.execute("VACUUM INTO ?", (str(copy),))
    copy.chmod(0o400)
    folder.chmod(0o500)
    with CaptureReader(copy) as reader:
        assert len(reader.requests()) == 3
    folder.chmod(0o700)


def test_wall_offset(bench: Bench) -> None:
    assert 1_500_000_000 * SECOND < bench.reader.wall_offset + START < 5_000_000_000 * SECOND
    assert PID > 0
