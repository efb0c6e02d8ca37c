"""The black box: what is in it when its writer is gone, and that nothing in it can hurt its reader."""

from __future__ import annotations

import os
import random

import pytest

import engine
from engine import Stage
from engine.observe.blackbox import (
    ROOM,
    SLOT,
    SLOTS,
    TO_STAGE,
    BlackBox,
    write_worker,
)
from engine.observe.place import Place
from engine.observe.recorder import Recorder
from engine.observe.request import Request, Worker
from tests.engine.serving import Echo, ask, serving


@pytest.fixture
def ends() -> tuple[BlackBox, BlackBox]:
    fd = BlackBox.create()
    writer, reader = BlackBox(fd), BlackBox(fd)
    os.close(fd)
    return writer, reader


def taken(box: BlackBox, number: int, peer: str = "") -> Request:
    """A request that has taken a slot, if there was one."""
    place = Place(None)
    place.number = 1
    worker = Worker(place, ident=13, thread=12, name="", pid=11)
    request = Request(place, worker)
    request.id, request.peer, request.opened = number, peer, 100
    box.take(request, worker, Stage.VERIFY_REQUEST, 100)
    return request


def test_a_long_name_of_a_peer_is_cut(ends: tuple[BlackBox, BlackBox]) -> None:
    writer, reader = ends
    taken(writer, 7, "/run/" + "x" * 300)
    (entry,) = reader.live()
    assert entry.peer == "/run/" + "x" * (len(entry.peer) - 5)
    assert len(entry.peer) > 100


def test_one_request(ends: tuple[BlackBox, BlackBox]) -> None:
    writer, reader = ends
    request = taken(writer, 7, "127.0.0.1:5")
    (entry,) = reader.live()
    assert (entry.request, entry.server, entry.stage, entry.peer) == (7, 1, Stage.VERIFY_REQUEST, "127.0.0.1:5")
    assert (entry.pid, entry.thread, entry.ident) == (11, 12, 13)
    write_worker(writer.memory, request.spot + TO_STAGE, Stage.HANDLE, 200, 21, 22, 23)
    writer.received(request.slot, 0, b"abc")
    writer.received(request.slot, 3, b"def")
    (entry,) = reader.live()
    assert (entry.opened, entry.since, entry.pid, entry.thread, entry.ident) == (100, 200, 21, 22, 23)
    assert (entry.stage, entry.received, entry.data) == (Stage.HANDLE, 6, b"abcdef")
    assert reader.handled_by(21, 23) == entry
    assert reader.handled_by(21, 24) is None
    writer.free(request.slot)
    assert reader.live() == []


def test_only_the_first_bytes_are_kept(ends: tuple[BlackBox, BlackBox]) -> None:
    writer, reader = ends
    slots = [taken(writer, number).slot for number in (1, 2)]
    writer.received(slots[0], 0, b"a" * (ROOM - 1))
    writer.received(slots[0], ROOM - 1, b"bc")
    writer.received(slots[0], ROOM + 1, b"d")
    first, second = reader.live()
    assert first.data == b"a" * (ROOM - 1) + b"b"
    assert first.received == ROOM + 2
    assert second.data == b""


def test_a_full_box_refuses(ends: tuple[BlackBox, BlackBox]) -> None:
    writer, reader = ends
    assert all(taken(writer, number).slot >= 0 for number in range(1, SLOTS + 1))
    assert taken(writer, SLOTS + 1).slot == -1
    assert len(reader.live()) == SLOTS


def test_garbage_is_harmless(ends: tuple[BlackBox, BlackBox]) -> None:
    writer, reader = ends
    chance = random.Random(1)
    for _ in range(20):
        writer.memory[: SLOTS * SLOT] = chance.randbytes(SLOTS * SLOT)
        writer.memory[: 8 * SLOT : SLOT] = bytes([1] * 8)
        reader.live()


def test_what_a_dead_host_was_serving() -> None:
    class Fatal(engine.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(100)
            os._exit(3)

    fd = BlackBox.create()
    reader = BlackBox(fd)
    ready, told = os.pipe()
    host = os.fork()
    if not host:
        with engine.ThreadingTCPServer(("127.0.0.1", 0), Fatal) as server:
            server.add_observer(Recorder(lambda flat: 0, black_box=BlackBox(fd)))
            os.write(told, str(server.server_address[1]).encode())
            server.serve_forever()
    port = int(os.read(ready, 10))
    assert ask(("127.0.0.1", port), b"last words") == b""
    os.waitpid(host, 0)
    (entry,) = reader.live()
    assert (entry.pid, entry.stage, entry.data) == (host, Stage.HANDLE, b"last words")
    assert entry.thread != host
    for descriptor in (fd, ready, told):
        os.close(descriptor)


def test_slots_are_given_back() -> None:
    box = BlackBox(BlackBox.create())
    recorder = Recorder(lambda flat: 0, black_box=box)
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo), recorder) as server:
        for _ in range(20):
            ask(server.server_address, b"x\n")
    recorder.close()
    assert box.live() == []
    assert len(box._free) == SLOTS
