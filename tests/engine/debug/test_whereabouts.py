"""Real threads that wait for real things: what for is told, and who holds it."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from engine.debug.deaths import Place
from engine.debug.pauses import UNDECIDED
from engine.debug.waiting import WaitingRoom
from engine.debug.whereabouts import Doing, judge_places, whereabouts

SECONDS = 10


class Site:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.again = threading.RLock()
        self.change = threading.Condition()
        self.event = threading.Event()
        self.jobs: queue.Queue[int] = queue.Queue()
        self.near, self.far = socket.socketpair()
        self.go_on = threading.Event()

    def with_lock(self) -> None:
        with self.lock:
            pass

    def acquire(self) -> None:
        self.lock.acquire()
        self.lock.release()

    def with_again(self) -> None:
        with self.again:
            pass

    def condition(self) -> None:
        with self.change:
            pass

    def wait_event(self) -> None:
        self.event.wait(SECONDS)

    def get_job(self) -> None:
        self.jobs.get()

    def receive(self) -> None:
        self.near.recv(1)

    def read_line(self) -> None:
        with self.near.makefile("rb") as file:
            file.readline()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    with made.near, made.far:
        yield made


@contextmanager
def running(call: Callable[[], Any], doing: Doing) -> Iterator[dict[str, Any]]:
    """A thread in that call, and the entry about it once it does what it is to do."""
    thread = threading.Thread(target=call, name=call.__name__, daemon=True)
    thread.start()
    deadline = time.monotonic() + SECONDS
    entry: dict[str, Any] = {}
    while entry.get("doing") != doing and time.monotonic() < deadline:
        entry = next(iter(whereabouts([thread.native_id or 0])), {})
    assert entry["doing"] == doing, entry
    yield entry
    thread.join(SECONDS)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("name", "doing", "text", "kind"),
    [
        ("with_lock", Doing.LOCK, "with self.lock", "lock"),
        ("acquire", Doing.LOCK, "self.lock.acquire()", "lock"),
        ("with_again", Doing.LOCK, "with self.again", "RLock"),
        ("condition", Doing.LOCK, "with self.change", "Condition"),
        ("wait_event", Doing.SIGNAL, "self.event.wait(SECONDS)", "Event"),
        ("get_job", Doing.SIGNAL, "self.jobs.get()", "Queue"),
        ("receive", Doing.RECEIVE, "self.near.recv(1)", ""),
        ("read_line", Doing.RECEIVE, "file.readline()", ""),
    ],
)
def test_what_a_thread_waits_for(name: str, doing: Doing, text: str, kind: str, site: Site) -> None:
    taken = threading.Event()

    def hold() -> None:
        with site.lock, site.again, site.change:
            taken.set()
            site.go_on.wait(SECONDS)

    holder = threading.Thread(target=hold, name="holder")
    holder.start()
    assert taken.wait(SECONDS)
    with running(getattr(site, name), doing) as entry:
        assert (entry["call"], entry["kind"]) == (text, kind)
        assert entry["name"] == name
        assert any(frame["function"] == f"Site.{name}" for frame in entry["frames"])
        held_by = [one["name"] for one in entry["holders"]]
        assert held_by == (["holder"] if doing is Doing.LOCK else [])
        assert all(one["function"].endswith("hold") for one in entry["holders"])
        site.go_on.set()
        site.event.set()
        site.jobs.put(1)
        site.far.sendall(b"\n")
        holder.join(SECONDS)


def test_a_lock_that_was_released_again_is_not_held(site: Site) -> None:
    site.lock.acquire()
    site.lock.release()
    site.lock.acquire()  # here, and not where it was acquired first
    with running(site.acquire, Doing.LOCK) as entry:
        (holder,) = entry["holders"]
        assert holder["function"].endswith("test_a_lock_that_was_released_again_is_not_held")
        site.lock.release()


def test_a_lock_whose_holder_has_left_is_held_by_nobody_known(site: Site) -> None:
    def take() -> None:
        site.lock.acquire()

    take()
    with running(site.with_lock, Doing.LOCK) as entry:
        assert entry["holders"] == []
        site.lock.release()


def test_only_the_threads_that_were_asked_for() -> None:
    assert [entry["name"] for entry in whereabouts([threading.get_native_id()])] == ["MainThread"]
    assert whereabouts([]) == []


def test_a_stack_of_which_only_lines_are_known() -> None:
    assert judge_places([]) == (Doing.RUNNING, "")
    line = Site.receive.__code__.co_firstlineno + 1
    assert judge_places([Place(__file__, line, "receive")]) == (Doing.RECEIVE, "self.near.recv(1)")
    line = Site.with_lock.__code__.co_firstlineno + 1
    assert judge_places([Place(__file__, line, "with_lock")]) == (Doing.LOCK, "with self.lock")
    inner = Place(threading.__file__, threading.Condition.wait.__code__.co_firstlineno, "wait")
    assert judge_places([inner, Place(__file__, line, "x")])[0] is Doing.RUNNING


class Held(Site):
    def loop(self) -> None:
        with self.near.makefile("rb") as file:
            for _line in file:
                return


def test_a_wait_without_a_call_is_told_by_its_line() -> None:
    site = Held()
    with site.near, site.far, running(site.loop, Doing.RECEIVE) as entry:
        assert entry["call"] == "for _line in file"
        site.far.sendall(b"\n")


def test_who_is_held_at_a_gate_waits_for_no_lock() -> None:
    pause = SimpleNamespace(decided=threading.Event(), patience=None, then=None, number="1", decision=UNDECIDED)
    told: list[Any] = []
    room = WaitingRoom(told.append)
    pause.to_json = dict
    with running(lambda: room.hold(pause), Doing.HELD):  # type: ignore[arg-type]  # what waiting asks of a pause
        pause.decided.set()
