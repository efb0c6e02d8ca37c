"""The watchdog that a library's user adds."""

from __future__ import annotations

import logging
import queue
import threading

import pytest

import engine
from engine import SlowStage, Stage, Watchdog
from tests.engine.serving import DEADLINE, Notes, ask, serving
from tests.journeys.headless import until


class Stuck(engine.StreamRequestHandler):
    """Waits until it is let go."""

    go_on: threading.Event

    def handle(self) -> None:
        self.rfile.readline()
        self.go_on.wait(DEADLINE)
        self.wfile.write(b"done")


def test_a_stuck_handler_is_told_while_it_is_stuck() -> None:
    Stuck.go_on = threading.Event()
    told: queue.Queue[SlowStage] = queue.Queue()

    def tell(slow: SlowStage) -> None:
        told.put(slow)
        Stuck.go_on.set()

    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Stuck), Watchdog(tell, after=0.01)) as server:
        assert ask(server.server_address, b"line\n") == b"done"
    slow = told.get(timeout=DEADLINE)
    assert slow.stage is Stage.HANDLE
    assert slow.frames[-1]["function"]
    assert slow.at - slow.since >= slow.limit == 10_000_000


def test_what_the_callback_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    Stuck.go_on = threading.Event()

    def tell(slow: SlowStage) -> None:
        Stuck.go_on.set()
        raise KeyError("mine")

    with (
        caplog.at_level(logging.ERROR, "socketscope.watchdog"),
        serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Stuck), Watchdog(tell, after=0.01)) as server,
    ):
        assert ask(server.server_address, b"line\n") == b"done"
    until(lambda: "Telling of a slow stage failed" in caplog.text)
    caplog.clear()


def test_its_thread_ends_when_there_is_nothing_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.debug.watchdog.EVERY", 0.001)
    Stuck.go_on = threading.Event()
    Stuck.go_on.set()
    watchdog, notes = Watchdog(print), Notes()
    with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Stuck), watchdog, notes) as server:
        for count in (1, 2):
            assert ask(server.server_address, b"line\n") == b"done"
            notes.wait("request_closed", count)
            thread = watchdog._thread
            if thread is not None:
                thread.join(DEADLINE)
                assert not thread.is_alive()
        assert watchdog._thread is None


def test_what_is_unknown_is_no_member() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        engine.Nonsense  # noqa: B018
