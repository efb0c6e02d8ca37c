"""The sender never waits, never writes to a stranger, and its counters are exact whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.channel.codec import Batch
from engine.channel.receiver import Receiver
from engine.channel.sender import Sender
from engine.observe.rows import pack

ROW = [pack(7, 1 << 32, 7, 12, 100, 200, 50, b"")]


class Pair:
    """A sender and a receiver that are connected."""

    def __init__(self, queue_limit: int = 8 << 20) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.fd = ours.detach()
        self.sender = Sender(self.fd, queue_limit=queue_limit)
        self.receiver = Receiver(theirs.detach())

    def receive_all(self) -> list[Batch]:
        """Everything that is on its way."""
        batches: list[Batch] = []
        while True:
            flushed = self.sender.flush(0)
            some = self.receiver.receive()
            batches += some
            if not some and (flushed or self.sender.lost):
                return batches

    def close(self) -> None:
        """Both ends."""
        self.sender.close()
        self.receiver.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair()
    yield pair
    pair.close()


def large_row(size: int) -> list[bytes]:
    return [pack(8, 1 << 32, 0, 12, 100, 0, size, bytes(size))]


def test_rows_arrive_in_order(pair: Pair) -> None:
    rows = [(7, n, 1, 2, 3, 4, 5, b"%d" % n) for n in range(5000)]
    assert pair.sender.send([pack(*row) for row in rows]) == 5000
    arrived = [row for batch in pair.receive_all() for row in batch.rows]
    assert arrived == rows


def test_frames_stay_small_and_numbered(pair: Pair) -> None:
    pair.sender.send(large_row(32 << 10) * 10 + ROW * 3000)
    batches = pair.receive_all()
    assert len(batches) > 5
    assert [batch.sequence for batch in batches] == list(range(len(batches)))
    assert max(sum(64 + len(row[7]) for row in batch.rows) for batch in batches) <= 96 << 10
    assert batches[-1].emitted == 3010


def test_a_full_way_drops_and_counts(pair: Pair) -> None:
    began = perf_counter()
    sent = sum(pair.sender.send(ROW * 5000) for _ in range(300))
    assert perf_counter() - began < 30  # nothing waited for a reader that never came
    sender, ledger = pair.sender, pair.receiver.ledger
    assert sender.emitted == 1_500_000 == sent + sender.dropped
    assert sender.dropped > 0
    pair.receive_all()
    assert (ledger.emitted, ledger.dropped, ledger.received) == (1_500_000, sender.dropped, sent)
    assert (ledger.lost, ledger.gaps) == (0, 0)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 2000), st.integers(0, 9000), st.booleans()), max_size=30))
def test_counters_agree_at_every_frame(steps: list[tuple[int, int, bool]]) -> None:
    pair = Pair(queue_limit=100_000)
    arrived = 0
    for count, size, read in steps:
        pair.sender.send(ROW * count + large_row(size))
        for batch in pair.receiver.receive(2) if read else ():
            arrived += len(batch.rows)
            assert batch.emitted - batch.dropped == arrived
    for batch in pair.receive_all():
        arrived += len(batch.rows)
        assert batch.emitted - batch.dropped == arrived
    assert pair.sender.emitted == arrived + pair.sender.dropped == sum(count + 1 for count, *_ in steps)
    assert pair.receiver.ledger.dropped == pair.sender.dropped
    pair.close()


def test_a_row_that_fits_no_frame_is_dropped(pair: Pair) -> None:
    assert pair.sender.send([*ROW, *large_row(400_000), *ROW]) == 2
    pair.receive_all()
    ledger = pair.receiver.ledger
    assert (ledger.emitted, ledger.dropped, ledger.received, ledger.lost) == (3, 1, 2, 0)


def test_flush_tells_of_drops_that_no_frame_has_told(pair: Pair) -> None:
    pair.sender.send(large_row(400_000))
    assert pair.receiver.receive() == []
    assert pair.sender.flush(1)
    assert [(batch.emitted, batch.dropped) for batch in pair.receiver.receive()] == [(1, 1)]
    assert pair.sender.flush(1)
    assert pair.receiver.receive() == []


def test_flush_waits_for_a_slow_reader(pair: Pair) -> None:
    for _ in range(300):
        pair.sender.send(ROW * 1000)
    reader = threading.Thread(target=lambda: [pair.receiver.receive() for _ in iter(lambda: pair.sender._queued, 0)])
    reader.start()
    assert pair.sender.flush(10)
    reader.join()
    pair.receive_all()
    assert pair.sender.emitted == 300_000 == pair.receiver.ledger.received + pair.sender.dropped
    assert pair.receiver.ledger.lost == 0


def test_flush_gives_up_in_time(pair: Pair) -> None:
    for _ in range(300):
        pair.sender.send(ROW * 1000)
    began = perf_counter()
    assert not pair.sender.flush(0.05)
    assert perf_counter() - began < 5


def test_a_descriptor_that_became_somebody_elses_gets_no_byte(pair: Pair) -> None:
    with tempfile.TemporaryFile() as file:
        pair.sender.send(ROW)
        os.dup2(file.fileno(), pair.fd)
        assert pair.sender.send(ROW * 10) == 10  # the spare descriptor still leads to the receiver
        assert os.fstat(file.fileno()).st_size == 0
        os.close(pair.fd)
    pair.receive_all()
    assert pair.receiver.ledger.received == 11


def test_with_every_descriptor_closed_rows_are_dropped_and_nothing_is_written(pair: Pair) -> None:
    with tempfile.TemporaryFile() as file:
        for sock in list(pair.sender._sockets):
            os.dup2(file.fileno(), sock.fileno())
        numbers = [sock.fileno() for sock in pair.sender._sockets]
        assert pair.sender.send(ROW * 10) == 0
        assert pair.sender.lost
        assert (pair.sender.emitted, pair.sender.dropped) == (10, 10)
        assert os.fstat(file.fileno()).st_size == 0
        for number in numbers:
            os.close(number)  # still open: the sender closed nothing that is not its own


def test_a_receiver_that_has_gone_costs_no_signal_and_no_wait(pair: Pair) -> None:
    pair.receiver.close()
    assert pair.sender.send(ROW * 3) == 0
    assert pair.sender.send(ROW * 3) == 0
    assert (pair.sender.emitted, pair.sender.dropped) == (6, 6)
    assert not pair.sender.flush(0)


def test_a_forked_child_counts_for_itself(pair: Pair) -> None:
    for _ in range(200):
        pair.sender.send(ROW * 1000)  # leaves a queue, which must not be sent twice
    child = os.fork()
    if not child:
        sent = pair.sender.send(ROW * 7)
        os._exit(0 if (pair.sender.emitted, sent) == (7, 7) and pair.sender.flush(10) else 1)
    pair.receive_all()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    batches = pair.receive_all()
    ledger = pair.receiver.ledger
    account = ledger.account(child)
    assert account is not None
    assert (account.emitted, account.received, account.next_sequence) == (7, 7, 1)
    assert (ledger.received, ledger.lost, ledger.gaps) == (200_007, 0, 0)
    assert all(batch.pid in (child, os.getpid()) for batch in batches)


def test_children_forked_while_another_thread_sends_never_wait_for_its_lock(pair: Pair) -> None:
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            pair.sender.send(ROW * 50)
            pair.receiver.receive()

    thread = threading.Thread(target=busy)
    thread.start()
    statuses = []
    for _ in range(40):
        child = os.fork()
        if not child:
            signal.alarm(20)  # a deadlock ends the child with a signal
            pair.sender.send(ROW)
            os._exit(0)
        statuses.append(os.waitpid(child, 0)[1])
    stop.set()
    thread.join()
    pair.receive_all()
    assert statuses == [0] * 40
    assert pair.receiver.ledger.lost == 0


def test_the_last_words_of_a_dying_child_arrive(pair: Pair) -> None:
    child = os.fork()
    if not child:
        pair.sender.send(ROW * 3)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    pair.receiver.receive()
    account = pair.receiver.ledger.account(child)
    assert account is not None
    assert account.received == 3


def test_close_leaves_strangers_open(tmp_path: Path) -> None:
    pair = Pair()
    with (tmp_path / "theirs").open("wb") as file:
        os.dup2(file.fileno(), pair.fd)
        pair.close()
        os.write(pair.fd, b"still theirs")
        os.close(pair.fd)
    assert (tmp_path / "theirs").read_bytes() == b"still theirs"
