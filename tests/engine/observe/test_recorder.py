"""The recorder's rows: what facts.py promises, from threads and from forked children, and not one lost."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import engine
from engine import Stage
from engine.channel.receiver import Receiver
from engine.channel.sender import Sender
from engine.observe.blackbox import BlackBox
from engine.observe.facts import Kind, Outcome, Piece
from engine.observe.recorder import Recorder
from engine.observe.rows import PIECE, Row, facts_in, unfold
from tests.engine.serving import DEADLINE, Echo, ask, serving


class Rows:
    """A `send` that keeps what it gets."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._changed = threading.Condition()

    def send(self, records: list[bytes]) -> int:
        with self._changed:
            rows = unfold(b"".join(records))
            assert len(rows) == sum(map(facts_in, records))
            self.rows += rows
            self._changed.notify_all()
        return len(rows)

    def kind(self, kind: Kind) -> list[Row]:
        return [row for row in self.rows if row[0] == kind]

    def wait(self, kind: Kind, count: int = 1) -> list[Row]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.kind(kind)) >= count, DEADLINE), self.rows
        return self.kind(kind)


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def recorder(rows: Rows) -> Iterator[Recorder]:
    recorder = Recorder(rows.send)
    yield recorder
    recorder.close()


def test_rows_of_one_connection(rows: Rows, recorder: Recorder) -> None:
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo), recorder) as server:
        address = server.server_address
        ask(address, b"hello\n")
        rows.wait(Kind.WORKER_ENDED)
    rows.wait(Kind.SERVER_STOPPED)
    about = json.loads(rows.kind(Kind.SERVER_STARTED)[0][7])
    local = f"127.0.0.1:{address[1]}"
    assert about == {
        "class": "ThreadingTCPServer",
        "concurrency": "threading",
        "transport": "tcp",
        "address": local,
        "handler": "Echo",
        "pid": os.getpid(),
    }
    (opened,) = rows.kind(Kind.REQUEST_OPENED)
    request, number = opened[1], opened[2]
    assert opened[7].split(b"\0")[1] == local.encode()
    assert {row[2] for row in rows.kind(Kind.WORKER_STARTED) + rows.kind(Kind.SERVER_STOPPED)} == {number}
    stages = [row for row in rows.kind(Kind.STAGE) if row[5]]
    assert {Stage(row[2]) for row in stages} == set(Stage) - {
        Stage.HANDSHAKE,
        Stage.HANDLE_ERROR,
        Stage.HANDLE_TIMEOUT,
        Stage.SERVICE_ACTIONS,
    }
    assert all(row[4] <= row[5] and 0 <= row[6] <= row[5] - row[4] for row in stages)
    (worker,) = rows.kind(Kind.WORKER_STARTED)
    assert {row[3] for row in stages if row[2] >= Stage.QUEUE} == {worker[3]}
    for kind in (Kind.RECEIVED, Kind.SENT):
        ((_, owner, flags, thread, _, _, size, data),) = rows.kind(kind)
        assert (owner, flags, thread, size, data) == (request, Piece.WHOLE, worker[3], 6, b"hello\n")
    assert [row[2] for row in rows.kind(Kind.REQUEST_CLOSED)] == [Outcome.DONE]


def test_a_live_request_shows_where_it_is(rows: Rows, recorder: Recorder) -> None:
    release = threading.Event()

    class Slow(engine.BaseRequestHandler):
        def handle(self) -> None:
            release.wait(DEADLINE)

    with (
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Slow), recorder) as server,
        socket.create_connection(server.server_address),
    ):
        rows.wait(Kind.REQUEST_OPENED)
        while not (running := [row for row in rows.kind(Kind.STAGE) if not row[5] and row[2] == Stage.HANDLE]):
            rows.wait(Kind.STAGE, len(rows.kind(Kind.STAGE)) + 1)
        release.set()
        rows.wait(Kind.REQUEST_CLOSED)
    finished = [row for row in rows.kind(Kind.STAGE) if row[5] and row[2] == Stage.HANDLE]
    assert [row[4] for row in finished] == [row[4] for row in running]


def test_failures_are_described(rows: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(engine.BaseRequestHandler):
        def handle(self) -> None:
            raise ValueError("broken")

    recorder = Recorder(rows.send, describe=lambda error: {"type": type(error).__name__, "more": 1})
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Broken), recorder) as server:
        ask(server.server_address, b"")
        rows.wait(Kind.REQUEST_CLOSED)
    recorder.close()
    (failed,) = rows.kind(Kind.FAILED)
    assert failed[2] == Stage.HANDLE
    assert json.loads(failed[7]) == {"type": "ValueError", "more": 1, "cause": "bug"}
    assert [row[2] for row in rows.kind(Kind.REQUEST_CLOSED)] == [Outcome.ERROR]


def test_payload_limit_and_pieces(rows: Rows) -> None:
    data = os.urandom(PIECE * 3 + 7)

    class Handler(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(data)
            self.request.sendall(b"more")

    recorder = Recorder(rows.send, payload_limit=PIECE * 2 + 1)
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Handler), recorder) as server:
        assert ask(server.server_address, b"") == data + b"more"
        rows.wait(Kind.REQUEST_CLOSED)
    recorder.close()
    sent = [(Piece(row[2]), row[6], row[7]) for row in rows.kind(Kind.SENT)]
    size = len(data)
    assert sent == [
        (Piece.CUT | Piece.CONTINUES, size, data[:PIECE]),
        (Piece.CUT | Piece.CONTINUES, size, data[PIECE : 2 * PIECE]),
        (Piece.CUT, size, data[2 * PIECE : 2 * PIECE + 1]),
        (Piece.CUT, 4, b""),
    ]


def test_two_observers_see_the_same_as_one(rows: Rows, recorder: Recorder) -> None:
    second = Rows()
    other = Recorder(second.send)
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo), recorder, other) as server:
        ask(server.server_address, b"hello\n")
        rows.wait(Kind.WORKER_ENDED)
    recorder.flush()
    other.close()
    for kind in (Kind.SENT, Kind.RECEIVED, Kind.REQUEST_CLOSED):
        assert rows.kind(kind) == second.kind(kind)
    ended = [[row[2] for row in kept.kind(Kind.STAGE) if row[5]] for kept in (rows, second)]
    assert sorted(ended[0]) == sorted(ended[1])


def test_an_idle_recorder_sleeps(rows: Rows, recorder: Recorder) -> None:
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo), recorder) as server:
        ask(server.server_address, b"hello\n")
        rows.wait(Kind.WORKER_ENDED)
        thread = recorder._thread
        assert thread is not None
        while not recorder.asleep:
            thread.join(0.01)
        path = f"/proc/self/task/{thread.native_id}/status"
        with open(path) as file:
            before = [line for line in file if "ctxt_switches" in line]
        thread.join(0.1)
        with open(path) as file:
            assert [line for line in file if "ctxt_switches" in line] == before


@pytest.mark.loud
def test_a_worker_that_is_forked_while_nothing_else_happens_is_told(rows: Rows, recorder: Recorder) -> None:
    server = engine.PreforkTCPServer(("127.0.0.1", 0), Echo)
    server.workers = 1
    with serving(server, recorder):
        (first,) = rows.wait(Kind.WORKER_STARTED)
        os.kill(first[6], signal.SIGKILL)
        rows.wait(Kind.WORKER_ENDED)
        rows.wait(Kind.WORKER_STARTED, 2)  # later: it died so young that its successor has to wait


@pytest.fixture
def channel() -> Iterator[tuple[Sender, Receiver]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sender, receiver = Sender(ours.detach()), Receiver(theirs.detach())
    yield sender, receiver
    sender.close()
    receiver.close()


def _collect(receiver: Receiver, into: list[Row], until: Any) -> None:
    while not until(into):
        assert select.select([receiver], [], [], DEADLINE)[0], into
        for batch in receiver.receive():
            into += batch.rows


def _runs(row: Row) -> bool:
    return bool(row[0] == Kind.STAGE and row[2] == Stage.HANDLE and not row[5])


def _closed(count: int) -> Any:
    return lambda rows: sum(row[0] == Kind.REQUEST_CLOSED for row in rows) >= count


def test_forked_children_tell_everything(channel: tuple[Sender, Receiver]) -> None:
    sender, receiver = channel
    rows: list[Row] = []
    recorder = Recorder(sender.send, black_box=BlackBox(BlackBox.create()))
    with serving(engine.ForkingTCPServer(("127.0.0.1", 0), Echo), recorder) as server:
        for number in range(5):
            line = b"%d\n" % number
            assert ask(server.server_address, line) == line
        _collect(receiver, rows, _closed(5))
    recorder.close()
    _collect(receiver, rows, lambda rows: any(row[0] == Kind.SERVER_STOPPED for row in rows))
    ended = [row for row in rows if row[0] == Kind.WORKER_ENDED]
    assert [row[6] for row in ended] == [0] * 5
    for number, request in enumerate(row[1] for row in rows if row[0] == Kind.REQUEST_OPENED):
        own = [row for row in rows if row[1] == request]
        assert {row[2] for row in own if row[0] == Kind.STAGE} >= {*range(1, 10)}
        assert [row[7] for row in own if row[0] in (Kind.RECEIVED, Kind.SENT)] == [b"%d\n" % number] * 2
    assert receiver.ledger.lost == 0


def test_a_child_that_takes_long_reports_live(channel: tuple[Sender, Receiver]) -> None:
    class Slow(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4)
            self.request.recv(1)

    sender, receiver = channel
    rows: list[Row] = []
    recorder = Recorder(sender.send)
    with (
        serving(engine.ForkingTCPServer(("127.0.0.1", 0), Slow), recorder) as server,
        socket.create_connection(server.server_address) as client,
    ):
        client.sendall(b"live")
        _collect(receiver, rows, lambda rows: any(row[7] == b"live" for row in rows))
        _collect(receiver, rows, lambda rows: any(_runs(row) for row in rows))
        client.sendall(b"x")
        _collect(receiver, rows, _closed(1))
    recorder.close()


@pytest.mark.parametrize("with_box", [True, False])
def test_a_killed_child_leaves_its_request(rows: Rows, with_box: bool) -> None:
    class Fatal(engine.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            os.kill(os.getpid(), signal.SIGKILL)

    box = BlackBox(BlackBox.create())
    recorder = Recorder(rows.send, black_box=box if with_box else None)
    with serving(engine.ForkingTCPServer(("127.0.0.1", 0), Fatal), recorder) as server:
        assert ask(server.server_address, b"last words\n") == b""
        rows.wait(Kind.WORKER_ENDED)
    recorder.close()
    assert [os.WTERMSIG(row[6]) for row in rows.kind(Kind.WORKER_ENDED)] == [signal.SIGKILL]
    assert [row[2] for row in rows.kind(Kind.REQUEST_CLOSED)] == [Outcome.KILLED]
    (failed,) = rows.kind(Kind.FAILED)
    assert json.loads(failed[7])["message"] == "killed by SIGKILL"
    if with_box:
        assert failed[2] == Stage.HANDLE
        assert [row[7] for row in rows.kind(Kind.RECEIVED)] == [b"last words\n"]
    assert box.live() == []


def test_a_child_waits_for_its_last_facts_to_leave(channel: tuple[Sender, Receiver]) -> None:
    """Its facts are more than the socket takes at once, and nobody has read when it ends."""

    class Loud(engine.BaseRequestHandler):
        def handle(self) -> None:
            for _ in range(200):
                self.request.sendall(b"x" * PIECE)

    sender, receiver = channel
    rows: list[Row] = []
    recorder = Recorder(sender.send, payload_limit=1 << 30, drain=sender.flush)
    with serving(engine.ForkingTCPServer(("127.0.0.1", 0), Loud), recorder) as server:
        assert len(ask(server.server_address, b"")) == 200 * PIECE
        _collect(receiver, rows, _closed(1))
    recorder.close()
    assert sum(row[6] for row in rows if row[0] == Kind.SENT) == 200 * PIECE
    assert receiver.ledger.lost == 0


def test_user_code_that_shuts_the_request_itself(rows: Rows, recorder: Recorder) -> None:
    class Server(engine.ThreadingTCPServer):
        def finish_request(self, request: Any, client_address: Any) -> None:
            super().finish_request(request, client_address)
            self.shutdown_request(request)

    with serving(Server(("127.0.0.1", 0), Echo), recorder) as server:
        assert ask(server.server_address, b"hello\n") == b"hello\n"
        rows.wait(Kind.WORKER_ENDED)
    recorder.flush()
    assert len(rows.kind(Kind.REQUEST_CLOSED)) == 1
    assert sum(row[2] == Stage.SHUTDOWN_REQUEST and row[5] > 0 for row in rows.kind(Kind.STAGE)) == 1
