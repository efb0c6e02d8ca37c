"""The servers list: profiles, what the supervisor tells, and servers that scripts made."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.link.tick import Queue, ServerState, ServerStatus, Tick, Trouble
from app.models.servers import ServerRole, ServersModel
from engine.hosting.profile import Profile

UP = ServerStatus(
    "a",
    "echo",
    1,
    (1,),
    "ThreadingTCPServer",
    "tcp",
    "threading",
    "127.0.0.1:9009",
    100,
    ServerState.LISTENING,
    live=4,
    rate=5.0,
)


@pytest.fixture
def model(qtbot: QtBot) -> ServersModel:
    made = ServersModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    assert tester.model() is made
    made.set_profiles([("a", Profile("echo")), ("b", Profile("ctl", server_class="UnixStreamServer", path="/tmp/c"))])
    return made


def row(model: ServersModel, key: str) -> dict[ServerRole, object]:
    index = model.index(model.row_of(key))
    return {role: index.data(role) for role in ServerRole}


def keys(model: ServersModel) -> list[str]:
    return [model.key_at(number) for number in range(model.rowCount())]


def test_profiles_are_there_before_anything_runs(model: ServersModel) -> None:
    assert keys(model) == ["a", "b"]
    assert row(model, "b")[ServerRole.ADDRESS] == "UNIX /tmp/c"
    assert row(model, "b")[ServerRole.MODE] == "Single · stopped"
    assert row(model, "a")[ServerRole.STATE] == "stopped"
    assert model.status("a") is None
    assert model.row_of("nobody") == -1


def test_a_listening_server(model: ServersModel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(model.status_changed) as told:
        model.refresh(Tick(1, 10**9, servers=(UP,)))
    assert told.args == ["a"]
    shown = row(model, "a")
    assert shown[ServerRole.ADDRESS] == "TCP 127.0.0.1:9009"
    assert shown[ServerRole.MODE] == "Threading · 4 live"
    assert shown[ServerRole.OPEN] is False
    points = shown[ServerRole.POINTS]
    assert isinstance(points, tuple)
    assert points[-1] == 5.0
    with qtbot.assertNotEmitted(model.status_changed):
        model.refresh(Tick(2, 11 * 10**8, servers=(replace(UP, live=5),)))


def test_a_failed_server_says_why(model: ServersModel) -> None:
    trouble = Trouble("port_in_use", "Port 9009 is used by <b>python3</b>\n.")
    model.refresh(Tick(1, 1, servers=(replace(UP, state=ServerState.FAILED, error=trouble),)))
    assert row(model, "a")[ServerRole.ERROR] == "Port 9009 is used by <b>python3</b>\\n."
    tip = model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;" in tip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": ServerState.STARTING}, "Threading · starting"),
        ({"state": ServerState.DRAINING}, "Threading · finishing its requests"),
        ({"live": 0, "rate": 38.4}, "Threading · 38/s"),
        ({"live": 0, "rate": 0.0}, "Threading · listening"),
        (
            {"concurrency": "forking", "live": 2, "children": 2, "max_children": 40},
            "Forking · 2 live, 2 of 40 children",
        ),
        ({"concurrency": "prefork", "live": 1, "children": 4, "max_children": 40}, "Pre-forked · 1 live, 4 workers"),
        ({"concurrency": "pool", "live": 3}, "Thread pool · 3 live"),
        ({"state": ServerState.STOPPED, "stopped_reason": "exit status 3"}, "Threading · stopped"),
    ],
)
def test_what_a_server_does(model: ServersModel, change: dict[str, object], words: str) -> None:
    model.refresh(Tick(1, 1, servers=(replace(UP, **change),)))  # type: ignore[arg-type]  # any field
    assert row(model, "a")[ServerRole.MODE] == words


def test_who_waits_to_be_accepted_is_told_of_limit(model: ServersModel) -> None:
    model.refresh(Tick(1, 10**9, servers=(replace(UP, queue=Queue(3, 5, 0)),)))
    assert row(model, "a")[ServerRole.MODE] == "Threading · 4 live, backlog 3/5"
    model.refresh(Tick(2, 2 * 10**9, servers=(replace(UP, queue=Queue(0, 5, 0)),)))
    assert row(model, "a")[ServerRole.MODE] == "Threading · 4 live"


def test_why_a_server_stopped_stands_in_its_tip(model: ServersModel) -> None:
    model.refresh(Tick(1, 1, servers=(replace(UP, state=ServerState.STOPPED, stopped_reason="exit status 3"),)))
    assert "stopped, exit status 3" in model.index(0).data(Qt.ItemDataRole.ToolTipRole)


@pytest.mark.parametrize(
    ("address", "transport", "wide"),
    [("0.0.0.0:80", "tcp", True), ("[::]:80", "udp", True), ("[::1]:80", "tcp", False), ("/tmp/x", "unix", False)],
)
def test_addresses_beyond_this_machine(model: ServersModel, address: str, transport: str, wide: bool) -> None:
    model.refresh(Tick(1, 1, servers=(replace(UP, address=address, transport=transport),)))
    assert row(model, "a")[ServerRole.OPEN] is wide


def test_servers_of_a_script_follow_it_and_go(model: ServersModel) -> None:
    model.set_profiles([("s", Profile("run", kind="script", script="x.py")), ("b", Profile("ctl"))])
    made = replace(UP, key="s/1", name="HTTPServer", script="s")
    model.refresh(Tick(1, 1, servers=(made,)))
    assert keys(model) == ["s", "s/1", "b"]
    assert model.index(1).data() == "HTTPServer"
    program = ServerStatus("s", kind="script", transport="", concurrency="", state=ServerState.LISTENING)
    model.refresh(Tick(2, 2, servers=(program, made)))
    assert row(model, "s")[ServerRole.MODE] == "running"
    assert model.profile("s/1") is model.profile("s")
    model.refresh(Tick(2, 2))
    assert keys(model) == ["s", "b"]


def test_profiles_can_be_reordered(model: ServersModel) -> None:
    model.set_profiles([("b", Profile("ctl")), ("c", Profile("new")), ("a", Profile("echo"))])
    assert keys(model) == ["b", "c", "a"]
