"""Load as series."""

from __future__ import annotations

import math

import pytest
from pytestqt.qtbot import QtBot

from app.models.load import CPU_CURVES, SPAN, LoadModel
from tests.app.models.captures import MS, SECOND, CaptureFile

NOW = 100 * SECOND + 1


@pytest.fixture
def model(capture: CaptureFile, qtbot: QtBot) -> LoadModel:
    made = LoadModel(capture.reader())
    made.set_server((1,))
    return made


def test_a_point_for_each_complete_second(capture: CaptureFile, model: LoadModel, qtbot: QtBot) -> None:
    capture.load(98, opened=3, p95=None)
    capture.load(99, opened=7)
    capture.load(100, opened=1)
    with qtbot.waitSignal(model.changed):
        model.refresh(NOW)
    rate = model.series["rate"]
    assert rate.xs == tuple(float(x) for x in range(1 - SPAN, 1))
    assert rate.ys[-2:] == (3.0, 7.0)
    assert rate.last == 7.0
    assert math.isnan(model.series["p95"].ys[-2])
    assert model.series["p95"].last == 80.0


def test_cpu_curves_have_names_and_are_few(capture: CaptureFile, model: LoadModel) -> None:
    capture.worker("Thread-7 (f)", thread=107)
    for thread in range(100, 120):
        capture.cpu(NOW - SECOND, 0.9 if thread == 107 else 0.1, thread=thread)
    capture.cpu(NOW - SECOND, 0.5)
    model.refresh(NOW)
    assert [series.name for series in model.cpu[:2]] == ["pid 100", "T-7"]
    assert model.cpu[1].last == 90.0
    assert model.cpu[1].xs == (-1.0,)
    assert len(model.cpu) == CPU_CURVES


def test_nothing_without_a_capture(model: LoadModel) -> None:
    model.set_reader(None)
    model.refresh(5 * MS)
    assert model.series == {}
