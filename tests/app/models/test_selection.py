"""The one selection: levels below forget, and nothing is said twice."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.models.selection import ByteRange, Selection
from engine.observe.stages import Stage


def told(selection: Selection) -> list[tuple[str, object]]:
    said: list[tuple[str, object]] = []
    selection.server_changed.connect(lambda key: said.append(("server", key)))
    selection.request_changed.connect(lambda request: said.append(("request", request)))
    selection.stage_changed.connect(lambda stage: said.append(("stage", stage)))
    selection.chunk_changed.connect(lambda chunk: said.append(("chunk", chunk)))
    selection.range_changed.connect(lambda chosen: said.append(("range", chosen)))
    return said


def test_another_request_forgets_stage_chunk_and_bytes(qtbot: QtBot) -> None:
    selection = Selection()
    selection.select_server("a")
    selection.select_request(1 << 40)
    selection.select_stage(Stage.HANDLE)
    selection.select_chunk(7)
    selection.select_range(ByteRange(True, 0, 4))
    said = told(selection)
    selection.select_request(2)
    assert said == [("request", 2), ("stage", None), ("chunk", None), ("range", None)]
    assert (selection.server, selection.request, selection.stage) == ("a", 2, None)


def test_another_server_forgets_the_request(qtbot: QtBot) -> None:
    selection = Selection()
    selection.select_request(1)
    said = told(selection)
    selection.select_server("b")
    assert said == [("server", "b"), ("request", None)]


def test_the_same_again_says_nothing(qtbot: QtBot) -> None:
    selection = Selection()
    selection.select_server("a")
    selection.select_request(1)
    selection.select_stage(Stage.HANDLE)
    said = told(selection)
    selection.select_server("a")
    selection.select_request(1)
    selection.select_stage(Stage.HANDLE)
    assert said == []
    selection.clear()
    assert (selection.server, selection.request, selection.stage, selection.chunk) == ("", None, None, None)


def test_size_of_a_range() -> None:
    assert ByteRange(True, 3, 7).size == 4
