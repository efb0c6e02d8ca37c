"""The test client's events as a table that does not grow for ever."""

from __future__ import annotations

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.models.exchanges import Exchange, ExchangesModel

LIMIT = 30


def test_it_is_sound_and_bounded(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.models.exchanges.LIMIT", LIMIT)
    model = ExchangesModel()
    _tester = QAbstractItemModelTester(model)
    for n in range(LIMIT + 5):
        model.append(Exchange.from_event({"what": "received", "client": n, "at": n, "data": "aGk="}))
    assert model.rowCount() <= LIMIT
    last = model.at(model.rowCount() - 1)
    assert last is not None
    assert (last.client, last.data, last.size) == (LIMIT + 4, b"hi", 2)
    model.clear()
    assert model.rowCount() == 0


def test_damaged_data_counts_as_none() -> None:
    assert Exchange.from_event({"what": "sent", "data": "!!"}).data == b""
