"""Where requests wait: told of, decided, released, and with patience."""

from __future__ import annotations

import queue
import socket
import struct
import threading
from typing import Any

from engine.debug.pauses import Decision, Pause
from engine.debug.waiting import WaitingRoom
from engine.observe.causes import peer_gone

DEADLINE = 10.0


class Told(Pause):
    """A pause that needs no request to be told of."""

    def to_json(self) -> dict[str, Any]:
        return {"number": self.number}


def pause(patience: float | None = None) -> Told:
    nobody: Any = None
    return Told(nobody, "handle", "before", 1, patience)


def test_a_thread_waits_until_it_is_decided() -> None:
    told: queue.Queue[dict[str, Any]] = queue.Queue()
    room = WaitingRoom(told.put)
    decisions: queue.Queue[Decision] = queue.Queue()
    thread = threading.Thread(target=lambda: decisions.put(room.hold(pause())), daemon=True)
    thread.start()
    number = told.get(timeout=DEADLINE)["number"]
    assert not room.decide("another", Decision())
    assert room.decide(number, Decision("drop"))
    assert decisions.get(timeout=DEADLINE).deed == "drop"
    assert told.get(timeout=DEADLINE) == {"event": "released", "number": number, "deed": "drop"}
    assert room.pauses == []


def test_patience_and_the_end() -> None:
    room = WaitingRoom(lambda event: None)
    assert not room.hold(pause(0.01)).person
    room.release()
    assert not room.hold(pause()).person


def test_patience_without_a_thread() -> None:
    room = WaitingRoom(lambda event: None)
    decisions: list[Decision] = []
    held = pause(1.0)
    held.then = decisions.append
    room.enter(held)
    room.let_patience_end(held.since + 900_000_000)
    assert decisions == []
    room.let_patience_end(held.since + 1_100_000_000)
    assert len(decisions) == 1


def test_a_peer_that_has_gone() -> None:
    ours, theirs = socket.socketpair()
    assert not peer_gone(ours)
    theirs.close()
    assert peer_gone(ours)
    ours.close()
    assert peer_gone(ours)
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        assert not peer_gone((b"x", datagrams))
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        accepted, _ = listener.accept()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        assert peer_gone(accepted)
        accepted.close()
