"""Listen queues: how full one is, and what the kernel counted when one was full."""

from __future__ import annotations

import socket
import sys

import pytest

from engine.servers.backlog import AcceptQueue, TurnedAway, accept_queue, drops_in, parse_netstat, turned_away

linux = pytest.mark.skipif(sys.platform != "linux", reason="told by Linux only")


@linux
def test_depth_and_limit() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=3) as listener:
        assert accept_queue(listener) == AcceptQueue(0, 3, 0)
        clients = [socket.create_connection(listener.getsockname()) for _ in range(2)]
        assert accept_queue(listener) == AcceptQueue(2, 3, 0)
        listener.accept()[0].close()
        assert accept_queue(listener) == AcceptQueue(1, 3, 0)
        for client in clients:
            client.close()


@linux
def test_a_full_queue_and_what_it_turned_away() -> None:
    before = turned_away()
    assert before is not None
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
        clients = [socket.socket() for _ in range(6)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        queue, after, its = accept_queue(listener), turned_away(), accept_queue(other)
        for client in clients:
            client.close()
    assert queue is not None
    assert (queue.depth, queue.limit) == (2, 1)
    assert queue.full
    assert after is not None
    assert its is not None
    assert (queue.dropped, its.dropped) == (4, 0)
    assert (after - before).overflows >= 1
    assert (after - before).drops >= (after - before).overflows


def test_a_system_that_says_less_of_a_socket_does_not_say_0() -> None:
    assert drops_in(bytes(32)) is None
    assert drops_in(bytes(32) + b"\7\0\0\0" + bytes(8)) == int.from_bytes(b"\7\0\0\0", sys.byteorder)


def test_what_has_no_queue() -> None:
    with socket.socket() as idle, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        assert accept_queue(idle) is None
        assert accept_queue(datagrams) is None
    assert accept_queue(idle) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("TcpExt: A ListenOverflows ListenDrops\nTcpExt: 1 2 3\nIpExt: X\nIpExt: 9\n", TurnedAway(2, 3)),
        ("IpExt: X\nIpExt: 9\nTcpExt: ListenDrops ListenOverflows\nTcpExt: 8 7\n", TurnedAway(7, 8)),
        ("TcpExt: A\nTcpExt: 1\n", None),
        ("TcpExt: ListenOverflows ListenDrops\nTcpExt: x y\n", None),
        ("", None),
    ],
)
def test_netstat(text: str, told: TurnedAway | None) -> None:
    assert parse_netstat(text) == told
