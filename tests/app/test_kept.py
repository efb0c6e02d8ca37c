"""Gates, faults and breakpoints on lines are kept and ordered in one way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.kept import Kept, Switched
from app.models.faults import FaultSetting
from app.models.gates import GateSetting
from app.models.linepoints import LineSetting
from engine.hosting.profile import Profile

from .stage import Stage

Put = Callable[[str], None]


def kinds(stage: Stage) -> dict[str, tuple[Kept[Any], Put]]:
    """Each, and how to set one."""
    gates, faults, lines = stage.context.gates, stage.context.faults, stage.context.lines
    return {
        "gates": (gates, lambda key: gates.put(key, GateSetting(1, "handle"))),
        "faults": (faults, lambda key: faults.put(key, FaultSetting(1, "split"))),
        "lines": (lines, lambda key: lines.put(key, LineSetting("/h.py", 6))),
    }


def tick(stage: Stage, *keys: str) -> None:
    number = stage.link.tick.number + 1
    servers = [{"key": key, "state": "listening"} for key in keys]
    stage.link._take({"tick": number, "at": number * 10**9, "totals": {}, "servers": servers})


@pytest.mark.parametrize("what", ["gates", "faults", "lines"])
def test_ordered_once_the_supervisor_knows_the_server_and_again_by_its_successor(what: str, stage: Stage) -> None:
    kept, put = kinds(stage)[what]
    key = stage.workspace.add(Profile("echo"))
    put(key)
    assert len(kept.of(key)) == 1
    assert what not in stage.orders()
    for _ in range(2):
        tick(stage, key)
    assert stage.orders().count(what) == 1
    stage.link.respawned.emit()
    tick(stage, key)
    assert stage.orders().count(what) == 2


@pytest.mark.parametrize(("what", "one"), [("gates", "gate"), ("faults", "fault")])
def test_what_is_wrong_stands_with_its_number_until_it_is_mended(
    what: str, one: str, stage: Stage, qtbot: QtBot
) -> None:
    kept, put = kinds(stage)[what]
    assert isinstance(kept, Switched)
    tick(stage, "k/2")
    put("k/2")  # a server that a script made
    with qtbot.waitSignal(kept.refused):
        stage.client.refuse(len(stage.client.orders), "bad", "It makes no sense.", **{one: 1})
    assert kept.errors_of("k/2") == {1: "It makes no sense."}
    kept.remove("k/2", 1)
    with qtbot.waitSignal(kept.changed):
        stage.client.accept(len(stage.client.orders))
    assert kept.errors_of("k/2") == {}


@pytest.mark.parametrize("what", ["gates", "faults"])
def test_a_successor_is_told_that_none_may_act(what: str, stage: Stage) -> None:
    kept, _ = kinds(stage)[what]
    assert isinstance(kept, Switched)
    stage.link.respawned.emit()
    assert f"{what}_on" not in stage.orders()
    kept.switch(on=False)
    stage.link.respawned.emit()
    assert stage.client.orders[-1] == (f"{what}_on", {"on": False})
