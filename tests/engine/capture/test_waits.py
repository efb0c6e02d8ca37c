"""Where the time of `handle` went, worked out of the chunks."""

from __future__ import annotations

import pytest

from engine.capture.waits import Waits
from engine.channel.codec import Row
from engine.observe.facts import Piece
from engine.observe.stages import Stage

from .batches import START, closed, number, opened, received, sent, stage
from .conftest import Bench

ONE = number(1)


def waits(bench: Bench, *rows: Row, cpu: int = 100) -> Waits | None:
    """Of a handler that ran from 1000 to 9000."""
    handle = stage(ONE, Stage.HANDLE, START + 1000, START + 9000, cpu=cpu)
    bench.feed(opened(ONE), *rows, handle, closed(ONE, START + 9100))
    return bench.reader.waits(bench.only())


def test_bytes_that_come_end_a_wait(bench: Bench) -> None:
    found = waits(
        bench,
        received(ONE, b"a", START + 3000),
        sent(ONE, b"b", START + 4000),
        received(ONE, b"c", START + 8500),
    )
    assert found == Waits(lasted=8000, cpu=100, receiving=2000 + 4500)
    assert found.otherwise == 8000 - 100 - 6500


def test_pieces_of_one_chunk_are_one_wait(bench: Bench) -> None:
    found = waits(
        bench, received(ONE, b"a", START + 3000, flags=int(Piece.CONTINUES), size=2), received(ONE, b"b", START + 3000)
    )
    assert found is not None
    assert found.receiving == 2000


def test_what_was_computed_was_not_waited(bench: Bench) -> None:
    found = waits(bench, received(ONE, b"a", START + 8900), cpu=5000)
    assert found == Waits(lasted=8000, cpu=5000, receiving=3000)
    assert found.otherwise == 0


def test_bytes_before_and_after_do_not_count(bench: Bench) -> None:
    found = waits(bench, received(ONE, b"a", START + 500), received(ONE, b"a", START + 9050))
    assert found is not None
    assert found.receiving == 0


@pytest.mark.parametrize("rows", [[], [stage(ONE, Stage.HANDLE, START + 1000)]])
def test_of_one_that_runs_or_never_did_nothing_is_known(bench: Bench, rows: list[Row]) -> None:
    bench.feed(opened(ONE), *rows)
    assert bench.reader.waits(bench.only()) is None


def test_without_its_cpu_time_nothing_is_known(bench: Bench) -> None:
    assert waits(bench, cpu=-1) is None
