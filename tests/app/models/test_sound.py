"""Qt's own tester over every model: whatever happens to one, it tells the truth about it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QAbstractItemModel
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app import models
from app.link.tick import PausedRequest, ServerStatus, StoppedThread, Tick
from app.models.chunks import ChunksModel
from app.models.exchanges import Exchange, ExchangesModel
from app.models.expectations import ExpectationRow, ExpectationsModel
from app.models.failuregroups import FailureGroupsModel
from app.models.failures import Frame, FramesModel, Local, LocalsModel
from app.models.faults import FaultSetting, FaultsModel
from app.models.gates import GateSetting, GatesModel
from app.models.linelist import LineListModel
from app.models.linepoints import LineSetting
from app.models.output import OutputModel
from app.models.paused import PausedModel
from app.models.recordtable import RecordTable
from app.models.requests import RequestsModel
from app.models.rules import PATTERN, RulesModel
from app.models.servers import ServersModel
from app.models.slices import Slice
from app.models.stacks import StacksModel, ThreadStack
from app.models.stopped import StoppedModel
from app.models.variables import Variable, VariablesModel
from engine.hosting.profile import Profile
from engine.replay.expectations import Expectation
from engine.replay.playback import Playback
from tests.app.models.captures import CaptureFile
from tests.app.models.test_failuregroups import group
from tests.app.models.test_whereabouts import LOCK

Story = Iterator[QAbstractItemModel]
"""Yields its model first, and then after everything that happened to it."""


def chunks(capture: CaptureFile) -> Story:
    yield (model := ChunksModel(capture.reader()))
    request = capture.request()
    capture.chunk(request, b"ping")
    model.set_request(request)
    yield model
    model.set_request(None)
    yield model


def exchanges(capture: CaptureFile) -> Story:
    yield (model := ExchangesModel())
    for number in range(3):
        model.append(Exchange.from_event({"what": "received", "client": number, "data": "aGk="}))
        yield model
    model.replace(())
    yield model


def faults(capture: CaptureFile) -> Story:
    yield (model := FaultsModel())
    for numbers in ((1, 2), (2, 3), ()):
        model.show([FaultSetting(number, "latency") for number in numbers], {2: "It cannot be read."})
        yield model


def frames(capture: CaptureFile) -> Story:
    yield (model := FramesModel())
    for shown in ((Frame("a.py", 1, "f", (), ()), Frame("b.py", 2, "g", (), ())), ()):
        model.set_frames(shown)
        yield model


def local_variables(capture: CaptureFile) -> Story:
    yield (model := LocalsModel())
    for shown in ((Local("a", "int", "1"), Local("b", "bytes 2", "b'hi'", (Slice(0, 2),))), ()):
        model.replace(shown)
        yield model


def gates(capture: CaptureFile) -> Story:
    yield (model := GatesModel())
    for numbers in ((1, 2, 3), (1, 3), (3, 4), (3, 4), ()):
        model.show([GateSetting(number, "handle") for number in numbers], {3: "It cannot be read."})
        yield model


def output(capture: CaptureFile) -> Story:
    yield (model := OutputModel(capture.reader()))
    capture.output("hello")
    model.refresh()
    yield model
    model.set_server((99,))
    yield model


def paused(capture: CaptureFile) -> Story:
    yield (model := PausedModel(lambda request: f"127.0.0.1:{request}"))
    for tick, numbers in enumerate(("ab", "abc", "bc", "cd", "")):
        model.show(tuple(PausedRequest(number, id=5, point="handle") for number in numbers), tick)
        yield model


def stopped(capture: CaptureFile) -> Story:
    yield (model := StoppedModel())
    for tick, threads in enumerate(((1, 2), (1, 2, 3), (3,), ())):
        model.show(
            tuple(StoppedThread("k", 100, thread, since=thread, path="/a.py", line=3) for thread in threads), tick
        )
        yield model


def line_list(capture: CaptureFile) -> Story:
    yield (model := LineListModel())
    for lines in ((1,), (1, 2), (2, 3), ()):
        model.show([LineSetting("/a.py", line, "n > 5", 2, "x") for line in lines], None)
        yield model


def variables(capture: CaptureFile) -> Story:
    yield (model := VariablesModel())
    for names in ("ab", "ab", "bc", ""):
        model.show([Variable(name, "1") for name in names])
        yield model


def requests(capture: CaptureFile) -> Story:
    yield (model := RequestsModel(capture.reader()))
    for now in range(1, 4):
        capture.request()
        model.refresh(now)
        yield model


def rules(capture: CaptureFile) -> Story:
    yield (model := RulesModel({"rules": []}))
    for _ in range(3):
        model.add()
        yield model
    model.setData(model.index(1, PATTERN), "hello")
    model.move(0, 1)
    yield model
    model.remove(2)
    yield model


def servers(capture: CaptureFile) -> Story:
    yield (model := ServersModel())
    model.set_profiles([("a", Profile("echo"))])
    yield model
    model.refresh(Tick(servers=(ServerStatus("a", "echo"), ServerStatus("s/1", "part", script="s"))))
    yield model
    model.set_profiles([])
    yield model


def failure_groups(capture: CaptureFile) -> Story:
    yield (model := FailureGroupsModel())
    for shown in (("a", 1), ("b", 1)), (("b", 2), ("c", 1)), ():
        model.merge([group(*one) for one in shown], lambda one: one.signature)
        yield model


def stacks(capture: CaptureFile) -> Story:
    yield (model := StacksModel())
    for shown in (LOCK, {"name": "MainThread"}), (LOCK,), ():
        model.show([ThreadStack.from_json(one) for one in shown])
        yield model


def expectations(capture: CaptureFile) -> Story:
    yield (model := ExpectationsModel())
    for names in (("a", "b"), ("b",), ("b", "c"), ()):
        rows = [ExpectationRow(Expectation(name, "echo", Playback("tcp", (), b"x")), name == "b") for name in names]
        model.merge(rows, lambda one: one.expectation.name)
        yield model


STORIES: dict[type[QAbstractItemModel], Callable[[CaptureFile], Story]] = {
    ChunksModel: chunks,
    ExchangesModel: exchanges,
    ExpectationsModel: expectations,
    FailureGroupsModel: failure_groups,
    FaultsModel: faults,
    FramesModel: frames,
    GatesModel: gates,
    LineListModel: line_list,
    LocalsModel: local_variables,
    OutputModel: output,
    PausedModel: paused,
    RequestsModel: requests,
    RulesModel: rules,
    ServersModel: servers,
    StacksModel: stacks,
    StoppedModel: stopped,
    VariablesModel: variables,
}


@pytest.mark.parametrize("story", STORIES.values(), ids=[kind.__name__ for kind in STORIES])
def test_it_tells_the_truth(story: Callable[[CaptureFile], Story], capture: CaptureFile, qtbot: QtBot) -> None:
    told = story(capture)
    model = next(told)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    filled = 0
    for _ in told:
        assert tester.model() is model
        filled = max(filled, model.rowCount())
    assert filled, "it was never seen with rows"


def test_every_model_has_its_story() -> None:
    for module in pkgutil.iter_modules(models.__path__):
        importlib.import_module(f"{models.__name__}.{module.name}")
    kinds = {kind for kind in _subclasses(QAbstractItemModel) if kind.__module__.startswith("app.models")}
    assert kinds - {RecordTable} == set(STORIES)


def _subclasses(kind: type[QAbstractItemModel]) -> set[type[QAbstractItemModel]]:
    return {other for one in kind.__subclasses__() for other in (one, *_subclasses(one))}
