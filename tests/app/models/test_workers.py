"""Worker lanes: packing, labels, exits, and a cost that does not grow with the traffic."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.models.workers import WINDOW, End, LanesModel
from engine.capture.records import State
from tests.app.models.captures import MS, SECOND, CaptureFile

NOW = 60 * SECOND


@pytest.fixture
def model(capture: CaptureFile, qtbot: QtBot) -> LanesModel:
    return LanesModel(capture.reader())


def thread(capture: CaptureFile, number: int, opened: int, lasts: int | None) -> int:
    """A request with a thread of its own, as ThreadingMixIn makes them."""
    ended = None if lasts is None else opened + lasts
    worker = capture.worker(f"Thread-{number} (f)", thread=1000 + number, started=opened, ended=ended)
    state = State.RUNNING if lasts is None else State.DONE
    return capture.request(worker=worker, opened=opened, lasts=lasts, state=state, stages=True)


def requests(model: LanesModel) -> list[list[int]]:
    return [[block.request for block in lane.blocks] for lane in model.lanes]


def test_threads_of_one_request_each_are_packed(capture: CaptureFile, model: LanesModel) -> None:
    one = thread(capture, 1, NOW - 5000 * MS, 1000 * MS)
    two = thread(capture, 2, NOW - 4500 * MS, 1000 * MS)
    three = thread(capture, 3, NOW - 3000 * MS, 500 * MS)
    model.refresh(NOW)
    assert requests(model) == [[one, three], [two]]
    assert [lane.label for lane in model.lanes] == ["T-3", "T-2"]


def test_lanes_are_stable_from_picture_to_picture(capture: CaptureFile, model: LanesModel) -> None:
    one = thread(capture, 1, NOW - 9000 * MS, 1000 * MS)
    two = thread(capture, 2, NOW - 8900 * MS, None)
    model.refresh(NOW)
    assert requests(model) == [[one], [two]]
    later = NOW + WINDOW // 2
    three = thread(capture, 3, later - SECOND, None)
    model.refresh(later)
    assert requests(model) == [[three], [two]]


def test_a_single_server_has_one_lane(capture: CaptureFile, model: LanesModel) -> None:
    worker = capture.worker("MainThread")
    made = [capture.request(worker=worker, opened=NOW - n * SECOND, lasts=100 * MS, stages=True) for n in (3, 2, 1)]
    model.refresh(NOW)
    assert requests(model) == [made]
    assert model.lanes[0].label == "Main"


def test_a_child_tells_its_exit(capture: CaptureFile, model: LanesModel) -> None:
    worker = capture.worker("child", pid=4711, child=True, started=NOW - SECOND, ended=NOW - MS, status=1)
    capture.request(worker=worker, opened=NOW - SECOND, lasts=900 * MS, stages=True)
    model.refresh(NOW)
    lane = model.lanes[0]
    assert lane.label == "pid 4711"
    assert lane.blocks[0].status == 1
    assert lane.blocks[0].failed


def test_cpu_of_who_sits_there(capture: CaptureFile, model: LanesModel) -> None:
    thread(capture, 1, NOW - SECOND, None)
    capture.cpu(NOW - 2 * SECOND, 0.1, thread=1001)
    capture.cpu(NOW - SECOND, 0.37, thread=1001)
    model.refresh(NOW)
    assert model.lanes[0].cpu == 0.37


def test_many_short_requests_leave_a_bounded_picture(capture: CaptureFile, model: LanesModel) -> None:
    worker = capture.worker("MainThread")
    capture.db.execute("BEGIN")
    for place in range(900):
        capture.request(worker=worker, opened=NOW - SECOND + place * MS, lasts=MS // 2)
    capture.db.execute("COMMIT")
    model.refresh(NOW)
    assert len(model.lanes[0].blocks) < 100


def test_another_server_starts_over(capture: CaptureFile, model: LanesModel, qtbot: QtBot) -> None:
    thread(capture, 1, NOW - SECOND, 10 * MS)
    model.refresh(NOW)
    assert model.lanes
    with qtbot.waitSignal(model.changed):
        model.set_server((99,))
    model.refresh(NOW)
    assert model.lanes == ()
    model.set_reader(None)
    model.refresh(NOW)


def test_a_pools_thread_keeps_its_lane_while_it_rests(capture: CaptureFile, model: LanesModel) -> None:
    one = capture.worker("ThreadPoolTCPServer-1", thread=1001)
    two = capture.worker("ThreadPoolTCPServer-2", thread=1002)
    made = [
        capture.request(worker=worker, opened=NOW - place * SECOND, lasts=500 * MS, stages=True)
        for worker, place in ((one, 5), (two, 4), (one, 3), (two, 2))
    ]
    model.refresh(NOW)
    assert requests(model) == [[made[0], made[2]], [made[1], made[3]]]


def test_preforked_processes_have_lanes_of_their_own_and_say_how_they_ended(
    capture: CaptureFile, model: LanesModel
) -> None:
    stays = capture.worker("worker 11", pid=11, thread=11, child=True)
    ends = capture.worker("worker 12", pid=12, thread=12, child=True)
    made = [
        capture.request(worker=worker, opened=NOW - place * SECOND, lasts=500 * MS, stages=True)
        for worker, place in ((stays, 5), (ends, 4), (stays, 3), (ends, 2))
    ]
    model.refresh(NOW)
    assert requests(model) == [[made[0], made[2]], [made[1], made[3]]]
    assert [lane.ends for lane in model.lanes] == [(), ()]
    died = NOW + 5 * SECOND
    capture.db.execute("UPDATE worker SET ended = ?, status = -9, cpu = 7, memory = 8 WHERE id = ?", (died, ends))
    model.refresh(died + SECOND)
    model.refresh(died + 2 * SECOND)
    assert [lane.ends for lane in model.lanes] == [(), (End(died, "pid 12", -9, 7, 8),)]
    assert not any(block.failed for lane in model.lanes for block in lane.blocks)
    model.refresh(died + WINDOW + SECOND)
    assert model.lanes == ()


def test_the_request_that_a_preforked_process_died_in_has_its_status(capture: CaptureFile, model: LanesModel) -> None:
    worker = capture.worker("worker 12", pid=12, child=True, ended=NOW - SECOND, status=-11, cpu=5 * MS, memory=1 << 24)
    well = capture.request(worker=worker, opened=NOW - 3 * SECOND, lasts=100 * MS, stages=True)
    died = capture.request(worker=worker, opened=NOW - 2 * SECOND, lasts=SECOND, state=State.KILLED, stages=True)
    model.refresh(NOW)
    (lane,) = model.lanes
    told = {block.request: (block.status, block.cpu, block.memory) for block in lane.blocks}
    assert told == {well: (None, None, None), died: (-11, 5 * MS, 1 << 24)}
    assert [block.failed for block in lane.blocks] == [False, True]
    assert [end.status for end in lane.ends] == [-11]
