"""Counters of processes: what is in them when a process is gone, and whose they are."""

from __future__ import annotations

import mmap
import os
import signal

import pytest

from engine.observe.tallies import CELL, OURS, SIZE, Tallies

OFFSET = 4096


@pytest.fixture
def tallies() -> Tallies:
    """Those of this process, which the test also reads as a supervisor would."""
    one = Tallies(mmap.mmap(-1, OFFSET + SIZE), OFFSET)
    one.begin()
    return one


def child(tallies: Tallies, count: int, end: signal.Signals | None = None) -> int:
    """A forked child that counts so many facts and is gone."""
    pid = os.fork()
    if not pid:
        tallies.add(count)
        if end is not None:
            os.kill(os.getpid(), end)
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def ended(tallies: Tallies) -> dict[int, int]:
    """What the processes that are gone have made: by pid, this one left out."""
    return {pid: made for _, pid, made in tallies.ended(lambda pid: pid != os.getpid())}


def test_each_process_counts_for_itself(tallies: Tallies) -> None:
    tallies.add(5)
    first, second = child(tallies, 7), child(tallies, 11, signal.SIGKILL)
    tallies.add(2)
    assert ended(tallies) == {first: 7, second: 11}
    assert [(pid, made) for cell, pid, made in tallies.ended(lambda pid: True) if cell == OURS] == [(os.getpid(), 7)]


def test_a_child_that_counted_nothing_is_seen_too(tallies: Tallies) -> None:
    pid = child(tallies, 0)
    assert ended(tallies) == {pid: 0}


def test_cells_are_used_again_when_they_are_free(tallies: Tallies) -> None:
    cells = set()
    for count in range(1, 200):
        pid = child(tallies, count)
        ((cell, owner, made),) = tallies.ended(lambda pid: pid != os.getpid())
        assert (owner, made) == (pid, count)
        tallies.free(cell)
        cells.add(cell)
    assert len(cells) < 5


def test_a_cell_that_is_not_free_is_kept(tallies: Tallies) -> None:
    pids = [child(tallies, count) for count in range(1, 50)]
    assert ended(tallies) == dict(zip(pids, range(1, 50), strict=True))


def test_children_of_children_leave_their_parents_count_alone(tallies: Tallies) -> None:
    pid = os.fork()
    if not pid:
        tallies.add(3)
        child(tallies, 100)
        os._exit(0)
    os.waitpid(pid, 0)
    assert ended(tallies) == {pid: 3}


def test_garbage_is_harmless(tallies: Tallies) -> None:
    tallies._map[OFFSET:] = os.urandom(64) * (SIZE // 64)
    for _, pid, made in tallies.ended(lambda pid: True):
        assert pid > 0
        assert 0 <= made < 1 << 48
    tallies._map[OFFSET : OFFSET + CELL.size] = CELL.pack(0, -5)
    assert len(tallies.ended(lambda pid: True)) <= 1


def test_a_process_that_was_not_forked_counts_in_a_cell_that_is_lent(tallies: Tallies) -> None:
    cell = tallies.lend()
    pid = os.fork()
    if not pid:
        other = Tallies(tallies._map, OFFSET)
        other.borrow(cell)
        other.begin()(7)
        child(other, 5)  # which has no cell
        os._exit(0)
    os.waitpid(pid, 0)
    assert [(one, made) for _, one, made in tallies.ended(lambda one: one != os.getpid()) if made] == [(pid, 7)]
