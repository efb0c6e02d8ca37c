"""Where the time of `handle` went."""

from __future__ import annotations

import pytest

from engine.capture.waits import Waits
from engine.channel.codec import Row
from engine.observe.facts import Kind, Piece
from engine.observe.rows import PIECE, pieces, unfold
from engine.observe.stages import Stage

from .batches import PID, START, closed, number, opened, received, sent, stage
from .conftest import Bench

ONE = number(1)


def waits(bench: Bench, *rows: Row, cpu: int = 100) -> Waits | None:
    """Of a handler that ran from 1000 to 9000."""
    handle = stage(ONE, Stage.HANDLE, START + 1000, START + 9000, cpu=cpu)
    bench.feed(opened(ONE), *rows, handle, closed(ONE, START + 9100))
    return bench.reader.waits(bench.only())


def test_calls_that_received_and_sent(bench: Bench) -> None:
    found = waits(
        bench,
        received(ONE, b"a", START + 3000, took=1900),
        sent(ONE, b"b", START + 4000, took=700),
        received(ONE, b"c", START + 8500, took=4400),
    )
    assert found == Waits(lasted=8000, cpu=100, receiving=1900 + 4400, sending=700)
    assert found.otherwise == 8000 - 100 - 6300 - 700


def test_a_wait_in_vain_is_one_and_leaves_no_bytes(bench: Bench) -> None:
    found = waits(bench, received(ONE, b"", START + 3000, flags=int(Piece.NOTHING), took=1900))
    assert found == Waits(lasted=8000, cpu=100, receiving=1900, sending=0)
    assert bench.reader.chunks(bench.only().id) == []


def test_a_call_counts_once_however_many_pieces_it_brought(bench: Bench) -> None:
    pieces_ = pieces(Kind.RECEIVED, ONE, PID + 1, START + 3000, b"x" * (2 * PIECE), 1 << 20, 1900)
    found = waits(bench, *unfold(b"".join(pieces_)))
    assert found is not None
    assert found.receiving == 1900


def test_more_than_all_is_all(bench: Bench) -> None:
    found = waits(bench, received(ONE, b"a", START + 8900, took=9000), cpu=5000)
    assert found == Waits(lasted=8000, cpu=5000, receiving=8000, sending=0)
    assert found.otherwise == 0


@pytest.mark.parametrize("rows", [[], [stage(ONE, Stage.HANDLE, START + 1000)]])
def test_of_one_that_runs_or_never_did_nothing_is_known(bench: Bench, rows: list[Row]) -> None:
    bench.feed(opened(ONE), *rows)
    assert bench.reader.waits(bench.only()) is None


def test_without_its_cpu_time_nothing_is_known(bench: Bench) -> None:
    assert waits(bench, cpu=-1) is None
