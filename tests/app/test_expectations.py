"""Expectations in the window: kept in a file, checked by order or after a reload, and how each fared."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.expectations import Expectations
from app.settings import CHECK_ON_RELOAD
from engine.replay.expectations import read_expectations
from engine.replay.playback import Playback, Step

from .stage import Stage

PLAYBACK = Playback("tcp", (Step(b"hi\n"),), b"HI\n", request=7)


@pytest.fixture
def expectations(stage: Stage) -> Expectations:
    return stage.context.expectations


def serve(stage: Stage, qtbot: QtBot, **code: Any) -> None:
    with qtbot.waitSignal(stage.link.ticked):
        stage.client.tick({"key": "k", "name": "echo", "state": "listening", "code": {"version": 1, **code}})


def tell(stage: Stage, what: str, **members: Any) -> None:
    stage.client.say(event="clients", clients=5, of=0, what=what, **members)


def test_they_are_kept(expectations: Expectations, stage: Stage) -> None:
    first, second = expectations.add("echo", PLAYBACK), expectations.add("echo", PLAYBACK)
    assert (first.name, second.name) == ("echo #7", "echo #7 (2)")
    expectations.mask(second.name, [(0, 1)])
    assert expectations.file is not None
    assert [one.masks for one in read_expectations(expectations.file)] == [(), ((0, 1),)]
    again = Expectations(stage.link, stage.workspace, stage.settings)
    assert list(again.all) == [first, second.with_masks([(0, 1)])] or [one.name for one in again.all] == [
        first.name, second.name,
    ]  # fmt: skip
    expectations.remove(first.name)
    assert [one.name for one in read_expectations(expectations.file)] == [second.name]


def test_a_check_by_order(expectations: Expectations, stage: Stage, qtbot: QtBot) -> None:
    names = [expectations.add("echo", PLAYBACK).name for _ in range(3)]
    expectations.add("other", PLAYBACK)
    serve(stage, qtbot)
    expectations.check()
    order, members = stage.client.orders[-1]
    assert (order, members["key"], members["names"]) == ("check", "k", names)
    assert all(expectations.fared(name).running for name in names)
    with qtbot.waitSignals([expectations.changed] * 4):
        tell(stage, "checked", name=names[0], passed=True, first=None, request=21)  # overtakes the reply
        stage.client.accept(len(stage.client.orders), clients=5)
        tell(stage, "checked", name=names[1], passed=False, first=2, request=22)
        tell(stage, "ended", client=None)
    fared = [expectations.fared(name) for name in names]
    assert [(one.passed, one.first, one.running) for one in fared] == [
        (True, None, False), (False, 2, False), (None, None, False),
    ]  # fmt: skip
    found = expectations.of_request(22)
    assert found is not None
    assert found.name == names[1]


def test_after_each_reload(expectations: Expectations, stage: Stage, qtbot: QtBot) -> None:
    expectations.add("echo", PLAYBACK)
    serve(stage, qtbot)
    assert "check" not in stage.orders()
    serve(stage, qtbot, version=2, reloaded=True)
    assert stage.orders().count("check") == 1
    expectations.set_automatic(False)
    assert stage.settings.get(CHECK_ON_RELOAD) is False
    serve(stage, qtbot, version=3, reloaded=True)
    assert stage.orders().count("check") == 1


def test_a_check_that_is_refused(expectations: Expectations, stage: Stage, qtbot: QtBot) -> None:
    name = expectations.add("echo", PLAYBACK).name
    serve(stage, qtbot)
    expectations.check()
    with qtbot.waitSignal(expectations.refused):
        stage.client.refuse(len(stage.client.orders), "not_running", "echo does not run; start it first.")
    assert expectations.fared(name).sentence == "echo does not run; start it first."
    assert not expectations.fared(name).running
