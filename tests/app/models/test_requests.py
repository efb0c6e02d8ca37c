"""The requests table follows a capture: what is announced, what is fetched, what stands still."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.models.requestcolumns import BY_KEY, COLUMNS
from app.models.requests import RecordRole, RequestsModel
from engine.capture.filters import parse
from engine.capture.reader import CaptureReader
from engine.capture.records import RequestRecord, State
from engine.observe.facts import Means
from tests.app.models.captures import MS, SECOND, CaptureFile

NOW = 100 * SECOND


@pytest.fixture
def model(capture: CaptureFile, qtbot: QtBot) -> RequestsModel:
    made = RequestsModel(capture.reader())
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    assert tester.model() is made
    return made


def ids(model: RequestsModel) -> list[int | None]:
    return [model.id_at(row) for row in range(model.rowCount())]


def text(model: RequestsModel, row: int, key: str) -> str:
    return str(model.index(row, BY_KEY[key]).data())


class Announced:
    """What a model says of its rows."""

    def __init__(self, model: RequestsModel) -> None:
        self.said: list[tuple[str, int, int]] = []
        model.rowsInserted.connect(lambda _, first, last: self.said.append(("in", first, last)))
        model.rowsRemoved.connect(lambda _, first, last: self.said.append(("out", first, last)))
        model.dataChanged.connect(lambda a, b: self.said.append(("changed", a.row(), b.row())))
        model.modelReset.connect(lambda: self.said.append(("reset", 0, 0)))


def test_cells_of_a_failed_request(capture: CaptureFile, model: RequestsModel) -> None:
    worker = capture.worker()
    capture.request(worker=worker, state=State.ERROR, error="ValueError", message="length 14", bytes_in=1800)
    model.refresh(NOW)
    assert [text(model, 0, key) for key in ("id", "server", "peer", "worker", "in", "ms", "state", "error")] == [
        "1",
        "echo",
        "127.0.0.1:41341",
        "T-1",
        "1\u2009800",
        "70.0",
        "✕ ValueError",
        "length 14",
    ]
    record = model.index(0, 0).data(RecordRole)
    assert isinstance(record, RequestRecord)
    assert record.error == "ValueError"


@pytest.mark.parametrize(
    ("state", "error", "said"),
    [
        (State.RESET, "ConnectionResetError", "reset"),
        (State.RESET, "EOFError", "closed by peer"),
        (State.RESET, "BrokenPipeError", "closed by peer"),
        (State.RESET, None, "reset"),
        (State.TIMED_OUT, "TimeoutError", "timed out"),
    ],
)
def test_a_peer_that_goes_is_named_without_an_alarm(
    capture: CaptureFile, model: RequestsModel, state: State, error: str | None, said: str
) -> None:
    capture.request(state=state, error=error)
    model.refresh(NOW)
    assert text(model, 0, "state") == said


def test_a_slow_stage_is_a_badge_of_its_row(capture: CaptureFile, model: RequestsModel) -> None:
    capture.request()
    capture.db.execute("UPDATE request SET slow = 7")
    model.refresh(NOW)
    assert text(model, 0, "state") == "done · slow"


def test_rows_that_somebody_acted_on_say_by_a_sign_who(capture: CaptureFile, model: RequestsModel) -> None:
    for state, means in ((State.DONE, ()), (State.DONE, (Means.PAUSED, Means.EDITED)), (State.RESET, (Means.RST,)),
                         (State.PAUSED, (Means.PAUSED,))):  # fmt: skip
        capture.touch(capture.request(state=state), *means)
    model.refresh(NOW)
    assert [text(model, row, "state") for row in range(4)] == [
        "done", "‖ done", "⚡ reset", "‖ shutdown_request",
    ]  # fmt: skip


def test_every_column_has_words_and_shows_hostile_text_escaped(capture: CaptureFile, model: RequestsModel) -> None:
    worker = capture.worker("\u202ename\n")
    capture.request(worker=worker, peer="<b>\x1b", error="<img>\n", state=State.ERROR, message="\0", stages=True)
    model.refresh(NOW)
    for position in range(len(COLUMNS)):
        assert model.headerData(position, Qt.Orientation.Horizontal)
        tip = model.headerData(position, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
        assert tip.startswith("<qt>")
        assert model.index(0, position).data().isprintable()


def test_new_requests_are_appended_as_one_run(capture: CaptureFile, model: RequestsModel) -> None:
    capture.requests(3)
    model.refresh(NOW)
    announced = Announced(model)
    capture.requests(2)
    model.refresh(NOW)
    assert announced.said == [("in", 3, 4)]
    assert ids(model) == [1, 2, 3, 4, 5]
    assert (model.shown, model.total, model.new_count) == (5, 5, 0)
    announced.said.clear()
    model.refresh(NOW)
    assert announced.said == []


def test_newest_first_puts_them_on_top(capture: CaptureFile, model: RequestsModel) -> None:
    capture.requests(3)
    model.sort(BY_KEY["id"], Qt.SortOrder.DescendingOrder)
    announced = Announced(model)
    capture.requests(2)
    model.refresh(NOW)
    assert announced.said == [("in", 0, 1)]
    assert ids(model) == [5, 4, 3, 2, 1]


def test_live_rows_on_screen_change_and_others_do_not(capture: CaptureFile, model: RequestsModel) -> None:
    capture.requests(2)
    live = capture.request(opened=NOW - SECOND, lasts=None, state=State.RUNNING)
    model.refresh(NOW)
    announced = Announced(model)
    model.refresh(NOW + SECOND)
    assert announced.said == [("changed", 2, 2)]
    assert text(model, 2, "ms") == "2000.0"
    capture.close_request(live, NOW)
    model.refresh(NOW + SECOND)
    assert text(model, 2, "state") == "done"
    announced.said.clear()
    model.set_window(0, 1)
    model.refresh(NOW + 9 * SECOND)
    assert announced.said == []


def test_evicted_rows_leave_at_the_top_and_live_ones_stay(capture: CaptureFile, model: RequestsModel) -> None:
    capture.requests(50)
    model.refresh(NOW)
    announced = Announced(model)
    capture.evict([*range(1, 5), *range(6, 11)])
    model.refresh(NOW)
    assert announced.said == [("out", 5, 9), ("out", 0, 3)]
    assert ids(model) == [5, *range(11, 51)]


def test_a_cleared_capture_empties_the_table(capture: CaptureFile, model: RequestsModel) -> None:
    capture.requests(50)
    model.refresh(NOW)
    capture.db.execute("DELETE FROM request")
    model.refresh(NOW)
    assert model.rowCount() == 0


def test_a_filter_follows_requests_that_begin_or_cease_to_match(capture: CaptureFile, model: RequestsModel) -> None:
    capture.requests(3)
    live = capture.request(opened=NOW, lasts=None, state=State.RUNNING)
    capture.requests(1)
    model.set_filter(parse("state:error,running"))
    assert ids(model) == [live]
    capture.close_request(live, NOW + MS)
    model.refresh(NOW)
    assert ids(model) == []
    later = capture.request(opened=NOW, lasts=None, state=State.QUEUED)
    model.refresh(NOW)
    assert ids(model) == []
    capture.close_request(later, NOW + MS, State.ERROR, "ValueError")
    model.refresh(NOW)
    assert ids(model) == [later]
    assert (model.shown, model.total) == (1, 6)


def test_late_matches_take_their_place(capture: CaptureFile, model: RequestsModel) -> None:
    model.set_filter(parse("state:error"))
    first = capture.request(opened=NOW, lasts=None, state=State.RUNNING)
    second = capture.request(opened=NOW, state=State.ERROR, error="E")
    model.refresh(NOW)
    announced = Announced(model)
    capture.close_request(first, NOW, State.ERROR, "E")
    model.refresh(NOW)
    assert announced.said == [("in", 0, 0)]
    assert ids(model) == [first, second]


def test_another_order_stands_still_until_asked(capture: CaptureFile, model: RequestsModel) -> None:
    for lasts in (30, 10, 20):
        capture.request(lasts=lasts * MS)
    model.sort(BY_KEY["ms"], Qt.SortOrder.DescendingOrder)
    assert ids(model) == [1, 3, 2]
    assert model.order == ("ms", True)
    assert not model.live_order
    capture.request(lasts=25 * MS)
    announced = Announced(model)
    model.refresh(NOW)
    assert announced.said == []
    assert model.new_count == 1
    model.bring_in()
    assert ids(model) == [1, 4, 3, 2]
    assert model.new_count == 0


def test_a_frozen_view_counts_and_catches_up(capture: CaptureFile, model: RequestsModel, qtbot: QtBot) -> None:
    capture.requests(2)
    model.refresh(NOW)
    model.freeze()
    capture.requests(3)
    with qtbot.waitSignal(model.counts_changed, timeout=1000):
        model.refresh(NOW + SECOND)
    assert (model.shown, model.new_count, model.frozen) == (2, 3, True)
    model.unfreeze()
    assert (model.shown, model.new_count, model.frozen) == (5, 0, False)


def test_rows_and_ids(capture: CaptureFile, model: RequestsModel) -> None:
    capture.requests(3)
    model.refresh(NOW)
    assert model.row_of(2) == 1
    assert model.row_of(99) == -1
    assert model.id_at(9) is None
    assert model.request_at(-1) is None
    found = model.request_at(1)
    assert found is not None
    assert found.id == 2


def test_errors_are_found_both_ways_in_any_order(capture: CaptureFile, model: RequestsModel) -> None:
    for state in (State.ERROR, State.DONE, State.KILLED, State.RESET):
        capture.request(state=state, lasts=int(state) * MS)
    model.refresh(NOW)
    assert [model.next_error(row, 1) for row in (-1, 0, 2)] == [0, 2, -1]
    assert [model.next_error(row, -1) for row in (4, 2, 0)] == [2, 0, -1]
    model.sort(BY_KEY["id"], Qt.SortOrder.DescendingOrder)
    assert [model.next_error(row, 1) for row in (-1, 1)] == [1, 3]
    model.sort(BY_KEY["ms"], Qt.SortOrder.AscendingOrder)
    assert ids(model) == [2, 1, 4, 3]
    assert [model.next_error(row, 1) for row in (-1, 1)] == [1, 3]


class CountingReader(CaptureReader):
    """Remembers how many records it was asked for."""

    asked: list[int]

    def requests_by_id(self, ids: Sequence[int]) -> list[RequestRecord]:
        self.asked.append(len(ids))
        return super().requests_by_id(ids)


def test_cost_depends_on_what_is_on_screen(capture: CaptureFile, qtbot: QtBot) -> None:
    capture.requests(20_000)
    with CountingReader(capture.path) as reader:
        reader.asked = []
        model = RequestsModel(reader)
        qtbot.waitUntil(lambda: model.shown == 20_000, timeout=5000)
        reader.asked.clear()
        model.set_window(19_970, 19_999)
        model.refresh(NOW)
        assert sum(reader.asked) <= 30
        capture.requests(100)
        reader.asked.clear()
        model.refresh(NOW)
        assert sum(reader.asked) <= 31
        model.index(5, 0).data()
        assert sum(reader.asked) < 120


def test_a_model_without_a_capture_is_empty(qtbot: QtBot, capture: CaptureFile) -> None:
    model = RequestsModel()
    model.refresh(NOW)
    assert model.rowCount() == 0
    assert model.next_error(0, 1) == -1
    assert not model.index(0, 0).isValid()
    capture.requests(2)
    model.set_reader(capture.reader())
    assert model.rowCount() == 2
    model.set_reader(None)
    assert model.rowCount(QModelIndex()) == 0


def test_the_scale_leaves_out_one_slow_request(capture: CaptureFile, model: RequestsModel) -> None:
    for _ in range(8):
        capture.request(lasts=10 * MS, stages=True)
    capture.request(lasts=9000 * MS, stages=True)
    model.refresh(NOW)
    assert 10 * MS <= model.scale() <= 30 * MS
