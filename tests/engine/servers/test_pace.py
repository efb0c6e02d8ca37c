"""A loop waits for threads that soon end, gives up on those that do not, and never lets anybody wait for ever."""

from __future__ import annotations

import hashlib
import os
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

import engine
from engine.servers import pace as pacing
from engine.servers import thread as making
from engine.servers.pace import AHEAD, FIRST, LEAST, MOST, WORTH, ManyCores, OneCore, Pace, pace
from engine.servers.thread import Thread, are_usual

DEADLINE = 10
CLIENTS = 8
QUICKLY, SLOWLY = 100_000, 3_000_000


def nothing() -> None:
    """What a thread is for."""


def machine(monkeypatch: pytest.MonkeyPatch, cores: int, *, shared: bool = True) -> None:
    """Have so many cores, and threads that share the interpreter or do not."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(cores)), raising=False)
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: shared, raising=False)


class Clock:
    """A clock that goes on by `step` whenever it is read: so long seems every wait."""

    at = step = 0

    def now(self) -> int:
        self.at += self.step
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(pacing, "now", made.now)
    return made


def follow(paced: ManyCores, clock: Clock, *, ends: bool = True) -> bool:
    """Start a thread as a loop does, and wait as it does. Returns whether it was waited for."""
    clock.step = QUICKLY if ends else SLOWLY
    thread = Thread(nothing, (), True)
    paced.expect(thread)
    awaited = thread.over is not None
    if ends or not awaited:
        thread.start()
    paced.wait()
    return awaited


def give_up(paced: ManyCores, clock: Clock) -> int:
    """Threads that do not end, until nobody waits for them. Returns how many it took."""
    for count in range(100):
        if not follow(paced, clock, ends=False):
            return count
    raise AssertionError("It never gives up.")


def test_it_waits_for_each_that_ends(clock: Clock) -> None:
    paced = ManyCores()
    assert all(follow(paced, clock) for _ in range(100))


def test_among_the_first_one_may_be_slow_and_later_none(clock: Clock) -> None:
    paced = ManyCores()
    assert follow(paced, clock, ends=False)
    assert all(follow(paced, clock) for _ in range(FIRST))
    assert give_up(paced, clock) == 1


def test_many_that_end_a_little_late_are_too_many(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "EARNED", QUICKLY // 2)
    paced = ManyCores()
    waited = 0
    while follow(paced, clock):
        waited += 1
    assert waited == pacing.CREDIT // (QUICKLY // 2) + 1


def test_it_soon_gives_up_and_tries_again(clock: Clock) -> None:
    paced = ManyCores()
    assert give_up(paced, clock) == 2
    skipped = 1
    while not follow(paced, clock):
        skipped += 1
    assert skipped == 2 * LEAST  # it had not been worth it
    assert all(follow(paced, clock) for _ in range(WORTH))
    assert give_up(paced, clock) == 1
    assert paced._skip == LEAST - 1  # it had


def test_there_is_a_limit_to_giving_up(clock: Clock) -> None:
    paced = ManyCores()
    for _ in range(10):
        paced._skip = 0
        give_up(paced, clock)
    assert paced._skip == MOST - 1


def test_what_could_not_be_started_is_not_waited_for() -> None:
    paced = ManyCores()
    paced.expect(Thread(nothing, (), True))
    paced.forget()
    paced.wait()
    assert paced._waited == 0


class Begun(Thread):
    """A thread that may not have begun; whoever waits for it is counted."""

    waited = 0
    has_begun = False

    def wait_until_it_runs(self, timeout: float | None = None) -> None:
        Begun.waited += 1


def test_with_one_core_it_is_never_more_than_a_few_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Begun, "waited", 0)
    paced = OneCore()
    for number in range(3 * (AHEAD + 1)):
        paced.expect(Begun(nothing, (), True))
        paced.wait()
        assert Begun.waited == (number + 1) // (AHEAD + 1)
    monkeypatch.setattr(Begun, "has_begun", True)
    for _ in range(20):
        paced.expect(Begun(nothing, (), True))
        paced.wait()
    assert Begun.waited == 3


def test_it_depends_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, 2)
    assert type(pace()) is ManyCores
    machine(monkeypatch, 1)
    assert type(pace()) is OneCore
    machine(monkeypatch, 2, shared=False)
    assert pace() is None


# In a server


class Server(engine.ThreadingTCPServer):
    """Takes no notice of clients until all have come."""

    request_queue_size = 2 * CLIENTS
    daemon_threads = True


@pytest.fixture
def crowded() -> Iterator[Callable[[type[Server], type], list[socket.socket]]]:
    """A server whose clients were all waiting when it began to serve."""
    with ExitStack() as stack:

        def serve(kind: type[Server], handler: type) -> list[socket.socket]:
            server = stack.enter_context(kind(("127.0.0.1", 0), handler))
            clients = [
                stack.enter_context(socket.create_connection(server.server_address, DEADLINE)) for _ in range(CLIENTS)
            ]
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return clients

        yield serve


class Meeting(Server):
    """Its clients have to meet."""

    meet = threading.Barrier(CLIENTS)


class Stuck(engine.BaseRequestHandler):
    """Is not over before the last has come."""

    def handle(self) -> None:
        assert isinstance(self.server, Meeting)
        self.server.meet.wait(DEADLINE)
        self.request.sendall(b"met")


@pytest.mark.parametrize("cores", [1, 2])
def test_who_is_stuck_keeps_nobody_out(
    crowded: Callable[..., list[socket.socket]], monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    machine(monkeypatch, cores)
    assert [client.recv(10) for client in crowded(Meeting, Stuck)] == [b"met"] * CLIENTS


class Quick(engine.BaseRequestHandler):
    """Notes how many it is among, and lets others run meanwhile."""

    together = 0
    most = 0

    def handle(self) -> None:
        Quick.together += 1
        Quick.most = max(Quick.most, Quick.together)
        hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 20_000)
        Quick.together -= 1
        self.request.sendall(b"done")


def test_the_quick_are_served_one_by_one(
    crowded: Callable[..., list[socket.socket]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "PATIENCE", DEADLINE)  # this machine may be busy
    monkeypatch.setattr(pacing, "EARNED", DEADLINE * 10**9)
    machine(monkeypatch, 2)
    monkeypatch.setattr(Quick, "most", 0)
    assert [client.recv(10) for client in crowded(Server, Quick)] == [b"done"] * CLIENTS
    assert Quick.most == 1


def test_who_processes_in_another_way_is_left_alone(crowded: Callable[..., list[socket.socket]]) -> None:
    paces: list[Pace | None] = []

    class Own(Server):
        def process_request(self, request: object, client_address: object) -> None:
            paces.append(self._ss_pace)
            super().process_request(request, client_address)

    assert [client.recv(10) for client in crowded(Own, Quick)] == [b"done"] * CLIENTS
    assert paces == [None] * CLIENTS


def test_threads_that_cannot_be_started_are_survived(
    crowded: Callable[..., list[socket.socket]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    start, asked = Thread.start, iter(range(CLIENTS))

    def fail_every_second(self: Thread) -> None:
        if next(asked) % 2:
            raise RuntimeError("can't start new thread")
        start(self)

    awaited: list[object] = []

    class Silent(Server):
        def handle_error(self, request: object, client_address: object) -> None:
            assert self._ss_pace is not None
            awaited.append(self._ss_pace._awaited)

    monkeypatch.setattr(Thread, "start", fail_every_second)
    answers = sorted(client.recv(10) for client in crowded(Silent, Quick))
    assert answers == [b""] * (CLIENTS // 2) + [b"done"] * (CLIENTS // 2)
    assert awaited == [None] * (CLIENTS // 2)
    caplog.clear()


def test_who_is_not_pressed_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    expected: list[Thread] = []
    monkeypatch.setattr(ManyCores, "expect", lambda _self, thread: expected.append(thread))
    monkeypatch.setattr(Pace, "look", lambda _self, _select: False)  # nobody has come before the loop looked
    machine(monkeypatch, 2)
    with Server(("127.0.0.1", 0), Quick) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        server.wait_started(DEADLINE)
        assert type(server._ss_pace) is ManyCores
        with socket.create_connection(server.server_address, DEADLINE) as client:
            assert client.recv(10) == b"done"
        server.shutdown()
        thread.join()
    assert server.__dict__["_ss_pace"] is None
    assert expected == []


def test_several_loops_keep_no_pace() -> None:
    with Server(("127.0.0.1", 0), Quick) as server:
        loops = [threading.Thread(target=server.serve_forever) for _ in range(2)]
        loops[0].start()
        server.wait_started(DEADLINE)
        assert server.__dict__["_ss_pace"] is not None
        loops[1].start()
        while len(server._ss_loops) < 2 or server._ss_pace is not None:
            with socket.create_connection(server.server_address, DEADLINE) as client:
                assert client.recv(10) == b"done"
        server.shutdown()
        for loop in loops:
            loop.join()


def test_mixed_into_a_server_of_the_standard_library() -> None:
    class Mixed(engine.ThreadingMixIn, socketserver.TCPServer):
        daemon_threads = True

    with Mixed(("127.0.0.1", 0), Quick) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with socket.create_connection(server.server_address, DEADLINE) as client:
            assert client.recv(10) == b"done"
        server.shutdown()
        thread.join()


def test_threads_that_somebody_has_patched_are_not_paced(monkeypatch: pytest.MonkeyPatch) -> None:
    assert are_usual()
    patched = type("Event", (threading.Event,), {"__module__": "greener"})
    monkeypatch.setattr(threading, "Event", patched)
    monkeypatch.setattr(making, "_usual_event", patched)  # patched before ours were imported, as it has to be
    monkeypatch.setattr(making, "_model", None)
    assert not are_usual()
    with Server(("127.0.0.1", 0), Quick) as server:
        assert server._ss_make_pace() is None
