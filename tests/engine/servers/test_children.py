"""A loop's selector hears of its own children, one by one, and of nobody else's."""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Iterator

import pytest

from engine.servers import children
from engine.servers.children import ChildSelector, Ended, collect, forget

SECONDS = 10.0


class Parent:
    """Has children that end when they are told to, and notes whom it has been asked to collect."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._ways: dict[int, int] = {}
        self.own: set[int] = set()
        self.collected: list[int] = []
        self.accepts = True

    def fileno(self) -> int:
        return self._listener.fileno()

    def fork(self) -> int:
        ours, theirs = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(theirs)
            os.read(ours, 1)
            os._exit(5)
        os.close(ours)
        self._ways[pid] = theirs
        self.own.add(pid)
        return pid

    def end(self, pid: int) -> None:
        way = self._ways.pop(pid)
        os.write(way, b"x")
        os.close(way)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    def _ss_own_children(self) -> set[int]:
        return self.own

    def _ss_collect_child(self, pid: int, flags: int) -> None:
        if forget(pid, flags):
            self.own.discard(pid)
            self.collected.append(pid)

    def _ss_accepts_now(self) -> bool:
        return self.accepts

    def _ss_loop_patience(self, timeout: float | None) -> float | None:
        return timeout


@pytest.fixture
def parent() -> Iterator[Parent]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        parent = Parent(listener)
        yield parent
        for pid in list(parent._ways):
            parent.end(pid)
            os.waitpid(pid, 0)


@pytest.fixture
def selector(parent: Parent) -> Iterator[ChildSelector]:
    with selectors.DefaultSelector() as inner:
        selector = ChildSelector(inner, parent)
        selector.register(parent, selectors.EVENT_READ)
        yield selector
        selector.close()
        assert list(inner.get_map()) == [parent.fileno()]


@pytest.fixture(params=["told", "blind"])
def _sight(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "blind":
        monkeypatch.setattr(children, "pidfd", lambda pid: None)


def _until_collected(selector: ChildSelector, parent: Parent, count: int) -> None:
    for _ in range(100):
        if len(parent.collected) >= count:
            return
        assert selector.select(SECONDS) == []
    raise AssertionError(parent.collected)


@pytest.mark.usefixtures("_sight")
def test_each_child_is_collected_when_it_ends(selector: ChildSelector, parent: Parent) -> None:
    first, second, third = parent.fork(), parent.fork(), parent.fork()
    selector.select(0)
    parent.end(second)
    _until_collected(selector, parent, 1)
    parent.end(first)
    parent.end(third)
    _until_collected(selector, parent, 3)
    assert (parent.collected[0], set(parent.collected[1:])) == (second, {first, third})


@pytest.mark.usefixtures("_sight")
def test_a_client_is_heard_of_beside_them(selector: ChildSelector, parent: Parent) -> None:
    pid = parent.fork()
    with socket.create_connection(parent._listener.getsockname()):
        parent.end(pid)
        ready = selector.select(SECONDS)
        assert [key.fileobj for key, _ in ready] == [parent]
        while not parent.collected:
            selector.select(SECONDS)
    assert parent.collected == [pid]


def test_the_listener_rests_while_the_parent_does_not_accept(selector: ChildSelector, parent: Parent) -> None:
    pid = parent.fork()
    parent.accepts = False
    with socket.create_connection(parent._listener.getsockname()):
        parent.end(pid)
        _until_collected(selector, parent, 1)
        assert selector.select(0) == []
        parent.accepts = True
        assert [key.fileobj for key, _ in selector.select(SECONDS)] == [parent]


def test_a_child_that_somebody_else_has_collected_is_forgotten(selector: ChildSelector, parent: Parent) -> None:
    first, second = parent.fork(), parent.fork()
    selector.select(0)
    parent.end(first)
    os.waitpid(first, 0)
    parent.own.discard(first)
    assert selector.select(0) == []
    parent.end(second)
    _until_collected(selector, parent, 1)
    assert parent.collected == [second]


def test_a_sibling_that_keeps_descriptors_changes_nothing(selector: ChildSelector, parent: Parent) -> None:
    """An epoll goes on about a descriptor that was closed, as long as a forked child has a copy of it."""
    first = parent.fork()
    selector.select(0)
    second = parent.fork()  # it has inherited the first one's descriptor
    selector.select(0)
    parent.end(first)
    _until_collected(selector, parent, 1)
    assert selector.select(0) == []
    assert selector.select(0) == []
    parent.end(second)
    _until_collected(selector, parent, 2)


def test_no_descriptor_is_left(parent: Parent) -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    with selectors.DefaultSelector() as inner:
        selector = ChildSelector(inner, parent)
        selector.register(parent, selectors.EVENT_READ)
        pid = parent.fork()
        selector.select(0)
        parent.end(pid)
        selector.close()
    os.waitpid(pid, 0)
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_how_a_child_ended_is_told_once(parent: Parent) -> None:
    pid = parent.fork()
    assert collect(pid, os.WNOHANG) is None
    parent.end(pid)
    ended = collect(pid)
    assert ended is not None
    assert os.waitstatus_to_exitcode(ended.status) == 5
    assert ended.cpu >= 0
    assert ended.peak_memory > 0
    assert collect(pid) == Ended()
    assert forget(pid)
