"""What the black box knows completes what the facts have told, and gives way to facts that come after all."""

from __future__ import annotations

from dataclasses import replace

from engine.capture.records import State
from engine.observe.blackbox import BlackBoxEntry
from engine.observe.facts import Piece
from engine.observe.stages import Stage

from .batches import PID, START, closed, number, opened, received, stage
from .conftest import HOST, Bench

ENTRY = BlackBoxEntry(
    request=number(1),
    server=1,
    stage=Stage.HANDLE,
    since=START + 5,
    opened=START,
    pid=PID,
    thread=PID + 1,
    ident=1,
    received=9,
    shipped=0,
    peer="127.0.0.1:5000",
    data=b"fatal one",
)


def salvage(bench: Bench, *entries: BlackBoxEntry) -> list[int]:
    return bench.writer.salvage(HOST, bench.servers, entries)


def test_a_request_that_no_fact_has_told(bench: Bench) -> None:
    assert salvage(bench, ENTRY) == [1]
    bench.writer.host_gone(HOST, "killed by SIGSEGV", START + 90)
    record = bench.only()
    assert (record.state, record.error, record.peer) == (State.KILLED, "killed by SIGSEGV", "127.0.0.1:5000")
    assert (record.opened, record.closed, record.bytes_in, record.stage) == (START, START + 90, 9, Stage.HANDLE)
    assert record.worker is not None
    assert (record.worker.pid, record.worker.thread) == (PID, PID + 1)
    assert [(one.stage, one.started, one.ended) for one in record.stages] == [(Stage.HANDLE, START + 5, START + 90)]
    (chunk,) = bench.reader.chunks(1)
    assert (chunk.data, chunk.received, chunk.flags) == (b"fatal one", True, Piece.WHOLE)


def test_only_the_missing_bytes_are_added(bench: Bench) -> None:
    bench.feed(opened(number(1)), stage(number(1), Stage.HANDLE, START + 5), received(number(1), b"fatal"))
    for _ in range(3):
        assert salvage(bench, ENTRY) == [1]
    assert bench.only().bytes_in == 9
    assert [one.data for one in bench.reader.chunks(1)] == [b"fatal", b" one"]


def test_missing_bytes_came_after_those_that_were_told(bench: Bench) -> None:
    bench.feed(opened(number(1)), stage(number(1), Stage.HANDLE, START + 5), received(number(1), b"fatal", START + 40))
    assert salvage(bench, ENTRY) == [1]
    assert bench.only().bytes_in == 9
    assert [one.data for one in bench.reader.chunks(1)] == [b"fatal", b" one"]


def test_bytes_that_the_box_has_not_kept_are_counted(bench: Bench) -> None:
    salvage(bench, replace(ENTRY, received=5000))
    assert bench.only().bytes_in == 5000
    (chunk,) = bench.reader.chunks(1)
    assert (chunk.size, chunk.flags) == (5000, Piece.CUT)


def test_a_hang_that_ends_tells_everything_itself(bench: Bench) -> None:
    salvage(bench, replace(ENTRY, received=4, data=b"fata"))
    salvage(bench, ENTRY)
    bench.commit()
    bench.feed(opened(number(1), peer="127.0.0.1:5000"), received(number(1), b"fatal one"))
    bench.feed(stage(number(1), Stage.HANDLE, START + 5, START + 60), closed(number(1)))
    record = bench.only()
    assert (record.state, record.bytes_in, record.local) == (State.DONE, 9, "127.0.0.1:9")
    assert [one.data for one in bench.reader.chunks(1)] == [b"fatal one"]
    assert [(one.stage, one.ended) for one in record.stages] == [(Stage.HANDLE, START + 60)]
    assert bench.reader.load(None, START // 10**9, START // 10**9)[0].bytes_in == 9


def test_what_is_over_or_of_no_server_is_left_alone(bench: Bench) -> None:
    bench.feed(opened(number(1)), closed(number(1)))
    assert salvage(bench, ENTRY, replace(ENTRY, request=number(7), server=9)) == []
    for _ in range(3):
        bench.writer._intake.forget()
    assert salvage(bench, ENTRY) == []
    assert bench.only().bytes_in == 0


def test_facts_that_waited_for_the_opening_are_taken_in(bench: Bench) -> None:
    bench.feed(received(number(1), b"fatal"))
    salvage(bench, ENTRY)
    assert bench.only().bytes_in == 9
    assert [one.data for one in bench.reader.chunks(1)] == [b"fatal", b" one"]


def test_a_request_that_still_queues_has_no_worker(bench: Bench) -> None:
    bench.feed(opened(number(1), thread=PID))
    salvage(bench, replace(ENTRY, stage=Stage.VERIFY_REQUEST, thread=PID, received=0, data=b""))
    assert bench.only().state is State.QUEUED
