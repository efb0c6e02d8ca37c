"""Real servers that suffer from faults, for the tests of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import engine
from engine.debug.faults import Fault
from engine.debug.interference import Interference
from engine.debug.waiting import WaitingRoom
from engine.observe import acting
from engine.observe.facts import Means
from tests.engine.serving import Notes, serving


class Chunks(engine.BaseRequestHandler):
    """Answers each chunk that it reads with its length, and at the end with all of them."""

    def handle(self) -> None:
        said = []
        while True:
            try:
                chunk = self.request.recv(100)
            except ConnectionResetError:
                said.append(b"reset")
                break
            if not chunk:
                break
            said.append(chunk)
        self.server.said.append(said)  # type: ignore[attr-defined]
        self.request.sendall(b"|".join(said))


class Server(engine.ThreadingTCPServer):
    """Keeps what its handlers read."""

    block_on_close = True

    def __init__(self, handler: Any = Chunks) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.said: list[list[bytes]] = []


@contextmanager
def suffering(*faults: dict[str, Any], server: Any = None) -> Iterator[tuple[Any, Notes]]:
    """A server with these faults, and what is told of it."""
    made = [Fault.from_json({"number": number, **fault}) for number, fault in enumerate(faults, 1)]
    acting.choose(Interference(WaitingRoom(lambda event: None), faults=made))
    notes = Notes()
    try:
        with serving(server or Server(), notes) as served:
            yield served, notes
    finally:
        acting.choose(None)


def fault(kind: str, **values: Any) -> dict[str, Any]:
    return {"kind": kind, "values": values}


def told(notes: Notes) -> list[tuple[Means, int, str]]:
    return [(means, amount, detail) for _, _, means, amount, detail in notes.named("interfered")]


class Talkative(engine.StreamRequestHandler):
    """Sends three chunks, asks, and sends once more."""

    def handle(self) -> None:
        for chunk in (b"a", b"b", b"c"):
            self.wfile.write(chunk)
        self.rfile.readline()
        self.wfile.write(b"d")
