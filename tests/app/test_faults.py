"""Faults are kept with their server, ordered when the supervisor knows it, and switched in one click."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.bars import FaultsChip
from app.models.faults import FaultSetting
from app.workspace import Workspace
from engine.hosting.profile import Profile

from .stage import Stage


def ordered(stage: Stage, name: str) -> list[dict[str, Any]]:
    return [members for order, members in stage.client.orders if order == name]


def chip(stage: Stage) -> FaultsChip:
    (found,) = stage.window.findChildren(FaultsChip)
    return found


def test_kept_with_the_workspace_and_off_after_restore(stage: Stage, tmp_path: Path) -> None:
    key = stage.workspace.add(Profile("echo"))
    stage.context.faults.add(key)
    stage.workspace.edit(key, Profile("other"))
    (fault,) = stage.context.faults.of(key)
    assert (fault.kind, fault.enabled) == ("latency", True)
    again = Workspace(stage.workspace._path)
    assert again.load() == ""
    (restored,) = again.entries[0].faults
    assert (restored.kind, restored.values, restored.enabled) == ("latency", fault.values, False)


def test_the_chip_says_what_is_on_and_switches_all(stage: Stage) -> None:
    faults, key = stage.context.faults, stage.workspace.add(Profile("echo"))
    faults.put(key, FaultSetting(1, "split"))
    faults.put(key, FaultSetting(2, "rst"))
    assert chip(stage).text() == "⚡ 2 faults on echo  Off"
    assert not chip(stage).isHidden()
    chip(stage).click()
    assert ordered(stage, "faults_on") == [{"on": False}]
    assert chip(stage).text() == "⚡ 2 faults on echo  On"
    chip(stage).click()
    assert faults.on
    faults.toggle(key, 1)
    assert chip(stage).text() == "⚡ 1 fault on echo  Off"
    chip(stage).be_short(True)
    assert chip(stage).text() == "⚡ 1  Off"
    assert chip(stage).accessibleName() == "1 fault on echo: switch off"
    faults.remove(key, 2)
    assert chip(stage).isHidden()
    assert faults.enabled() == {}


def test_of_a_server_that_a_script_made(stage: Stage) -> None:
    faults = stage.context.faults
    faults.put("k/2", FaultSetting(1, "split"))
    assert faults.enabled() == {"k/2": 1}
    assert faults.next_number("k/2") == 2
