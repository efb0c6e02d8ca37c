"""An axis on which pauses take a few pixels."""

from __future__ import annotations

from app.widgets.heldaxis import HeldAxis, pieces, spans
from app.widgets.stagepaint import GAP, Block, blocks
from engine.capture.records import PauseRecord, StageRecord
from engine.observe.stages import Stage


def test_a_pause_is_as_long_as_its_gap() -> None:
    axis = HeldAxis(100, 10, ((200, 10_200), (20_000, 20_100)), gap=6)
    assert [axis.x(at) for at in (100, 200, 5200, 10_200, 10_300)] == [0, 10, 13, 16, 26]
    assert axis.x(20_100) == 10 + 6 + 980 + 6


def test_a_pause_cuts_the_stage_in_which_it_lies() -> None:
    stage = StageRecord(Stage.HANDLE, 100, 500, None)
    assert pieces(stage, 500, ()) == [(100, 500)]
    assert pieces(stage, 500, ((0, 150), (200, 300), (480, 900))) == [(100, 100), (150, 200), (300, 480), (500, 500)]
    assert pieces(stage, 500, ((0, 100), (500, 900))) == [(100, 500)]


def test_one_that_goes_on_lasts_until_now() -> None:
    assert spans([PauseRecord("received", 5, 8), PauseRecord("received", 9, None)], 30) == ((5, 8), (9, 30))


def test_blocks_around_a_pause() -> None:
    stages = [StageRecord(Stage.SETUP, 0, 10, None), StageRecord(Stage.HANDLE, 10, 1060, 25)]
    made = blocks(stages, 0, 2000, 1.0, held=((12, 1012),))
    assert made == [
        Block(Stage.SETUP, 0, 10, 10),
        Block(Stage.HANDLE, 10, 11, 12),
        Block(None, 12, 12, 12 + GAP),
        Block(Stage.HANDLE, 12 + GAP, 12 + GAP + 24, 12 + GAP + 48),
    ]
