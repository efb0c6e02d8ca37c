"""The desk: orders for servers, demo clients, troubles that stay with their server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.desk import Desk, socket_folder
from app.examples import EXAMPLES, example
from app.link.link import Link
from app.models.selection import Selection
from app.workspace import Workspace
from engine.hosting.profile import Profile

from .link.fake import FakeClient


@pytest.fixture
def client(tmp_path: Path) -> FakeClient:
    return FakeClient(tmp_path)


@pytest.fixture
def desk(qtbot: QtBot, client: FakeClient) -> Iterator[Desk]:
    link = Link(lambda: client)
    made = Desk(link, Workspace(), Selection())
    yield made
    link.close()


def orders(client: FakeClient) -> list[str]:
    return [name for name, _members in client.orders]


def test_one_click_runs_an_example_with_its_clients(desk: Desk, client: FakeClient, qtbot: QtBot) -> None:
    key = desk.run_example("echo-threads")
    assert orders(client) == ["start"]
    client.accept(1)
    qtbot.waitUntil(lambda: orders(client) == ["start"] + ["clients_start"] * 3)
    assert desk.has_demo(key)
    for ticket in (2, 3, 4):
        client.accept(ticket, clients=ticket * 10)
    client.tick({"key": key, "state": "listening"})
    qtbot.waitUntil(lambda: desk.is_up(key))
    desk.stop(key)
    assert client.orders[4:] == [("clients_stop", {"clients": n}) for n in (20, 30, 40)] + [("stop", {"key": key})]


def test_a_second_click_selects_the_one_that_runs(desk: Desk, client: FakeClient, qtbot: QtBot) -> None:
    key = desk.run_example("udp-clock")
    client.tick({"key": key, "state": "listening"})
    qtbot.waitUntil(lambda: desk.is_up(key))
    assert desk.run_example("udp-clock") == key
    assert orders(client) == ["start"]
    with pytest.raises(ValueError, match="no example"):
        desk.run_example("nothing")


def test_demo_clients_that_start_too_late_are_stopped(desk: Desk, client: FakeClient, qtbot: QtBot) -> None:
    key = desk.run_example("echo-threads")
    client.accept(1)
    qtbot.waitUntil(lambda: len(client.orders) == 4)
    desk.stop_demo(key)
    client.accept(2, clients=7)
    qtbot.waitUntil(lambda: ("clients_stop", {"clients": 7}) in client.orders)


def test_demo_clients_that_ended_are_started_again(desk: Desk, client: FakeClient, qtbot: QtBot) -> None:
    key = desk.run_example("upper-fork")
    client.accept(1)
    qtbot.waitUntil(lambda: len(client.orders) == 3)
    client.accept(2, clients=1)
    client.accept(3, clients=2)
    client.say(event="clients", clients=1, what="ended")
    client.say(event="clients", clients=2, what="ended")
    qtbot.waitUntil(lambda: not desk.has_demo(key))


def test_trouble_stays_with_its_server_until_it_starts(desk: Desk, client: FakeClient, qtbot: QtBot) -> None:
    key = desk.add(Profile(name="a", port=9009), start=True)
    with qtbot.waitSignal(desk.troubled):
        client.refuse(1, "port_in_use", "Port 9009 is used.", offer=9010)
    trouble = desk.trouble(key)
    assert trouble is not None
    assert trouble.extras["offer"] == 9010
    desk.use_port(key, 9010)
    assert client.orders[1][1]["profile"]["port"] == 9010
    assert desk.trouble(key) is None


def test_a_stale_socket_goes_only_when_asked(desk: Desk, client: FakeClient, qtbot: QtBot, tmp_path: Path) -> None:
    stale = tmp_path / "ctl.sock"
    key = desk.add(Profile(name="a", server_class="UnixStreamServer", path=str(stale)), start=True)
    desk.remove_stale_socket(key)
    assert orders(client) == ["start"]
    with qtbot.waitSignal(desk.troubled):
        client.refuse(1, "stale_socket", "Nobody listens there.", path=str(stale), can_remove=True)
    desk.remove_stale_socket(key)
    assert client.orders[1] == ("remove_stale", {"path": str(stale)})
    client.accept(2)
    qtbot.waitUntil(lambda: orders(client) == ["start", "remove_stale", "start"])


def test_restart_and_edit_use_the_new_profile(desk: Desk, client: FakeClient, qtbot: QtBot) -> None:
    key = desk.add(Profile(name="a"), start=False)
    assert orders(client) == []
    desk.edit(key, Profile(name="b"), start=True)
    client.tick({"key": key, "state": "listening"})
    qtbot.waitUntil(lambda: desk.is_up(key))
    desk.edit(key, Profile(name="c"), start=True)
    desk.restart(key)
    assert [(name, members["profile"]["name"]) for name, members in client.orders] == [
        ("start", "b"), ("restart", "c"), ("restart", "c"),
    ]  # fmt: skip


def test_remove_stops_and_forgets(desk: Desk, client: FakeClient, qtbot: QtBot) -> None:
    key = desk.add(Profile(name="a"), start=True)
    client.tick({"key": key, "state": "listening"}, {"key": f"{key}/1", "state": "listening", "script": key})
    qtbot.waitUntil(lambda: desk.is_up(key))
    desk.stop_all()
    desk.remove(key)
    assert orders(client) == ["start", "stop", "stop", "remove"]
    desk.start(key)
    assert orders(client)[-1] == "remove"


def test_only_marked_servers_start_with_the_workspace(qtbot: QtBot, client: FakeClient) -> None:
    workspace = Workspace()
    workspace.add(Profile(name="a"))
    marked = workspace.add(Profile(name="b"), autostart=True)
    link = Link(lambda: client)
    Desk(link, workspace, Selection()).start_marked()
    assert [members["key"] for _name, members in client.orders] == [marked]
    link.close()


def test_unix_examples_get_a_private_short_path() -> None:
    assert socket_folder().stat().st_mode & 0o077 == 0
    assert len(str(socket_folder())) < 60
    assert example("unix-control") in EXAMPLES


def test_what_happens_on_save_is_told_at_once(desk: Desk, client: FakeClient, qtbot: QtBot) -> None:
    key = desk.add(Profile(name="a"), start=False)
    desk.set_on_save(key, "nothing")
    assert orders(client) == []
    client.tick({"key": key, "state": "listening"})
    qtbot.waitUntil(lambda: desk.is_up(key))
    desk.set_on_save(key, "restart")
    desk.edit(key, Profile(name="b", on_save="restart"), start=False)
    desk.edit(key, Profile(name="b", on_save="reload"), start=False)
    assert [members["how"] for name, members in client.orders if name == "on_save"] == ["restart", "reload"]


def test_code_that_was_not_loaded_is_a_warning(desk: Desk, client: FakeClient, qtbot: QtBot) -> None:
    key = desk.add(Profile(name="a"), start=False)
    error = {"code": "syntax_error", "sentence": "h.py, line 3: no.", "file": "/x/h.py", "line": 3, "at": 5}
    client.tick({"key": key, "state": "listening", "code": {"version": 1, "error": error}})
    qtbot.waitUntil(lambda: desk.warning(key) is not None)
    warning = desk.warning(key)
    assert warning is not None
    assert warning.sentence == "Reload failed: h.py, line 3: no. The old code is kept."
    assert (warning.extras["file"], warning.extras["line"]) == ("/x/h.py", 3)
    client.tick({"key": key, "state": "stopped", "code": {"version": 1, "error": error}})
    qtbot.waitUntil(lambda: desk.warning(key) is None)
