"""A request's life in the capture, whatever the order in which its facts arrive."""

from __future__ import annotations

import random
import stat
from pathlib import Path

import pytest

from engine.capture.reader import BadCapture, CaptureReader
from engine.capture.records import CpuRecord, State
from engine.capture.writer import CaptureWriter
from engine.channel.codec import Row
from engine.observe.facts import Kind, Means, Outcome, Piece
from engine.observe.stages import Stage

from . import batches
from .batches import (
    PID,
    SECOND,
    START,
    Sending,
    closed,
    failed,
    interfered,
    number,
    opened,
    received,
    sent,
    stage,
    whole,
)
from .conftest import HOST, Bench

ONE = number(1)


def test_a_whole_request(bench: Bench) -> None:
    bench.feed(batches.worker_started(PID + 1, "Thread-1"), *whole(1))
    record = bench.only()
    assert (record.id, record.server, record.server_name, record.transport) == (1, bench.server, "echo", "tcp")
    assert (record.peer, record.local) == ("127.0.0.1:5000", "127.0.0.1:9")
    assert (record.state, record.opened, record.closed) == (State.DONE, START, START + 100)
    assert (record.bytes_in, record.bytes_out, record.error, record.message) == (4, 5, None, None)
    assert record.worker is not None
    assert (record.worker.pid, record.worker.thread, record.worker.name) == (PID, PID + 1, "Thread-1")
    assert not record.worker.child
    assert [one.stage for one in record.stages] == [
        Stage.VERIFY_REQUEST,
        Stage.QUEUE,
        Stage.FINISH_REQUEST,
        Stage.SETUP,
        Stage.HANDLE,
        Stage.FINISH,
    ]
    assert [(one.cpu, one.ended) for one in record.stages if one.stage is Stage.HANDLE] == [(1, START + 97)]


def test_the_file_is_its_owners_alone(bench: Bench) -> None:
    assert stat.S_IMODE(bench.path.stat().st_mode) == 0o600


def test_states_while_it_lives(bench: Bench) -> None:
    bench.feed(opened(ONE), stage(ONE, Stage.PROCESS_REQUEST, START + 1, START + 2, thread=PID))
    record = bench.only()
    assert (record.state, record.worker) == (State.QUEUED, None)
    bench.feed(stage(ONE, Stage.QUEUE, START + 1))
    assert bench.only().state is State.QUEUED
    bench.feed(stage(ONE, Stage.QUEUE, START + 1, START + 3), stage(ONE, Stage.HANDLE, START + 4))
    record = bench.only()
    assert (record.state, record.stage) == (State.RUNNING, Stage.HANDLE)
    assert [(one.stage, one.ended) for one in record.stages][-1] == (Stage.HANDLE, None)
    bench.writer.mark_waiting([1, 99])
    assert bench.only().state is State.WAITING
    bench.writer.mark_running([1])
    assert bench.only().state is State.RUNNING
    bench.writer.mark_waiting([1])
    bench.feed(received(ONE, b"x"))
    assert bench.only().state is State.RUNNING


def test_a_running_stage_becomes_its_finished_row(bench: Bench) -> None:
    bench.feed(opened(ONE), stage(ONE, Stage.HANDLE, START + 4))
    bench.commit()
    bench.feed(stage(ONE, Stage.HANDLE, START + 4, START + 50, cpu=7))
    (only,) = bench.only().stages
    assert (only.started, only.ended, only.cpu) == (START + 4, START + 50, 7)
    bench.feed(stage(ONE, Stage.HANDLE, START + 4))  # told late: it has ended all the same
    assert bench.only().stages == (only,)


def test_a_stage_that_occurs_twice_has_two_rows(bench: Bench) -> None:
    bench.feed(opened(ONE), *(stage(ONE, Stage.HANDLE_ERROR, START + n, START + n + 1) for n in (5, 9)))
    assert [one.started - START for one in bench.only().stages] == [5, 9]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_outcomes_are_states(bench: Bench, outcome: Outcome) -> None:
    bench.feed(*whole(1, outcome=outcome))
    assert bench.only().state.name == outcome.name


def test_what_was_done_to_a_request_is_told_by_a_bit_and_in_full(bench: Bench) -> None:
    bench.feed(opened(ONE), interfered(ONE, Means.PAUSED, 7, "before handle"), interfered(ONE, Means.RST, at=START + 8))
    bench.feed(interfered(ONE, 99), closed(ONE))  # type: ignore[arg-type]  # from a newer host
    record = bench.only()
    assert Means.among(record.touched) == (Means.PAUSED, Means.RST)
    assert record.injected
    told = bench.reader.interferences(record.id)
    assert [(one.means, one.at, one.amount, one.detail) for one in told] == [
        (Means.PAUSED, START + 6, 7, "before handle"), (Means.RST, START + 8, 0, ""),
    ]  # fmt: skip
    assert bench.writer.evict() == 0


def test_a_rejected_request_belongs_to_the_thread_that_accepted_it(bench: Bench) -> None:
    bench.feed(opened(ONE), stage(ONE, Stage.VERIFY_REQUEST, START, START + 1, thread=PID))
    bench.feed(batches.worker_started(PID, "MainThread"), closed(ONE, outcome=Outcome.REJECTED, thread=PID))
    record = bench.only()
    assert record.worker is not None
    assert (record.state, record.worker.name) == (State.REJECTED, "MainThread")


def test_an_error_stands_in_the_row_and_in_full_beside_it(bench: Bench) -> None:
    bench.feed(*whole(1)[:-1], failed(ONE, Stage.HANDLE, "ValueError", "bad length", frames=[1]))
    bench.feed(failed(ONE, Stage.FINISH, "OSError", "later"), closed(ONE, outcome=Outcome.ERROR))
    record = bench.only()
    assert (record.state, record.error, record.message) == (State.ERROR, "ValueError", "bad length")
    failure = bench.reader.failure(1)
    assert failure is not None
    assert (failure.stage, failure.type, failure.detail["frames"]) == (Stage.HANDLE, "ValueError", [1])


def test_what_the_server_itself_failed_at_belongs_to_no_request(bench: Bench) -> None:
    bench.servers[2] = bench.add_server("other")
    bench.feed(failed(0, Stage.SERVICE_ACTIONS, "OSError", "no", server=2))
    bench.commit()
    (failure,) = bench.reader.failures(bench.servers[2])
    assert (failure.request, failure.stage) == (None, Stage.SERVICE_ACTIONS)
    assert bench.reader.count() == 0


def test_a_failure_whose_json_is_none(bench: Bench) -> None:
    rows: list[Row] = [(Kind.FAILED, ONE, 7, 1, START, 0, 1, data) for data in (b"\xff{", b"[1]", b'{"type": 3}')]
    bench.feed(opened(ONE), *rows, failed(ONE, Stage.HANDLE, "E", "\ud800"))
    bench.commit()
    assert [one.type for one in bench.reader.failures()] == ["Exception", "Exception", "Exception", "E"]


def test_a_childs_facts_before_its_parents(bench: Bench) -> None:
    child = Sending(PID + 7)
    opening, *rest = whole(1)
    moved: list[Row] = [(*row[:3], PID + 7, *row[4:]) for row in rest]
    bench.feed(*moved, sending=child)
    bench.commit()
    assert bench.reader.count() == 0
    bench.feed(opening, batches.worker_started(PID + 7, "child", value=PID + 7))
    bench.feed(batches.worker_ended(PID + 7, status=3 << 8, cpu=1_500_000, memory=b"25165824"))
    record = bench.only()
    assert record.worker is not None
    assert (record.worker.child, record.worker.name, record.worker.status) == (True, "child", 3)
    assert (record.worker.cpu, record.worker.memory) == (1_500_000, 25165824)
    assert (record.state, record.bytes_in, len(record.stages)) == (State.DONE, 4, 6)
    assert [one.data for one in bench.reader.chunks(1)] == [b"ping", b"pong!"]


USED = [(0, b""), (-5, b"-5"), (1 << 62, b"9" * 30), (0, b"much"), (0, "٣".encode())]


@pytest.mark.parametrize(("cpu", "memory"), USED)
def test_what_a_child_has_used_may_be_unknown_or_nonsense(bench: Bench, cpu: int, memory: bytes) -> None:
    bench.feed(*whole(1), batches.worker_ended(PID + 1, status=0, cpu=cpu, memory=memory))
    worker = bench.only().worker
    assert worker is not None
    assert (worker.status, worker.cpu, worker.memory) == (0, None, None)


def test_any_order_between_processes_gives_the_same(tmp_path: Path) -> None:
    order = random.Random(7)
    results = set()
    for turn in range(30):
        bench = Bench(tmp_path / f"{turn}.capture")
        streams: list[tuple[Sending, list[Row]]] = [(bench.sending, [])]
        for running in range(1, 9):
            opening, *rest = whole(running, START + running * 1000)
            streams[0][1].append(opening)
            streams.append((Sending(PID + running), rest))
        while streams:
            sending, rows = order.choice(streams)
            bench.feed(rows.pop(0), sending=sending)
            streams = [one for one in streams if one[1]]
            if order.random() < 0.2:
                bench.commit()
        bench.commit()
        records = bench.reader.requests()
        results.add(tuple((r.opened, r.state, r.bytes_in, r.bytes_out, r.closed, r.stages) for r in records))
        assert bench.writer.totals().recorded == bench.writer.totals().emitted == 80
        bench.close()
    assert len(results) == 1


def test_a_request_whose_opening_was_dropped_is_taken_in_when_its_host_is_gone(bench: Bench) -> None:
    bench.feed(*whole(1)[1:], dropped=1)
    bench.commit()
    assert bench.reader.count() == 0
    bench.writer.host_gone(HOST, "killed", START + SECOND)
    record = bench.only()
    assert (record.state, record.peer, record.server) == (State.DONE, "", bench.server)


def test_late_facts_of_a_closed_request_still_count(bench: Bench) -> None:
    bench.feed(*whole(1))
    bench.commit()
    bench.feed(stage(ONE, Stage.SHUTDOWN_REQUEST, START + 100, START + 101), sent(ONE, b"late"))
    record = bench.only()
    assert record.stages[-1].stage is Stage.SHUTDOWN_REQUEST
    assert record.bytes_out == 9


def test_facts_of_a_forgotten_request_are_counted_as_dropped(bench: Bench) -> None:
    bench.feed(*whole(1))
    for _ in range(3):
        bench.writer._intake.forget()
    bench.feed(sent(ONE, b"late"))
    totals = bench.writer.totals()
    assert (totals.emitted, totals.recorded, totals.dropped) == (11, 10, 1)
    assert len(bench.writer._intake.host(HOST).early) == 0


def test_a_server_that_becomes_known_later(bench: Bench) -> None:
    rows = bench.writer.feed(
        HOST,
        bench.servers,
        bench.sending.batch(
            (Kind.SERVER_STARTED, 0, 2, 1, START, 0, PID, b"{}"), opened(number(5), server=2), closed(number(5))
        ),
    )
    assert [row[0] for row in rows] == [Kind.SERVER_STARTED]
    bench.commit()
    assert bench.reader.count() == 0
    bench.servers[2] = bench.add_server("second")
    record = bench.only()
    assert (record.server_name, record.state) == ("second", State.DONE)


def test_what_follows_the_start_of_a_server_waits_for_it(bench: Bench) -> None:
    starting: Row = (Kind.SERVER_STARTED, 0, 2, 1, START, 0, PID, b"{}")
    told: Row = (Kind.WORKER_STARTED, 0, 2, PID + 7, START, 0, PID + 7, b"child")
    request = number(5)
    batch = bench.sending.batch(starting, told, opened(request, server=2), closed(request, thread=PID + 7))
    bench.writer.feed(HOST, bench.servers, batch)
    bench.servers[2] = bench.add_server("second")
    bench.feed(stage(request, Stage.SHUTDOWN_REQUEST, START + 9, START + 10))
    record = bench.only()
    assert record.worker is not None
    assert (record.worker.server, record.worker.name, record.worker.child) == (bench.servers[2], "child", True)
    assert (record.server_name, len(record.stages)) == ("second", 1)


def test_a_childs_end_tells_the_stage_in_which_it_died(bench: Bench) -> None:
    bench.feed(opened(ONE), stage(ONE, Stage.PROCESS_REQUEST, START + 1, START + 2, thread=PID))
    bench.feed(
        failed(ONE, Stage.HANDLE, "WorkerDied", "killed by SIGKILL", severe=False), closed(ONE, outcome=Outcome.KILLED)
    )
    record = bench.only()
    assert (record.stage, record.error, record.message) == (Stage.HANDLE, "killed by SIGKILL", None)


def test_pieces_become_one_chunk(bench: Bench) -> None:
    pieces = [
        received(ONE, b"a" * 10, flags=Piece.CONTINUES, size=25),
        sent(ONE, b"answer"),
        received(ONE, b"b" * 10, flags=Piece.CONTINUES, size=25),
        received(ONE, b"c" * 5, size=25),
        received(ONE, b"kept", size=100, flags=Piece.CUT),
        sent(ONE, b"", size=7000, flags=Piece.UNSEEN),
    ]
    bench.feed(opened(ONE), *pieces)
    record = bench.only()
    assert (record.bytes_in, record.bytes_out) == (125, 7006)
    chunks = bench.reader.chunks(1)
    assert [(one.received, one.size, one.data, one.flags) for one in chunks] == [
        (True, 25, b"a" * 10 + b"b" * 10 + b"c" * 5, Piece.WHOLE),
        (True, 100, b"kept", Piece.CUT),
        (False, 6, b"answer", Piece.WHOLE),
        (False, 7000, b"", Piece.UNSEEN),
    ]


def test_a_killed_host_closes_what_it_was_serving(bench: Bench) -> None:
    bench.feed(*whole(1), opened(number(2)), stage(number(2), Stage.HANDLE, START + 4), opened(number(3)))
    bench.writer.host_gone(HOST, "killed by SIGSEGV", START + 50)
    bench.commit()
    done, killed, queued = bench.reader.requests()
    assert (done.state, killed.state, queued.state) == (State.DONE, State.KILLED, State.KILLED)
    assert (killed.error, killed.message, killed.closed) == ("killed by SIGSEGV", None, START + 50)
    assert killed.stages[0].ended == START + 50
    failure = bench.reader.failure(2)
    assert failure is not None
    assert (failure.stage, failure.type, failure.message) == (Stage.HANDLE, "WorkerDied", "killed by SIGSEGV")


def test_the_request_that_killed_its_host_says_where(bench: Bench) -> None:
    bench.feed(opened(ONE), opened(number(2)), stage(number(2), Stage.HANDLE, START + 4))
    frame = {"file": "/x.py", "line": 33, "function": "crash"}
    assert bench.writer.request_killed(HOST, number(2), "segmentation fault", START + 50, [frame]) == 2
    assert bench.writer.request_killed(HOST, number(2), "again", START + 50) is None
    bench.commit()
    assert [record.state for record in bench.reader.requests()] == [State.QUEUED, State.KILLED]
    failure = bench.reader.failure(2)
    assert failure is not None
    assert failure.detail["frames"] == [frame]


def test_a_host_that_is_gone_leaves_no_worker_behind(bench: Bench) -> None:
    bench.feed(batches.worker_started(PID + 1, "Thread-1"), *whole(1))
    bench.writer.host_gone(HOST, "ended", START + SECOND)
    bench.writer.server_stopped(bench.server, START + SECOND)
    bench.commit()
    assert [worker.ended for worker in bench.reader.workers()] == [START + SECOND]
    assert bench.reader.servers()[0].stopped == START + SECOND
    assert bench.writer.totals().emitted == 11


def test_a_thread_id_that_is_used_again_is_another_worker(bench: Bench) -> None:
    for running in (1, 2):
        bench.feed(batches.worker_started(PID + 1, f"Thread-{running}"), *whole(running))
        bench.feed(batches.worker_ended(PID + 1))
    bench.commit()
    names = [record.worker.name for record in bench.reader.requests() if record.worker]
    assert names == ["Thread-1", "Thread-2"]


def test_where_a_live_request_is(bench: Bench) -> None:
    bench.feed(opened(ONE), stage(ONE, Stage.HANDLE, START + 4), opened(number(2)))
    serving = bench.writer.live(HOST)
    assert [one[:5] for one in serving] == [
        (1, PID, PID + 1, Stage.HANDLE, START + 4),
        (2, 0, 0, Stage.GET_REQUEST, serving[1].since),
    ]
    assert bench.writer.locate(1) == (HOST, ONE)
    bench.feed(closed(ONE))
    assert bench.writer.locate(1) is None


def test_drops_and_losses_are_counted_exactly(bench: Bench) -> None:
    bench.feed(*whole(1), dropped=5)
    bench.sending.batch(*whole(2))  # never arrives
    bench.feed(*whole(3))
    totals = bench.writer.totals()
    assert (totals.emitted, totals.recorded, totals.dropped) == (35, 20, 15)
    bench.commit()
    assert bench.reader.totals() == bench.writer.totals()


def test_output_and_cpu(bench: Bench) -> None:
    bench.writer.add_output(bench.server, START, PID, 1, "hello \ud800")
    bench.writer.add_output(bench.server, START, PID, 2, "x" * 100_000)
    samples = [CpuRecord(bench.server, START + n, PID, 0, 0.5, 1000) for n in range(3)]
    bench.writer.add_cpu(samples)
    bench.commit()
    assert [len(line.line) for line in bench.reader.output()] == [12, 65536]
    assert [line.id for line in bench.reader.output(bench.server, 1)] == [2]
    assert [line.id for line in bench.reader.last_output(None, 1)] == [2]
    assert bench.reader.cpu(None, START) == samples[1:]
    assert bench.reader.cpu((), START) == []  # no run at all is not every run


def test_rows_of_unknown_kinds_and_numbers_do_no_harm(bench: Bench) -> None:
    big = (1 << 63) - 1
    bench.feed((99, 1, 2, 3, 4, 5, 6, b"x"), (Kind.STAGE, ONE, 77, 1, START, START, 0, b""), opened(ONE))
    bench.feed((Kind.STAGE, ONE, -5, big, big, big, big, b""), (Kind.REQUEST_CLOSED, ONE, 99, 1, -5, 0, 0, b""))
    bench.feed(opened(ONE, START - 5), closed(number(9)), batches.worker_ended(1, status=1 << 40))
    record = bench.only()
    assert (record.state, record.opened, record.stages) == (State.DONE, START, ())
    totals = bench.writer.totals()
    assert totals.emitted == totals.recorded + totals.dropped


def test_a_capture_is_gone_on_with(bench: Bench) -> None:
    bench.feed(*whole(1), opened(number(2)), dropped=3)
    bench.commit()
    bench.reader.close()
    bench.writer._db.close()
    again = CaptureWriter(bench.path)
    server = again.add_server("again", "TCPServer", "tcp", "127.0.0.1:1", "Echo", PID, START, {})
    again.feed(1, {1: server}, Sending().batch(*whole(1, START + SECOND)))
    again.close()
    with CaptureReader(bench.path) as reader:
        first, second, third = reader.requests()
        assert (second.state, second.error) == (State.KILLED, "Cut off")
        assert (first.id, third.id, third.server_name) == (1, 3, "again")
        totals = reader.totals()
        assert (totals.requests, totals.emitted, totals.recorded, totals.dropped) == (3, 24, 21, 3)
    bench.writer = CaptureWriter(bench.path)
    bench.reader = CaptureReader(bench.path)


def test_a_full_disk_loses_no_request(bench: Bench) -> None:
    pages = bench.writer._db.execute("PRAGMA page_count").fetchone()[0]
    bench.writer._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    bench.feed(*whole(1), *(received(ONE, b"x" * 30_000) for _ in range(10)))
    assert not bench.writer.commit()
    assert "full" in bench.writer.fault
    bench.feed(*whole(2))
    assert not bench.writer.commit()
    bench.writer._db.execute("PRAGMA max_page_count = 1000000")
    bench.commit()
    assert bench.writer.fault == ""
    assert [record.bytes_in for record in bench.reader.requests()] == [300_004, 4]
    totals = bench.reader.totals()
    assert totals.emitted == totals.recorded == 30
    assert bench.reader.load(None, START // SECOND, START // SECOND)[0].closed == 2


def test_a_disk_that_stays_full_costs_bytes_and_stages_but_no_memory(bench: Bench) -> None:
    bench.writer._db.execute("PRAGMA max_page_count = 1")
    for running in range(1, 41):
        bench.feed(*whole(running), *(received(number(running), b"x" * 30_000) for _ in range(20)))
    assert bench.writer._intake.pending.bytes < 17 << 20
    bench.writer._db.execute("PRAGMA max_page_count = 1000000")
    bench.commit()
    totals = bench.reader.totals()
    assert totals.requests == 40
    assert totals.emitted == totals.recorded + totals.dropped
    assert totals.dropped > 0


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadCapture, match="cannot be written"):
        CaptureWriter(tmp_path / "missing" / "a.capture")
    (tmp_path / "text").write_text("x" * 100)
    with pytest.raises(BadCapture):
        CaptureWriter(tmp_path / "text")
    assert (tmp_path / "text").read_text() == "x" * 100
