"""Where live connections stand, in the cells of their rows and as counts."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.link.tick import Tick
from app.models import connections
from app.models.connections import ConnectionCounts, counts_text
from app.models.requestcolumns import BY_KEY
from app.models.requests import RequestsModel
from app.models.servers import ServersModel
from app.models.summary import SummaryModel
from app.models.whereabouts import Whereabouts
from engine.capture.filters import parse
from engine.capture.records import State
from engine.observe.connections import ConnectionState
from engine.observe.stages import Stage
from tests.app.models.captures import SECOND, CaptureFile
from tests.app.models.test_servers import UP

NOW = 1000 * SECOND
NEW, ACTIVE, IDLE, CLOSED = ConnectionState


def live(capture: CaptureFile, state: ConnectionState, since: int, *, server: int = 1) -> int:
    """A request whose connection has stood so for some time before NOW, ns."""
    at = NOW - since
    if state is NEW:
        return capture.request(lasts=None, state=State.QUEUED, opened=at, server=server)
    made = capture.request(lasts=None, state=State.WAITING, opened=at - 10, worker=capture.worker(), server=server)
    capture.stage(made, Stage.HANDLE, at - 5, None)
    capture.chunk(made, b"ping", at=at - 1 if state is IDLE else at)
    if state is IDLE:
        capture.chunk(made, b"pong", sent=True, at=at)
    return made


def cell(model: RequestsModel, row: int, role: Qt.ItemDataRole = Qt.ItemDataRole.DisplayRole) -> str:
    return str(model.index(row, BY_KEY["state"]).data(role))


@pytest.mark.parametrize(
    ("state", "since", "said"),
    [
        (NEW, SECOND // 2, "new"),
        (NEW, 3 * SECOND, "new 3 s"),
        (ACTIVE, SECOND - 1, "active"),
        (ACTIVE, 59 * SECOND, "active 59 s"),
        (IDLE, 60 * SECOND, "idle 1 min"),
        (IDLE, 999 * SECOND, "idle 16 min"),
    ],
)
def test_a_live_row_says_where_its_connection_stands(
    capture: CaptureFile, qtbot: QtBot, state: ConnectionState, since: int, said: str
) -> None:
    model = RequestsModel(capture.reader())
    live(capture, state, since)
    model.refresh(NOW)
    assert cell(model, 0) == said
    assert cell(model, 0, Qt.ItemDataRole.ToolTipRole).startswith(f"<qt>{said}. ")


def test_its_tip_says_whose_turn_it_is(capture: CaptureFile, qtbot: QtBot) -> None:
    model = RequestsModel(capture.reader())
    for state in (NEW, ACTIVE, IDLE):
        live(capture, state, 0)
    model.refresh(NOW)
    tips = [cell(model, row, Qt.ItemDataRole.ToolTipRole) for row in range(3)]
    for tip, words in zip(tips, ("nobody works", "Its worker waits", "the client&#x27;s turn"), strict=True):
        assert words in tip


def test_what_is_held_slow_stuck_or_over_says_that_first(capture: CaptureFile, qtbot: QtBot) -> None:
    model = RequestsModel(capture.reader())
    slow, held, stuck, over = (live(capture, ACTIVE, 5 * SECOND) for _ in range(4))
    capture.db.execute("UPDATE request SET slow = 7 WHERE id = ?", (slow,))
    capture.db.execute("UPDATE request SET state = ? WHERE id = ?", (State.PAUSED, held))
    capture.close_request(over, NOW)
    about = Whereabouts.from_json({"request": stuck, "doing": "lock", "since": NOW - 2 * SECOND})
    model.refresh(NOW, {stuck: about})
    assert [cell(model, row) for row in range(4)] == ["active · slow", "‖ shutdown_request", "⚠ lock 2 s", "done"]


def test_rows_come_to_a_filter_and_go_as_their_connections_turn(capture: CaptureFile, qtbot: QtBot) -> None:
    model = RequestsModel(capture.reader())
    model.set_filter(parse("state:idle"))
    first, second = live(capture, IDLE, SECOND), live(capture, ACTIVE, SECOND)
    model.refresh(NOW)
    assert [model.id_at(row) for row in range(model.rowCount())] == [first]
    capture.chunk(first, b"ping", at=NOW)
    capture.chunk(second, b"pong", sent=True, at=NOW)
    model.refresh(NOW + 1)
    assert [model.id_at(row) for row in range(model.rowCount())] == [second]


def test_counts_of_many_are_taken_in_parts(capture: CaptureFile, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "AT_ONCE", 2)
    for state in (NEW, ACTIVE, IDLE, IDLE, IDLE):
        live(capture, state, 0)
    counts, reader = ConnectionCounts(), capture.reader()
    assert [counts.go_on(reader, None) for _ in range(2)] == [False, False]
    assert counts.counts == {}
    assert counts.go_on(reader, None)
    assert counts_text(counts.counts) == "1 new, 1 active, 3 idle"
    capture.close_request(1, NOW)
    assert [counts.go_on(reader, None) for _ in range(3)] == [False, False, True]
    assert counts_text(counts.counts) == "1 active, 3 idle"


def test_the_load_counts_those_of_its_server(capture: CaptureFile, qtbot: QtBot) -> None:
    capture.server("other")
    model = SummaryModel(capture.reader())
    for state, server in ((IDLE, 1), (IDLE, 2), (NEW, 2)):
        live(capture, state, 0, server=server)
    model.set_server((2,))
    model.refresh()
    figures = {word: count for word, count, _ in model.figures()}
    assert [figures[word] for word in ("new", "active", "idle")] == [1, 0, 1]
    model.set_server((1,))
    assert model.connections.counts == {}


def test_a_servers_tip_counts_them(capture: CaptureFile, qtbot: QtBot) -> None:
    live(capture, IDLE, 0)
    live(capture, ACTIVE, 0)
    model = ServersModel()
    model.refresh(Tick(1, NOW, servers=(UP,)))
    tip = Qt.ItemDataRole.ToolTipRole
    assert "idle" not in model.index(0).data(tip)
    model.reader = capture.reader()
    assert model.index(0).data(tip).endswith("Threading · 4 live, 1 active, 1 idle</qt>")
    capture.db.execute("UPDATE request SET opened = 'x'")
    with qtbot.waitSignal(model.damage.found):
        assert model.index(0).data(tip).endswith("4 live</qt>")
