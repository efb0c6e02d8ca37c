"""Connections of which nothing is told until they are over: whatever becomes of one, each fact is told once."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

import engine
from engine import Stage
from engine.observe import live
from engine.observe.blackbox import BlackBox
from engine.observe.facts import Kind, Outcome, Piece
from engine.observe.recorder import Recorder
from engine.observe.rows import Row
from engine.observe.silence import PATIENCE
from engine.observe.stream import PARTS, Stream
from tests.engine.observe.test_recorder import Rows
from tests.engine.serving import DEADLINE, Notes, ask, serving

Make = Callable[[type[engine.BaseRequestHandler]], engine.TCPServer]
KINDS = ["TCPServer", "ThreadingTCPServer", "ThreadPoolTCPServer"]


class Echo(engine.BaseRequestHandler):
    """Sends back what comes, until the end."""

    def handle(self) -> None:
        while data := self.request.recv(100):
            self.request.sendall(data)


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def recorder(rows: Rows) -> Iterator[Recorder]:
    recorder = Recorder(rows.send, black_box=BlackBox(BlackBox.create()))
    yield recorder
    recorder.close()


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Make:
    """A server of each kind whose workers live in this process."""
    cls = getattr(engine, request.param)
    return lambda handler: cls(("127.0.0.1", 0), handler)


def told(rows: Rows) -> Counter[tuple[str, ...]]:
    """What was told of requests: how often each stage, and the bytes."""
    facts: Counter[tuple[str, ...]] = Counter()
    for kind, request, code, _, _, ended, _, data in rows.rows:
        if not request or (kind == Kind.STAGE and not ended):
            continue
        what = Stage(code).name if kind == Kind.STAGE else ""
        if kind in (Kind.RECEIVED, Kind.SENT) and not code & Piece.NOTHING:
            what = data.decode()
        facts[Kind(kind).name, what] += 1
    return facts


def usual(server: engine.TCPServer) -> Counter[tuple[str, ...]]:
    """Of one request."""
    stages = {stage.name for stage in Stage if stage <= Stage.SHUTDOWN_REQUEST}
    if type(server) is engine.TCPServer:
        stages.remove("QUEUE")
    return Counter([("REQUEST_OPENED", ""), ("REQUEST_CLOSED", ""), *(("STAGE", stage) for stage in stages)])


def test_one_that_is_over_soon_is_told_of_at_once(make: Make, rows: Rows, recorder: Recorder) -> None:
    with serving(make(Echo), recorder) as server:
        assert ask(server.server_address, b"hello") == b"hello"
        rows.wait(Kind.REQUEST_CLOSED)
        expected = usual(server)
    expected["RECEIVED", "hello"] = expected["SENT", "hello"] = expected["RECEIVED", ""] = 1
    assert told(rows) == expected
    assert not recorder.young
    assert not recorder.box or not recorder.box.live()


class Reverse(engine.BaseRequestHandler):
    """Ends when it is told that the one after it has ended."""

    over: dict[bytes, threading.Event]

    def handle(self) -> None:
        name = self.request.recv(1)
        self.request.sendall(b"here")
        self.over[name].wait(DEADLINE)
        self.over[bytes([name[0] - 1])].set()


def test_they_are_told_of_in_the_order_in_which_they_came(rows: Rows, recorder: Recorder) -> None:
    """However they end: those who took long are told of one by one, the others when all before them are."""
    Reverse.over = {bytes([name]): threading.Event() for name in range(9)}
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Reverse), recorder) as server:
        for _ in range(10):
            for event in Reverse.over.values():
                event.clear()
            with contextlib.ExitStack() as stack:
                clients = [
                    stack.enter_context(socket.create_connection(server.server_address, DEADLINE)) for _ in range(8)
                ]
                for name, client in enumerate(clients, 1):
                    client.sendall(bytes([name]))
                    assert client.recv(100) == b"here"
                Reverse.over[b"\x08"].set()
                assert Reverse.over[b"\x00"].wait(DEADLINE)
        opened = [(row[4], row[1]) for row in rows.wait(Kind.REQUEST_OPENED, 80)]
    assert opened == sorted(opened)


def test_a_server_is_told_of_before_what_it_serves(rows: Rows, recorder: Recorder) -> None:
    for _ in range(20):
        with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo), recorder) as server:
            assert ask(server.server_address, b"hello") == b"hello"
    recorder.flush()
    order = [(row[2], row[0]) for row in rows.rows if row[0] in (Kind.SERVER_STARTED, Kind.REQUEST_OPENED)]
    started = {number: order.index((number, Kind.SERVER_STARTED)) for number, _ in order}
    assert len(started) == 20
    assert all(started[number] < place for place, (number, kind) in enumerate(order) if kind == Kind.REQUEST_OPENED)


def test_one_that_takes_a_while_is_told_of_while_it_lives(make: Make, rows: Rows, recorder: Recorder) -> None:
    with (
        serving(make(Echo), recorder) as server,
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        client.sendall(b"one")
        assert client.recv(100) == b"one"
        (opened,) = rows.wait(Kind.REQUEST_OPENED)
        assert rows.kind(Kind.REQUEST_CLOSED) == []
        client.sendall(b"two")
        assert client.recv(100) == b"two"
        rows.wait(Kind.SENT, 2)
        client.shutdown(socket.SHUT_WR)
        rows.wait(Kind.REQUEST_CLOSED)
        expected = usual(server)
    for word in ("one", "two"):
        expected["RECEIVED", word] = expected["SENT", word] = 1
    expected["RECEIVED", ""] = 1
    assert told(rows) == expected
    assert {row[1] for row in rows.rows if row[1]} == {opened[1]}


def test_however_small_the_parts_all_come(make: Make, rows: Rows, recorder: Recorder) -> None:
    class Bytewise(engine.BaseRequestHandler):
        def handle(self) -> None:
            while data := self.request.recv(1):
                self.request.sendall(data)

    data = bytes(range(256)) * 2
    assert len(data) > 2 * PARTS
    with serving(make(Bytewise), recorder) as server:
        assert ask(server.server_address, data) == data
        rows.wait(Kind.REQUEST_CLOSED)
    for kind in (Kind.RECEIVED, Kind.SENT):
        assert b"".join(row[7] for row in rows.kind(kind)) == data  # in this order


def test_who_fails_is_told_of_with_all_that_went_before(
    make: Make, rows: Rows, recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    class Failing(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(100)
            raise ValueError("no")

    with serving(make(Failing), recorder) as server:
        assert ask(server.server_address, b"bad") == b""
        rows.wait(Kind.REQUEST_CLOSED)
        expected = usual(server)
    expected["RECEIVED", "bad"] = expected["FAILED", ""] = expected["STAGE", "HANDLE_ERROR"] = 1
    assert told(rows) == expected
    assert [row[2] for row in rows.kind(Kind.REQUEST_CLOSED)] == [Outcome.ERROR]
    assert "ValueError: no" in capsys.readouterr().err


def test_who_comes_to_look_on_misses_nothing_from_then_on(make: Make, rows: Rows, recorder: Recorder) -> None:
    """An observer that joins while a connection lives: what is quiet becomes loud, and both are told."""
    notes = Notes()
    with (
        serving(make(Echo), recorder) as server,
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        client.sendall(b"one")
        assert client.recv(100) == b"one"
        server.add_observer(notes)
        client.sendall(b"two")
        assert client.recv(100) == b"two"
        client.shutdown(socket.SHUT_WR)
        rows.wait(Kind.REQUEST_CLOSED)
    for word in ("one", "two"):
        assert told(rows)["RECEIVED", word] == told(rows)["SENT", word] == 1
    assert notes.data("received") == b"two"


def test_flush_tells_of_the_youngest(rows: Rows, recorder: Recorder) -> None:
    """Whatever is asked for, or a process that ends, does not wait until a connection is old enough."""
    begun, release = threading.Event(), threading.Event()

    class Waiting(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(100)
            begun.set()
            release.wait(DEADLINE)

    with (
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Waiting), recorder) as server,
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        client.sendall(b"x")
        assert begun.wait(DEADLINE)
        recorder.flush()
        assert [row[7] for row in rows.kind(Kind.RECEIVED)] == [b"x"]
        assert len(rows.kind(Kind.REQUEST_OPENED)) == 1
        release.set()
        rows.wait(Kind.REQUEST_CLOSED)
    assert len(rows.kind(Kind.REQUEST_OPENED)) == len(rows.kind(Kind.RECEIVED)) == 1


def test_times_of_calls(rows: Rows, recorder: Recorder) -> None:
    """How long a call lasted that received, or waited in vain."""
    with (
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo), recorder) as server,
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        rows.wait(Kind.REQUEST_OPENED)  # it has been waiting for PATIENCE by now
        client.sendall(b"x")
        client.shutdown(socket.SHUT_WR)
        rows.wait(Kind.REQUEST_CLOSED)

    def took(row: Row) -> int:
        return row[5]

    first, end = rows.kind(Kind.RECEIVED)
    assert took(first) > PATIENCE // 2
    assert end[2] == Piece.NOTHING
    assert all(0 <= took(row) < PATIENCE for row in rows.kind(Kind.SENT))


@pytest.mark.parametrize("limit", [0, 10, 1000])
def test_no_more_bytes_are_kept_than_allowed(limit: int, rows: Rows) -> None:
    recorder = Recorder(rows.send, payload_limit=limit)
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo), recorder) as server:
        assert ask(server.server_address, b"x" * 4800) == b"x" * 4800
        rows.wait(Kind.REQUEST_CLOSED)
    recorder.close()
    for kind in (Kind.RECEIVED, Kind.SENT):
        assert sum(len(row[7]) for row in rows.kind(kind)) == limit
        assert sum(row[6] for row in rows.kind(kind)) == 4800


def test_who_asks_without_waiting_notes_no_waits(rows: Rows, recorder: Recorder) -> None:
    class Polling(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.request.setblocking(False)
            for _ in range(1000):
                with contextlib.suppress(BlockingIOError):
                    self.request.recv(100)

    with (
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Polling), recorder) as server,
        socket.create_connection(server.server_address, DEADLINE),
    ):
        rows.wait(Kind.REQUEST_CLOSED)
    assert rows.kind(Kind.RECEIVED) == []


def test_flush_does_not_wait_for_itself_where_no_thread_can_be_started(rows: Rows) -> None:
    class Threadless(Recorder):
        def _start_flusher(self) -> None:
            raise RuntimeError("can't start new thread")

    recorder = Threadless(rows.send)
    with (
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo), recorder) as server,
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        flushing = threading.Thread(target=recorder.flush, daemon=True)
        flushing.start()
        flushing.join(DEADLINE)
        assert not flushing.is_alive()
        assert told(rows)["RECEIVED", "x"] == 1


@pytest.mark.loud
def test_one_that_cannot_be_recorded_does_not_end_the_recording(
    rows: Rows, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plain = Stream.add_to

    def add_to(stream: Stream, batch: list[bytes]) -> None:
        if stream.peer == "odd":
            raise ValueError("odd")
        plain(stream, batch)

    class Odd(engine.ThreadingTCPServer):
        odd = True

        def get_request(self) -> tuple[socket.socket, object]:
            sock, address = super().get_request()
            return sock, "odd" if self.odd else address

    monkeypatch.setattr(Stream, "add_to", add_to)
    with serving(Odd(("127.0.0.1", 0), Echo), recorder) as server:
        assert ask(server.server_address, b"one") == b"one"
        server.odd = False
        assert ask(server.server_address, b"two") == b"two"
        rows.wait(Kind.REQUEST_CLOSED)
    assert "could not be recorded" in caplog.text or told(rows)["RECEIVED", "one"]  # the second: it took a while
    assert told(rows)["RECEIVED", "two"] == 1


@pytest.mark.parametrize("peer", ["x" * 100_000, "\udcff", "a\0b"])
def test_whoever_the_peer_says_it_is(peer: str, rows: Rows, recorder: Recorder) -> None:
    class Odd(engine.ThreadingTCPServer):
        def get_request(self) -> tuple[socket.socket, object]:
            return super().get_request()[0], peer

    with serving(Odd(("127.0.0.1", 0), Echo), recorder) as server:
        assert ask(server.server_address, b"one") == b"one"
        rows.wait(Kind.REQUEST_CLOSED)
    assert told(rows)["RECEIVED", "one"] == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="There is no fork here.")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_that_user_code_forks_tells_what_passes_there(recorder: Recorder) -> None:
    """It keeps no notes for one who will never come for them."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(DEADLINE)

    class Forking(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(5)
            if pid := os.fork():
                os.waitpid(pid, 0)
                return
            while self.request.recv(100):
                pass
            request = live.requests[self.request]
            theirs.send(b"%d %d" % (request.quiet, len(getattr(request, "log", ()))))
            os._exit(0)

    with (
        ours,
        theirs,
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Forking), recorder) as server,
        socket.create_connection(server.server_address, DEADLINE) as client,
    ):
        client.sendall(b"hello")
        client.sendall(b"x" * 1000)
        client.shutdown(socket.SHUT_WR)
        assert ours.recv(100) == b"0 0"


def test_a_failed_request_keeps_no_socket(
    make: Make, recorder: Recorder, rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even until the garbage is collected."""
    sockets: list[weakref.ref[socket.socket]] = []

    class Failing(engine.BaseRequestHandler):
        def handle(self) -> None:
            sockets.append(weakref.ref(self.request))
            raise ValueError("no")

    gc.disable()
    try:
        with serving(make(Failing), recorder) as server:
            assert ask(server.server_address, b"") == b""
            rows.wait(Kind.REQUEST_CLOSED)
        assert [one() for one in sockets] == [None]
    finally:
        gc.enable()


def test_who_fails_after_its_thread_has_done_all_still_has_the_socket(
    recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    told_of: list[object] = []

    class Late(engine.ThreadingTCPServer):
        def process_request(self, request: socket.socket, client_address: object) -> None:
            super().process_request(request, client_address)
            for thread in threading.enumerate():
                if "process_request_thread" in thread.name:
                    thread.join(DEADLINE)
            raise ValueError("late")

        def handle_error(self, request: object, client_address: object) -> None:
            told_of.append(request)

    with serving(Late(("127.0.0.1", 0), Echo), recorder) as server:
        assert ask(server.server_address, b"x") == b"x"
    assert [type(one).__name__ for one in told_of] == ["socket"]


@pytest.mark.parametrize("step", ["finish_request", "shutdown_request", "close_request"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_step_of_the_users_own_is_called(step: str, kind: str, rows: Rows, recorder: Recorder) -> None:
    """Of a subclass, or put on the server while it serves: what is spared is only what our own methods do."""
    called: list[str] = []
    cls = getattr(engine, kind)
    plain = getattr(cls, step)

    def own(server: engine.TCPServer, *arguments: object) -> None:
        called.append("class")
        plain(server, *arguments)

    with serving(type(kind, (cls,), {step: own})(("127.0.0.1", 0), Echo), recorder) as server:
        assert ask(server.server_address, b"x") == b"x"
        rows.wait(Kind.REQUEST_CLOSED)
    assert called == ["class"]
    with serving(cls(("127.0.0.1", 0), Echo), recorder) as server:
        assert ask(server.server_address, b"x") == b"x"
        rows.wait(Kind.REQUEST_CLOSED, 2)

        def instead(*arguments: object) -> None:
            called.append("instance")
            plain(server, *arguments)

        setattr(server, step, instead)
        assert ask(server.server_address, b"y") == b"y"
        rows.wait(Kind.REQUEST_CLOSED, 3)
    assert called == ["class", "instance"]


def test_a_handler_with_a_constructor_of_its_own(make: Make, rows: Rows, recorder: Recorder) -> None:
    class Own(Echo):
        def __init__(self, *arguments: object) -> None:
            self.greeting = b"hi "
            super().__init__(*arguments)  # type: ignore[arg-type]

        def setup(self) -> None:
            self.request.sendall(self.greeting)

    with serving(make(Own), recorder) as server:
        assert ask(server.server_address, b"x") == b"hi x"
        rows.wait(Kind.REQUEST_CLOSED)
        expected = usual(server)
    expected["RECEIVED", "x"] = expected["SENT", "hi "] = expected["SENT", "x"] = expected["RECEIVED", ""] = 1
    assert told(rows) == expected
