"""The test client's events as a table that does not grow for ever."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.models.columns import Moment
from app.models.exchanges import LIMIT, Exchange, ExchangesModel


def test_the_newest_are_kept_and_read(qtbot: QtBot) -> None:
    model = ExchangesModel()
    model.moment = Moment(0, 0)
    for n in range(LIMIT + 5):
        model.append(Exchange.from_event({"what": "received", "client": n, "at": n, "data": "aGk="}))
    assert model.rowCount() <= LIMIT
    last = model.at(model.rowCount() - 1)
    assert last is not None
    assert (last.client, last.data, last.size) == (LIMIT + 4, b"hi", 2)
    assert [model.index(model.rowCount() - 1, column).data() for column in range(1, 6)] == [
        str(LIMIT + 4), "← received", "2", "68 69", "hi",
    ]  # fmt: skip


def test_damaged_data_counts_as_none() -> None:
    assert Exchange.from_event({"what": "sent", "data": "!!"}).data == b""
