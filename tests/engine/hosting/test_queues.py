"""Accept queues of real listeners, as the supervisor sees them."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.capture.reader import CaptureReader
from engine.capture.writer import CaptureWriter
from engine.hosting import queues
from engine.hosting.entries import Entry
from engine.hosting.profile import Profile
from engine.hosting.queues import QueueWatch
from engine.servers.backlog import TurnedAway, accept_queue

DEADLINE = 10.0


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[CaptureWriter]:
    writer = CaptureWriter(tmp_path / "a.capture")
    yield writer
    writer.close()


@pytest.fixture
def entry(writer: CaptureWriter) -> Iterator[Entry]:
    """A server that listens with room for two, and never accepts."""
    entry = Entry("key", Profile("echo"))
    entry.own.id = writer.add_server("echo", "TCPServer", "tcp", "127.0.0.1:9", "Echo", 1, 0, {})
    entry.state = "listening"
    entry.listener = socket.create_server(("127.0.0.1", 0), backlog=2)
    if accept_queue(entry.listener) is None:
        entry.listener.close()
        pytest.skip("this system does not tell")
    yield entry
    if entry.listener is not None:
        entry.listener.close()


def connect(entry: Entry, stack: contextlib.ExitStack, count: int) -> None:
    assert entry.listener is not None
    for _ in range(count):
        stack.enter_context(socket.create_connection(entry.listener.getsockname(), DEADLINE))


def test_depth_and_limit_are_told_and_captured(entry: Entry, writer: CaptureWriter) -> None:
    watch = QueueWatch(writer)
    with contextlib.ExitStack() as clients:
        watch.look([entry])
        assert entry.queue.to_json() == {"depth": 0, "limit": 2, "overflows": entry.queue.overflows}
        connect(entry, clients, 2)
        watch.look([entry])
        assert (entry.queue.depth, entry.queue.warning) == (2, None)
        assert entry.status(0)[0]["queue"]["depth"] == 2
    writer.commit(final=True)
    with CaptureReader(writer.path) as reader:
        sql = "SELECT max(queued) FROM load WHERE server = ?"
        assert reader._number(sql, (entry.own.id,)) == 2


def test_a_full_queue_is_a_warning_until_it_has_been_well_for_a_while(
    entry: Entry, writer: CaptureWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = QueueWatch(writer)
    with contextlib.ExitStack() as clients:
        connect(entry, clients, 3)
        watch.look([entry])
        warning = entry.queue.warning
        assert warning is not None
        assert warning["sentence"].startswith("The accept queue was full: 3 clients waited, 2 fit.")
        assert entry.status(0)[0]["warning"] == warning
        entry.warning = {"code": "hung", "sentence": "It hangs."}
        assert entry.status(0)[0]["warning"] == entry.warning
        entry.warning = None
        assert entry.listener is not None
        for _ in range(3):
            entry.listener.accept()[0].close()
        watch.look([entry])
        assert entry.queue.warning is not None
        monkeypatch.setattr(queues, "REMEMBERED", 0)
        watch.look([entry])
        assert entry.queue.warning is None


def test_another_run_begins_without_the_lasts_warning(entry: Entry, writer: CaptureWriter) -> None:
    watch = QueueWatch(writer)
    with contextlib.ExitStack() as clients:
        connect(entry, clients, 3)
        watch.look([entry])
        entry.own.id += 1
        assert entry.listener is not None
        for _ in range(3):
            entry.listener.accept()[0].close()
        watch.look([entry])
        assert entry.queue.warning is None
        entry.state = "draining"
        watch.look([entry])
        assert entry.queue.to_json() is None


def test_overflows_are_counted_from_the_first_look(
    entry: Entry, writer: CaptureWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter([TurnedAway(100, 100), TurnedAway(103, 104), None, TurnedAway(110, 110), TurnedAway(111, 111)])
    monkeypatch.setattr(queues, "turned_away", lambda: next(told))
    watch = QueueWatch(writer)
    counts = []
    for _ in range(5):
        watch.look([entry])
        counts.append(entry.queue.overflows)
    assert counts == [0, 3, 3, 3, 4]


def test_a_pool_has_a_limit_of_threads() -> None:
    assert Entry("k", Profile("p", server_class="ThreadPoolTCPServer")).max_workers == 64
    few = Profile("p", server_class="ThreadPoolTCPServer", attributes={"max_workers": 3})
    assert Entry("k", few).max_workers == 3
    assert Entry("k", Profile("p")).max_workers is None
