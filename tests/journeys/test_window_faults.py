"""Handlers that crash or never end, seen in the window: the row says why, the window stays quick, Restart works."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic_ns

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.link.tick import ServerState
from engine.capture.records import RequestRecord, State
from engine.hosting.profile import Profile
from tests.scenes.theatre import Theatre, theatre

HANDLERS = Path(__file__).with_name("handlers_headless.py")
STALL_MS = 100
"""The longest that the window may be away from its events of its own doing."""

pytestmark = [pytest.mark.window, pytest.mark.loud]


@pytest.fixture
def here(tmp_path: Path, qtbot: QtBot) -> Iterator[Theatre]:
    with theatre(tmp_path) as opened:
        yield opened


class Pulse:
    """Notes the longest time between two beats of the event loop, in ms.

    Time in which this thread could have run, but others had the processors, is not the window's doing and not counted;
    time in which it waited for anything is.
    """

    def __init__(self) -> None:
        self.worst = 0.0
        self._schedule = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._last = self._own_time()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(5)

    def _own_time(self) -> float:
        queued = int(self._schedule.read_text("ascii").split()[1])
        return (monotonic_ns() - queued) / 1e6

    def _beat(self) -> None:
        now = self._own_time()
        self.worst, self._last = max(self.worst, now - self._last), now


def serve(here: Theatre) -> tuple[str, int]:
    """A server whose handler does what it is told; its key and port."""
    key = here.serve(Profile("unruly", handler_file=str(HANDLERS), handler_class="Trouble"))
    return key, int(here.wait_listening(key).address.rpartition(":")[2])


def tell(port: int, word: bytes) -> socket.socket:
    """A client that orders one misdeed."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(word + b"\n")
    return client


def row_in(here: Theatre, state: State) -> RequestRecord:
    """The one request in this state."""
    return here.wait_requests(1, f"state:{state.word}")[0]


def run_of(here: Theatre, key: str) -> tuple[int | None, bool]:
    """The capture's number of the server's run while it listens."""
    status = here.status(key)
    return (status.id, status.state is ServerState.LISTENING) if status is not None else (None, False)


def restart_and_greet(here: Theatre, key: str, port: int) -> None:
    """Restart, as the button does, and see the same port answer."""
    here.window.context.selection.select_server(key)
    here.wait("restart can be pressed", lambda: here.window.action("server.restart").isEnabled())
    served = len(here.requests("state:done"))
    before, _ = run_of(here, key)
    here.window.action("server.restart").trigger()
    here.wait("a new run that listens", lambda: run_of(here, key)[1] and run_of(here, key)[0] != before)
    with tell(port, b"echo") as client:
        client.shutdown(socket.SHUT_WR)
        here.wait_requests(served + 1, "state:done")
        assert client.recv(100) == b"done\n"


@pytest.mark.parametrize(("word", "cause"), [(b"crash", "segmentation fault"), (b"leave", "exit")])
def test_a_handler_that_kills_its_process(here: Theatre, word: bytes, cause: str) -> None:
    key, port = serve(here)
    pulse = Pulse()
    with tell(port, word):
        row = row_in(here, State.KILLED)
    assert row.bytes_in == len(word) + 1
    assert cause in f"{row.error} {row.message}".lower()
    assert pulse.worst < STALL_MS
    restart_and_greet(here, key, port)


@pytest.mark.parametrize("word", [b"loop", b"hold"])
def test_a_handler_that_never_ends(here: Theatre, word: bytes) -> None:
    key, port = serve(here)
    pulse = Pulse()
    with tell(port, word):
        here.wait_requests(1, "state:running stage:handle")
        here.wait("its bytes", lambda: here.requests("state:running")[0].bytes_in == len(word) + 1)
        assert pulse.worst < STALL_MS
        restart_and_greet(here, key, port)
    assert here.requests("state:killed")[0].error
