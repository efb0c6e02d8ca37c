"""Which request stands in which row."""

from __future__ import annotations

import pytest

from app.models.rowids import RowIds, runs


@pytest.fixture
def ids() -> RowIds:
    made = RowIds()
    made.append([3, 5, 8])
    return made


def test_rows_ascending_and_descending(ids: RowIds) -> None:
    assert [ids.row_of(request) for request in (3, 5, 8, 4)] == [0, 1, 2, -1]
    ids.descending = True
    assert [ids.at(row) for row in range(3)] == [8, 5, 3]
    assert [ids.row_of(request) for request in (3, 5, 8)] == [2, 1, 0]
    assert ids.slice(-5, 1) == [8, 5]


@pytest.mark.parametrize(("descending", "rows", "place"), [(False, (3, 4), 1), (True, (0, 1), 2)])
def test_announced_rows(ids: RowIds, descending: bool, rows: tuple[int, int], place: int) -> None:
    ids.descending = descending
    assert ids.insertion(2) == rows
    assert ids.place_for(4) == place
    ids.insert(4)
    assert ids.row_of(4) == place


@pytest.mark.parametrize("descending", [False, True])
def test_evicted_rows_are_runs_and_survivors_stay(descending: bool) -> None:
    ids = RowIds()
    ids.clear(descending=descending)
    ids.append(range(1, 11))
    for run in ids.below(8, {3, 8, 9, 10}):
        ids.remove(run)
    assert sorted(ids.slice(0, 99)) == [3, 8, 9, 10]
    assert ids.row_of(3) == (3 if descending else 0)


def test_a_snapshot_keeps_its_order() -> None:
    ids = RowIds()
    ids.take([5, 1, 9])
    assert ids.snapshot
    assert [ids.row_of(request) for request in (5, 1, 9, 2)] == [0, 1, 2, -1]


def test_runs() -> None:
    assert list(runs([1, 2, 3, 7, 9, 10])) == [(1, 3), (7, 7), (9, 10)]
    assert list(runs([])) == []
