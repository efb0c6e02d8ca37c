"""The receiver takes what is whole, counts what is not, and knows what is missing."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from engine.channel.codec import FRAME_LIMIT, Batch, encode
from engine.channel.receiver import PIDS_LIMIT, Ledger, Receiver
from engine.observe.rows import pack

ROW = (7, 1, 2, 3, 4, 5, 6, b"")


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Receiver]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    receiver = Receiver(theirs.detach())
    yield ours, receiver
    ours.close()
    receiver.close()


def batch(pid: int, sequence: int, emitted: int, rows: int, dropped: int = 0) -> Batch:
    return Batch(pid, sequence, emitted, dropped, [ROW] * rows)


def test_nothing_there_is_no_wait(ends: tuple[socket.socket, Receiver]) -> None:
    assert ends[1].receive() == []
    assert not ends[1].ended


def test_damaged_frames_are_counted_and_the_rest_goes_on(ends: tuple[socket.socket, Receiver]) -> None:
    ours, receiver = ends
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    good = encode([pack(*ROW)], count=1, pid=5, sequence=0, emitted=1, dropped=0)
    for frame in (b"nonsense", good[:-1], bytes(FRAME_LIMIT + 100), good):
        ours.send(frame)
    assert [len(one.rows) for one in receiver.receive()] == [1]
    assert receiver.damaged == 3


def test_the_end_is_told_after_the_last_frame(ends: tuple[socket.socket, Receiver]) -> None:
    ours, receiver = ends
    ours.send(encode([pack(*ROW)], count=1, pid=5, sequence=0, emitted=1, dropped=0))
    ours.close()
    seen = [(len(receiver.receive(1)), receiver.ended) for _ in range(3)]
    assert seen == [(1, False), (0, True), (0, True)]


def test_gaps_are_seen_per_process() -> None:
    ledger = Ledger()
    ledger.add(batch(1, 0, 10, 10))
    ledger.add(batch(2, 0, 5, 5))
    ledger.add(batch(1, 3, 40, 10))
    assert (ledger.gaps, ledger.emitted, ledger.received, ledger.lost) == (2, 45, 25, 20)


def test_drops_are_no_losses() -> None:
    ledger = Ledger()
    ledger.add(batch(1, 0, 10, 4, dropped=6))
    ledger.add(batch(1, 1, 13, 0, dropped=9))
    assert (ledger.emitted, ledger.dropped, ledger.received, ledger.lost) == (13, 9, 4, 0)


def test_a_pid_that_is_used_again_begins_again() -> None:
    ledger = Ledger()
    for _ in range(3):
        ledger.add(batch(9, 0, 10, 10))
        ledger.add(batch(9, 1, 15, 5))
    assert (ledger.emitted, ledger.received, ledger.lost, ledger.gaps) == (45, 45, 0, 0)


def test_memory_does_not_grow_with_the_number_of_processes() -> None:
    ledger = Ledger()
    for pid in range(1, PIDS_LIMIT * 2):
        ledger.add(batch(pid, 0, 1, 1))
    assert len(ledger._accounts) == PIDS_LIMIT
    assert (ledger.emitted, ledger.lost) == (PIDS_LIMIT * 2 - 1, 0)


def test_what_a_process_that_is_gone_did_not_send_was_dropped() -> None:
    ledger = Ledger()
    ledger.add(batch(9, 0, 10, 8, dropped=2))
    for pid, made, told in ((9, 30, (30, 22)), (9, 30, (30, 30)), (8, 5, (5, 5))):
        last = ledger.last(pid, made)
        assert last is not None
        assert (last.emitted, last.dropped, last.rows) == (*told, [])
        if pid == 9 and told[1] == 30:
            continue  # its number would belong to another process by now
        ledger.add(last)
    assert (ledger.emitted, ledger.dropped, ledger.received, ledger.lost, ledger.gaps) == (35, 27, 8, 0, 0)


def test_a_process_that_told_more_than_its_counter_is_believed() -> None:
    ledger = Ledger()
    ledger.add(batch(9, 0, 10, 10))
    last = ledger.last(9, 3)
    assert last is not None
    ledger.add(last)
    assert (ledger.emitted, ledger.dropped, ledger.account(9)) == (10, 0, None)
    assert ledger.last(9, 0) is None
