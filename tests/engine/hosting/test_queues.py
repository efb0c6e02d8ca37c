"""Accept queues of real listeners, as the supervisor sees them."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.capture.reader import CaptureReader
from engine.capture.writer import CaptureWriter
from engine.hosting import queued, queues
from engine.hosting.entries import Entry
from engine.hosting.parts import Part, Tally
from engine.hosting.profile import Profile
from engine.hosting.queues import QueueWatch
from engine.observe.addresses import address_text, transport_of
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


@pytest.fixture
def watch(writer: CaptureWriter) -> Iterator[QueueWatch]:
    watch = QueueWatch(writer)
    yield watch
    watch.close()


def connect(entry: Entry, stack: contextlib.ExitStack, count: int) -> None:
    assert entry.listener is not None
    for _ in range(count):
        stack.enter_context(socket.create_connection(entry.listener.getsockname(), DEADLINE))


def test_depth_and_limit_are_told_and_captured(entry: Entry, writer: CaptureWriter, watch: QueueWatch) -> None:
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
    entry: Entry, watch: QueueWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
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
        monkeypatch.setattr(queued, "REMEMBERED", 0)
        watch.look([entry])
        assert entry.queue.warning is None


def test_another_run_begins_without_the_lasts_warning(entry: Entry, watch: QueueWatch) -> None:
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


def knock(entry: Entry, stack: contextlib.ExitStack, count: int) -> None:
    """Clients that do not wait until they are let in."""
    assert entry.listener is not None
    for _ in range(count):
        client = stack.enter_context(socket.socket())
        client.setblocking(False)
        client.connect_ex(entry.listener.getsockname())


def test_overflows_are_its_own_and_those_of_this_run(entry: Entry, writer: CaptureWriter, watch: QueueWatch) -> None:
    with contextlib.ExitStack() as clients, socket.create_server(("127.0.0.1", 0), backlog=0) as another:
        other = Entry("other", Profile("other"))
        other.own.id, other.state, other.listener = entry.own.id + 1, "listening", another
        connect(entry, clients, 3)
        knock(entry, clients, 1)
        watch.look([entry, other])
        assert (entry.queue.overflows, other.queue.overflows) == (0, 0)
        knock(entry, clients, 2)
        knock(other, clients, 6)
        watch.look([entry, other])
        assert entry.queue.overflows is not None
        assert other.queue.overflows is not None
        assert entry.queue.overflows >= 2
        assert other.queue.overflows >= 5
        counted = entry.queue.overflows
        watch.look([entry, other])
        assert entry.queue.overflows - counted <= 3  # those that knock again by themselves
        entry.own.id += 7
        watch.look([entry])
        assert entry.queue.overflows == 0


def test_what_the_machine_does_not_count_as_overflow_is_none(
    entry: Entry, watch: QueueWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter([None, TurnedAway(7, 9), TurnedAway(8, 20), None, TurnedAway(8, 20)])
    monkeypatch.setattr(queues, "turned_away", lambda: next(told))
    counts = []
    with contextlib.ExitStack() as clients:
        connect(entry, clients, 3)
        for _ in range(5):
            watch.look([entry])
            counts.append(entry.queue.overflows)
            knock(entry, clients, 2)
    assert counts == [None, 0, 1, 1, 1]


def test_a_unix_socket_has_a_queue_and_no_count_of_overflows(
    entry: Entry, watch: QueueWatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter([TurnedAway(100, 100), TurnedAway(103, 104)])
    monkeypatch.setattr(queues, "turned_away", lambda: next(told))
    entry.profile = Profile("ctl", server_class="UnixStreamServer", path=str(tmp_path / "s"))
    with contextlib.ExitStack() as clients:
        assert entry.listener is not None
        entry.listener.close()
        entry.listener = socket.socket(socket.AF_UNIX)
        entry.listener.bind(entry.profile.path)
        entry.listener.listen(2)
        for depth in (1, 2, 3):
            clients.enter_context(socket.socket(socket.AF_UNIX)).connect(entry.profile.path)
            if depth != 2:
                watch.look([entry])
                assert entry.status(0)[0]["queue"] == {"depth": depth, "limit": 2, "overflows": None}
        assert entry.queue.warning is not None
        assert entry.queue.warning["sentence"].startswith("The accept queue was full: 3 clients waited, 2 fit.")
        assert "waits until there is room, or is refused" in entry.queue.warning["sentence"]


def test_datagrams_are_not_queued_for_anyone(entry: Entry, watch: QueueWatch, tmp_path: Path) -> None:
    assert entry.listener is not None
    for family, address in ((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_UNIX, str(tmp_path / "d"))):
        entry.listener.close()
        entry.listener = socket.socket(family, socket.SOCK_DGRAM)
        entry.listener.bind(address)
        watch.look([entry])
        assert entry.queue.to_json() is None


def program(writer: CaptureWriter, *listeners: socket.socket, pid: int | None = None) -> Entry:
    """A program that runs, and has made servers with these listeners."""
    entry = Entry("p", Profile("p", kind="script", script="p.py"))
    entry.host = SimpleNamespace(pid=pid or os.getpid())  # type: ignore[assignment]  # all that is asked of it
    for number, listener in enumerate(listeners, 1):
        transport, address = transport_of(listener.family, listener.type), address_text(listener.getsockname())
        identity = writer.add_server("p", "TCPServer", transport, address, "Echo", 1, 0, {})
        entry.parts[number] = Part(number, identity, "p", "TCPServer", transport, address, 0, Tally())
    return entry


def test_what_a_program_listens_with_is_looked_at_from_outside(
    entry: Entry, writer: CaptureWriter, watch: QueueWatch, tmp_path: Path
) -> None:
    path = str(tmp_path / "s")
    with (
        socket.create_server(("127.0.0.1", 0), backlog=2) as port,
        socket.socket(socket.AF_UNIX) as unix,
        contextlib.ExitStack() as clients,
    ):
        unix.bind(path)
        unix.listen(7)
        its = program(writer, port, unix)
        for _ in range(3):
            clients.enter_context(socket.create_connection(port.getsockname(), DEADLINE))
        clients.enter_context(socket.socket(socket.AF_UNIX)).connect(path)
        watch.look([its, entry])
        own, first, second = its.status(0)
        assert (first["queue"]["depth"], first["queue"]["limit"]) == (3, 2)
        assert second["queue"] == {"depth": 1, "limit": 7, "overflows": None}
        assert first["warning"]["sentence"].startswith("The accept queue was full: 3 clients waited, 2 fit.")
        assert (own["queue"], own["warning"], second["warning"]) == (None, None, None)
        its.parts[2].stopped = True
        watch.look([its])
        assert its.status(0)[2]["queue"] is None
    writer.commit(final=True)
    with CaptureReader(writer.path) as reader:
        sql = "SELECT max(queued) FROM load WHERE server = ?"
        assert [reader._number(sql, (part.id,)) for part in its.parts.values()] == [3, 1]


def test_one_of_several_at_a_port_is_told_by_its_process(
    entry: Entry, writer: CaptureWriter, watch: QueueWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import socket, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[1])), reuse_port=True, backlog=9);"
        "print(flush=True); input()"
    )
    with socket.create_server(("127.0.0.1", 0), reuse_port=True, backlog=4) as port:
        command = [sys.executable, "-c", code, str(port.getsockname()[1])]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            entries = [program(writer, port), program(writer, port, pid=child.pid), program(writer, port, pid=1)]
            watch.look(entries)
            assert [its.parts[1].queue.limit for its in entries] == [4, 9, 0]
            with socket.create_server(port.getsockname(), reuse_port=True, backlog=4):
                watch.look(entries)
                twice = program(writer, port)
                watch.look([twice])
            assert entries[0].parts[1].queue.limit == 4
            assert twice.parts[1].queue.to_json() is None
            watch.look([twice])
            assert twice.parts[1].queue.to_json() is None  # it is not looked for again so soon
            monkeypatch.setattr(queues, "SECOND", 0)
            watch.look([twice])
            assert twice.parts[1].queue.limit == 4
            child.communicate(b"\n", DEADLINE)


def test_a_pool_has_a_limit_of_threads() -> None:
    assert Entry("k", Profile("p", server_class="ThreadPoolTCPServer")).max_workers == 64
    few = Profile("p", server_class="ThreadPoolTCPServer", attributes={"max_workers": 3})
    assert Entry("k", few).max_workers == 3
    assert Entry("k", Profile("p")).max_workers is None
