"""Worker lanes: packing, labels, exits, and a cost that does not grow with the traffic."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.models.workers import WINDOW, LanesModel
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
