"""A capture that is damaged while models look at it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject

from app.models.chunks import ChunksModel
from app.models.damage import Damage
from app.models.load import LoadModel
from app.models.output import OutputModel
from app.models.requests import RequestsModel
from app.models.workers import LanesModel
from engine.capture.reader import BadCapture
from tests.app.models.captures import SECOND, CaptureFile

NOW = 60 * SECOND


def test_the_same_sentence_is_told_once(qapp: object) -> None:
    parent = QObject()
    damage = Damage(parent)
    told: list[str] = []
    damage.found.connect(told.append)
    for sentence in ("torn", "torn", "gone", "gone"):
        with damage.noticed():
            raise BadCapture(sentence)
    damage.forget()
    with damage.noticed():
        raise BadCapture("gone")
    assert told == ["torn", "gone", "gone"]


@pytest.mark.parametrize("table", ["request", "stage", "meta"])
def test_requests_tell_and_do_not_raise(capture: CaptureFile, qapp: object, table: str) -> None:
    request = capture.request(stages=True)
    model = RequestsModel(capture.reader())
    told: list[str] = []
    model.damage.found.connect(told.append)
    capture.db.execute(f"DROP TABLE {table}")
    model.refresh(NOW)
    model.refresh(NOW + SECOND)
    model.set_filter(None)
    assert model.request_at(0) is None
    assert model.next_error(0, 1) == -1
    assert len(told) == 1
    assert request == 1


def test_the_others_tell_and_do_not_raise(capture: CaptureFile, qapp: object) -> None:
    request = capture.request(stages=True)
    reader = capture.reader()
    lanes, load, output, chunks = LanesModel(reader), LoadModel(reader), OutputModel(reader), ChunksModel(reader)
    told: list[str] = []
    for model in (lanes, load, output, chunks):
        model.damage.found.connect(told.append)
    for table in ("request", "load", "output", "chunk"):
        capture.db.execute(f"DROP TABLE {table}")
    for _ in range(2):
        lanes.refresh(NOW)
        load.refresh(NOW)
        output.refresh()
        chunks.set_request(request)
        chunks.refresh()
    assert len(told) == 4
