"""A capture keeps its limits by letting its oldest requests go."""

from __future__ import annotations

from pathlib import Path

from engine.capture.writer import CaptureWriter

from .batches import START, closed, number, opened, received, whole
from .conftest import Bench


def feed(bench: Bench, first: int, end: int, size: int = 0) -> None:
    for running in range(first, end):
        bench.feed(*whole(running), *([received(number(running), bytes(size))] if size else ()))
    bench.commit()


def evict_all(bench: Bench) -> int:
    evicted = 0
    while some := bench.writer.evict():
        evicted += some
    return evicted


def orphans(bench: Bench) -> int:
    """Rows of requests that are gone."""
    return sum(
        bench.writer._db.execute(f"SELECT count(*) FROM {t} WHERE request NOT IN (SELECT id FROM request)").fetchone()[
            0
        ]
        for t in ("stage", "chunk", "failure")
    )


def test_the_number_of_requests_is_bounded(bench: Bench) -> None:
    feed(bench, 1, 1301)
    bench.writer.limits.requests = 100
    assert evict_all(bench) == 1200
    totals = bench.reader.totals()
    assert (totals.requests, totals.evicted, bench.reader.count()) == (100, 1200, 100)
    assert (bench.reader.first_id, bench.reader.last_id) == (1201, 1300)
    assert [record.id for record in bench.reader.requests(offset=0, limit=2)] == [1201, 1202]
    assert [record.id for record in bench.reader.requests(offset=99, limit=5)] == [1300]
    assert orphans(bench) == 0


def test_requests_that_are_still_served_stay(bench: Bench) -> None:
    bench.writer.limits.requests = 50
    bench.feed(opened(number(1)), opened(number(2)), received(number(1), b"alive"))
    feed(bench, 3, 303)
    evict_all(bench)
    ids = [record.id for record in bench.reader.requests()]
    assert ids[:3] == [1, 2, 255]
    assert len(ids) == bench.reader.count() == 50
    for offset in range(48):
        assert [record.id for record in bench.reader.requests(offset=offset, limit=3)] == ids[offset : offset + 3]
        backwards = bench.reader.requests(offset=offset, limit=3, descending=True)
        assert [record.id for record in backwards] == ids[::-1][offset : offset + 3]
    assert bench.reader.chunks(1)[0].data == b"alive"
    bench.feed(closed(number(1), START + 500))
    feed(bench, 303, 310)
    evict_all(bench)
    assert next(record.id for record in bench.reader.requests(limit=1)) == 2
    assert orphans(bench) == 0


def test_late_rows_of_evicted_requests_do_not_stay(bench: Bench) -> None:
    bench.writer.limits.requests = 10
    feed(bench, 1, 100)
    evict_all(bench)
    bench.feed(received(number(1), b"late"))
    feed(bench, 100, 120)
    evict_all(bench)
    assert orphans(bench) == 0


def test_the_size_of_the_file_is_bounded(bench: Bench) -> None:
    bench.writer.limits.bytes = 4 << 20
    for round_ in range(20):
        feed(bench, 1 + round_ * 100, 101 + round_ * 100, 20_000)
        bench.writer.evict()
    evict_all(bench)
    totals = bench.writer.totals()
    assert bench.writer.path.stat().st_size < 8 << 20
    assert totals.evicted > 1000
    assert 50 < totals.requests < 250
    assert totals.requests + totals.evicted == 2000


def test_printed_lines_make_room_too(bench: Bench) -> None:
    bench.writer.limits.bytes = 2 << 20
    for _ in range(60):
        for _ in range(10):
            bench.writer.add_output(bench.server, START, 1, 1, "x" * 20_000)
        bench.commit()
        bench.writer.evict()
    assert bench.writer.path.stat().st_size < 5 << 20
    assert 20 < len(bench.reader.output()) < 150


def test_commits_make_room_when_nobody_else_does(bench: Bench) -> None:
    bench.writer.limits.requests = 100
    for round_ in range(10):
        feed(bench, 1 + round_ * 50, 51 + round_ * 50)
    assert bench.writer.totals().requests <= 101


def test_one_call_takes_little_time(bench: Bench) -> None:
    feed(bench, 1, 4001)
    bench.writer.limits.requests = 3900
    assert 0 < bench.writer.evict() <= 100


def test_clear_leaves_what_is_being_served(bench: Bench) -> None:
    feed(bench, 1, 50)
    bench.feed(opened(number(99)), received(number(99), b"alive"))
    bench.writer.add_output(bench.server, START, 1, 1, "line")
    bench.writer.clear()
    (left,) = bench.reader.requests()
    assert (left.id, left.bytes_in, bench.reader.count(), bench.reader.output()) == (50, 5, 1, [])
    assert bench.reader.totals().evicted == 0
    assert len(bench.reader.servers()) == 1
    bench.feed(*whole(100), closed(number(99)))
    bench.commit()
    assert [record.id for record in bench.reader.requests()] == [50, 51]
    assert bench.reader.load(None, START // 10**9, START // 10**9)[0].closed == 2


def test_clear_up_to_a_number_leaves_what_came_after(bench: Bench) -> None:
    feed(bench, 1, 50)
    before = bench.reader.last_id + 1
    feed(bench, 50, 60)
    bench.writer.clear(before)
    left = [record.id for record in bench.reader.requests()]
    assert left == list(range(before, before + 10))
    assert all(record.worker is not None for record in bench.reader.requests())
    assert [one.id for one in bench.reader.requests(offset=3, limit=2)] == [before + 3, before + 4]
    feed(bench, 60, 61)
    assert bench.reader.count() == 11
    bench.writer.clear(before)  # once more changes nothing
    assert bench.reader.count() == 11


def test_eviction_goes_on_in_a_capture_that_is_opened_again(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "again.capture"
    bench.writer.limits.requests = 10
    feed(bench, 1, 40)
    evict_all(bench)
    bench.commit()
    bench.writer._db.execute("VACUUM INTO ?", (str(path),))
    again = CaptureWriter(path, limit_requests=5)
    assert again.evict() == 5
    assert (again.totals().requests, again.totals().evicted) == (5, 34)
    again.close()
