"""A parent reaches its children's connections, and no other socket of theirs."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from engine.servers.reach import Reach


@contextmanager
def child(work: Callable[[], None]) -> Iterator[tuple[int, int]]:
    """A forked child that does this and then waits; its id, and a descriptor that ends it when a byte is written."""
    ready, done = os.pipe()
    hold, release = os.pipe()
    pid = os.fork()
    if not pid:
        work()
        os.write(done, b"x")
        os.read(hold, 1)
        os._exit(0)
    os.read(ready, 1)
    yield pid, release
    os.write(release, b"x")
    os.waitpid(pid, 0)
    for descriptor in (ready, done, hold, release):
        os.close(descriptor)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_childs_connection_is_reached_and_ended(listener: socket.socket) -> None:
    client = socket.create_connection(listener.getsockname(), 5)
    accepted, _ = listener.accept()
    listener.set_inheritable(True)

    def echo() -> None:
        client.close()
        listener.close()

    with client, child(echo) as (pid, _):
        accepted.close()
        reach = Reach(listener.getsockname())
        (copies,) = reach.sockets([pid]).values()
        (copy,) = copies
        assert copy.getpeername() == client.getsockname()
        copy.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
        assert reach.sockets([pid]) == {pid: [copy]}
        reach.close()
        assert copy.fileno() == -1


def test_a_listener_a_client_and_a_stranger_are_left_alone(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname(), 5), listener.accept()[0] as accepted:
        elsewhere, other = socket.socketpair()
        with elsewhere, other, child(accepted.close) as (pid, _):
            reach = Reach(listener.getsockname())
            assert reach.sockets([pid]) == {}
            reach.close()


def test_a_copy_goes_with_the_childs_own(listener: socket.socket) -> None:
    client = socket.create_connection(listener.getsockname(), 5)
    accepted, _ = listener.accept()
    reach = Reach(listener.getsockname())
    with client:
        with child(client.close) as (pid, _):
            accepted.close()
            ((copy,),) = reach.sockets([pid]).values()
        assert reach.sockets([]) == {}
        assert copy.fileno() == -1
        assert client.recv(1) == b""


def test_no_child_no_connection(listener: socket.socket) -> None:
    reach = Reach(listener.getsockname())
    assert reach.sockets([1 << 22]) == {}
    reach.close()
