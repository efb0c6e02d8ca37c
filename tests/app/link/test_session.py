"""A capture file tells what it holds, as a supervisor would, and refuses every order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.link.link import Link
from app.link.session import SessionFile
from app.link.tick import ServerState, Trouble
from engine.capture.reader import BadCapture
from tests.app.models.captures import MS, CaptureFile


@pytest.fixture
def link(tmp_path: Path, qtbot: QtBot) -> Iterator[Link]:
    path = tmp_path / "day.socketscope"
    with CaptureFile(path) as capture:
        for run in (capture.server(), capture.server("other"), capture.server(address="127.0.0.1:9010")):
            capture.counters(server=run, accepted=2, failed=1)
        capture.request(opened=5 * MS, lasts=70 * MS)
    made = Link(lambda: SessionFile(path))
    yield made
    made.close()


def test_the_tick_tells_what_the_file_holds(link: Link, qtbot: QtBot) -> None:
    with qtbot.waitSignal(link.ticked):
        pass
    tick = link.tick
    assert (75 * MS - tick.at, tick.totals.requests) in [(0, 1), (1, 1)]
    echo, other = tick.servers
    assert (echo.name, echo.ids, echo.address, echo.total, echo.failed) == ("echo", (1, 3), "127.0.0.1:9010", 4, 2)
    assert (other.name, other.state, other.concurrency) == ("other", ServerState.STOPPED, "threading")
    with qtbot.waitSignal(link.ticked):
        pass
    assert link.tick.number > tick.number


def test_orders_are_refused(link: Link, qtbot: QtBot) -> None:
    told: list[Trouble] = []
    link.order("stop", None, told.append, key="run-1")
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].sentence == "This session comes from a file; nothing runs in it."


def test_what_is_no_capture_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.socketscope").write_bytes(b"no capture" * 100)
    with pytest.raises(BadCapture, match=r"a\.socketscope"):
        SessionFile(tmp_path / "a.socketscope")
