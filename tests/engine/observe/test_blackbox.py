"""The black box: what is in it when its writer is gone, and that nothing in it can hurt its reader."""

from __future__ import annotations

import os
import random

import pytest

import engine
from engine import Stage
from engine.observe.blackbox import ROOM, SLOT, SLOTS, BlackBox
from engine.observe.recorder import Recorder
from tests.engine.serving import Echo, ask, serving


@pytest.fixture
def ends() -> tuple[BlackBox, BlackBox]:
    fd = BlackBox.create()
    writer, reader = BlackBox(fd), BlackBox(fd)
    os.close(fd)
    return writer, reader


def test_one_request(ends: tuple[BlackBox, BlackBox]) -> None:
    writer, reader = ends
    slot = writer.take(7, 1, 100, 11, 12, b"127.0.0.1:5\0local")
    (entry,) = reader.live()
    assert (entry.request, entry.server, entry.stage, entry.peer) == (7, 1, Stage.VERIFY_REQUEST, "127.0.0.1:5")
    writer.handled(slot, Stage.HANDLE, 200, 21, 22)
    writer.received(slot, 0, b"abc")
    writer.received(slot, 3, b"def")
    (entry,) = reader.live()
    assert (entry.opened, entry.since, entry.pid, entry.thread) == (100, 200, 21, 22)
    assert (entry.stage, entry.received, entry.data) == (Stage.HANDLE, 6, b"abcdef")
    writer.free(slot)
    assert reader.live() == []


def test_only_the_first_bytes_are_kept(ends: tuple[BlackBox, BlackBox]) -> None:
    writer, reader = ends
    slots = [writer.take(number, 1, 1, 1, 1, b"") for number in (1, 2)]
    writer.received(slots[0], 0, b"a" * (ROOM - 1))
    writer.received(slots[0], ROOM - 1, b"bc")
    writer.received(slots[0], ROOM + 1, b"d")
    first, second = reader.live()
    assert first.data == b"a" * (ROOM - 1) + b"b"
    assert first.received == ROOM + 2
    assert second.data == b""


def test_a_full_box_refuses(ends: tuple[BlackBox, BlackBox]) -> None:
    writer, reader = ends
    assert all(writer.take(number, 1, 1, 1, 1, b"") >= 0 for number in range(1, SLOTS + 1))
    assert writer.take(SLOTS + 1, 1, 1, 1, 1, b"") == -1
    assert len(reader.live()) == SLOTS


def test_garbage_is_harmless(ends: tuple[BlackBox, BlackBox]) -> None:
    writer, reader = ends
    chance = random.Random(1)
    for _ in range(20):
        writer._map[: SLOTS * SLOT] = chance.randbytes(SLOTS * SLOT)
        writer._map[: 8 * SLOT : SLOT] = bytes([1] * 8)
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
