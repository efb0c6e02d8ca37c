"""The link: messages become signals and answers, orders leave, a lost supervisor is told and can be replaced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.link.link import Link
from app.link.tick import ServerState, Tick, Trouble
from engine.hosting.client import SupervisorClient
from engine.hosting.profile import Profile

from .fake import FakeClient


@pytest.fixture
def clients(tmp_path: Path) -> list[FakeClient]:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    return [FakeClient(tmp_path / "a"), FakeClient(tmp_path / "b")]


@pytest.fixture
def link(qtbot: QtBot, clients: list[FakeClient]) -> Iterator[Link]:
    rest = iter(clients)
    made = Link(lambda: next(rest))
    yield made
    made.close()
    for client in clients:
        client.close()


def test_a_tick_becomes_a_record(link: Link, clients: list[FakeClient], qtbot: QtBot) -> None:
    with qtbot.waitSignal(link.ticked) as heard:
        clients[0].tick({"key": "a", "state": "listening", "class": "TCPServer", "address": "127.0.0.1:9"}, requests=5)
    assert heard.args is not None
    tick: Tick = heard.args[0]
    assert tick is link.tick
    assert tick.totals.requests == 5
    server = tick.server("a")
    assert server is not None
    assert (server.state, server.server_class) == (ServerState.LISTENING, "TCPServer")


def test_an_order_is_answered_once(link: Link, clients: list[FakeClient], qtbot: QtBot) -> None:
    done: list[Any] = []
    ticket = link.start("a", Profile(name="echo"), done.append)
    assert ticket is not None
    assert clients[0].orders == [("start", {"key": "a", "profile": Profile(name="echo").to_json()})]
    with qtbot.waitSignal(link.replied):
        clients[0].accept(ticket, server="a")
    with qtbot.waitSignal(link.replied):
        clients[0].accept(ticket)
    assert [reply["server"] for reply in done] == ["a"]


def test_a_refusal_says_why(link: Link, clients: list[FakeClient], qtbot: QtBot) -> None:
    refused: list[Trouble] = []
    ticket = link.restart("a", refused=refused.append)
    assert ticket is not None
    with qtbot.waitSignal(link.replied):
        clients[0].refuse(ticket, "port_in_use", "Port 9 is used.", offer=10)
    assert refused == [Trouble("port_in_use", "Port 9 is used.", {"offer": 10})]


def test_events_pass(link: Link, clients: list[FakeClient], qtbot: QtBot) -> None:
    with qtbot.waitSignal(link.event_received) as heard:
        clients[0].say(event="clients", clients=1, what="sent")
    assert heard.args == [{"event": "clients", "clients": 1, "what": "sent"}]


def test_every_order_has_its_members(link: Link, clients: list[FakeClient]) -> None:
    link.stop("a")
    link.remove("a")
    link.close_request(7, "reset")
    link.stacks("a", print)
    link.clear(100)
    link.limit(10, 20)
    link.start_clients("aGk=", key="a", repeat=2)
    link.start_clients("aGk=", address="127.0.0.1:9")
    link.stop_clients(3)
    names = [name for name, _members in clients[0].orders]
    assert names[:6] == ["stop", "remove", "close_request", "stacks", "clear", "limits"]
    assert names[6:] == ["clients_start", "clients_start", "clients_stop"]
    assert clients[0].orders[2][1] == {"request": 7, "how": "reset"}
    assert clients[0].orders[6][1]["key"] == "a"
    assert clients[0].orders[7][1]["address"] == "127.0.0.1:9"


def test_a_lost_supervisor_is_told_and_replaced(link: Link, clients: list[FakeClient], qtbot: QtBot) -> None:
    refused: list[Trouble] = []
    link.stop("a", refused=refused.append)
    with qtbot.waitSignal(link.lost) as heard:
        clients[0].die()
    assert heard.args is not None
    assert "ended" in heard.args[0]
    assert [trouble.code for trouble in refused] == ["lost"]
    assert not link.alive
    assert link.reader.totals().requests == 0
    assert link.start("a", Profile(name="x"), refused=refused.append) is None
    assert [trouble.code for trouble in refused] == ["lost", "lost"]
    with qtbot.waitSignal(link.respawned):
        link.respawn()
    with qtbot.waitSignal(link.ticked):
        clients[1].tick(number=1)


def test_closing_says_goodbye(link: Link, clients: list[FakeClient]) -> None:
    link.close()
    link.close()
    assert clients[0].closed


def test_a_real_supervisor_answers(qtbot: QtBot, tmp_path: Path) -> None:
    link = Link(lambda: SupervisorClient.spawn(tmp_path / "real.socketscope"))
    try:
        with qtbot.waitSignal(link.ticked, timeout=10_000):
            pass
        refused: list[Trouble] = []
        link.start(
            "a", Profile(name="x", handler_file=str(tmp_path / "none.py"), handler_class="H"), refused=refused.append
        )
        qtbot.waitUntil(lambda: bool(refused), timeout=10_000)
        assert refused[0].sentence
    finally:
        link.close()
    assert (tmp_path / "real.socketscope").exists()
