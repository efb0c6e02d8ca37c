"""A session against a debugger that the test plays: what it asks for, what it makes of stops, moves and nonsense."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from engine.channel.dap import DapChannel, DapReader, encode_message
from engine.debug.linepoints import LinePoint
from engine.hosting.session import Session, Verdict

FRAME = {"id": 7, "name": "handle", "source": {"path": "/a.py"}, "line": 5}


class Debugger:
    """The other end: answers what it is told to."""

    def __init__(self) -> None:
        ours, self._socket = socket.socketpair()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._socket.settimeout(10)
        self._reader = DapReader()
        self.said: list[str] = []
        self.changes: list[None] = []
        self.session = Session(DapChannel(ours), 100, lambda: self.changes.append(None), self.said.append)

    def close(self) -> None:
        self.session.channel.close()
        self._socket.close()

    def asked(self, count: int) -> list[dict[str, Any]]:
        """The next requests."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            found += self._reader.feed(self._socket.recv(1 << 16))
        assert len(found) == count
        return found

    def answer(self, request: dict[str, Any], **body: Any) -> None:
        self._send({"type": "response", "request_seq": request["seq"], "success": True, "body": body})

    def event(self, name: str, **body: Any) -> None:
        self._send({"type": "event", "event": name, "body": body})

    def _send(self, message: dict[str, Any]) -> None:
        self._socket.sendall(encode_message(message))
        for event in self.session.channel.receive():
            self.session.hear(event)

    def stop(self, thread: int = 1, native: str = "4711") -> None:
        """Tell that a thread has stopped, and answer what is asked about it."""
        self.event("stopped", threadId=thread, reason="breakpoint")
        self.answer(self.asked(1)[0], stackFrames=[FRAME])
        self.answer(self.asked(1)[0], result=native)


@pytest.fixture
def debugger() -> Iterator[Debugger]:
    made = Debugger()
    yield made
    made.close()


def test_it_greets_with_its_points(debugger: Debugger) -> None:
    debugger.session.begin([LinePoint("/a.py", 3, "x"), LinePoint("/b.py", 1)])
    requests = debugger.asked(6)
    commands = ["initialize", "attach", "setBreakpoints", "setBreakpoints", "setExceptionBreakpoints"]
    assert [request["command"] for request in requests] == [*commands, "configurationDone"]
    assert requests[1]["arguments"]["stopAllThreadsOnSuspend"] is False
    by_path = {r["arguments"]["source"]["path"]: r["arguments"]["breakpoints"] for r in requests[2:4]}
    assert by_path == {"/a.py": [{"line": 3, "condition": "x"}], "/b.py": [{"line": 1}]}
    assert not debugger.session.ready
    debugger.answer(requests[5])
    assert debugger.session.ready


def test_only_files_whose_points_changed_are_told(debugger: Debugger) -> None:
    first, second = LinePoint("/a.py", 3), LinePoint("/b.py", 1)
    debugger.session.set_points([first, second])
    debugger.asked(2)
    debugger.session.set_points([first])
    request = debugger.asked(1)[0]
    assert request["arguments"] == {"source": {"path": "/b.py"}, "breakpoints": []}


def test_where_a_point_really_is(debugger: Debugger) -> None:
    debugger.session.set_points([LinePoint("/a.py", 3), LinePoint("/a.py", 99)])
    found = [{"id": 1, "verified": True, "line": 4}, {"id": 2, "verified": False, "line": 99, "message": "no code"}]
    debugger.answer(debugger.asked(1)[0], breakpoints=found)
    assert debugger.session.verdicts == {("/a.py", 3): Verdict(4), ("/a.py", 99): Verdict(0, "no code")}
    debugger.event("breakpoint", reason="changed", breakpoint={"id": 2, "verified": True, "line": 98})
    assert debugger.session.verdicts["/a.py", 99] == Verdict(98)


def test_a_stop_is_known_with_its_frames_and_its_thread(debugger: Debugger) -> None:
    debugger.stop()
    stop = debugger.session.stops[1]
    assert (stop.native, stop.reason) == (4711, "breakpoint")
    assert stop.frames == [{"id": 7, "name": "handle", "path": "/a.py", "line": 5}]
    debugger.event("continued", threadId=1)
    assert debugger.session.stops == {}


def test_a_step_keeps_the_stop_until_it_has_come_somewhere(debugger: Debugger) -> None:
    debugger.stop()
    debugger.session.go(debugger.session.stops[1], "over")
    assert debugger.asked(1)[0]["command"] == "next"
    debugger.event("continued", threadId=1)
    assert debugger.session.stops[1].running
    debugger.event("stopped", threadId=1, reason="step")
    debugger.answer(debugger.asked(1)[0], stackFrames=[FRAME | {"line": 6}])
    assert (debugger.session.stops[1].running, debugger.session.stops[1].frames[0]["line"]) == (False, 6)
    debugger.event("thread", threadId=1, reason="exited")
    assert debugger.session.stops == {}


LIBRARY = {"id": 8, "name": "__or__", "source": {"path": "/usr/lib/python3.12/enum.py"}, "line": 1506}
THREAD = {"id": 9, "name": "run", "source": {"path": "/usr/lib/python3.12/threading.py"}, "line": 982}


def step(debugger: Debugger, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    """A thread stops with frames, is told to step, and stops with others."""
    debugger.event("stopped", threadId=1, reason="breakpoint")
    debugger.answer(debugger.asked(1)[0], stackFrames=before)
    debugger.answer(debugger.asked(1)[0], result="4711")
    debugger.session.go(debugger.session.stops[1], "over")
    debugger.asked(1)
    debugger.event("stopped", threadId=1, reason="step")
    debugger.answer(debugger.asked(1)[0], stackFrames=after)


def test_a_step_out_of_the_handler_does_not_stop_in_what_the_library_does_for_the_engine(debugger: Debugger) -> None:
    step(debugger, [FRAME, THREAD], [LIBRARY, THREAD])
    assert debugger.asked(1)[0]["command"] == "continue"
    assert debugger.session.stops == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([FRAME, THREAD], [LIBRARY, FRAME, THREAD]),  # into the library
        ([LIBRARY, FRAME, THREAD], [FRAME, THREAD]),  # back from it
        ([FRAME, LIBRARY, THREAD], [LIBRARY, THREAD]),  # back into the library that called
        ([FRAME, THREAD], [FRAME | {"name": "finish"}, THREAD]),  # into other code of one's own
    ],
)
def test_other_steps_stop_where_they_come_to(
    debugger: Debugger, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    step(debugger, before, after)
    stop = debugger.session.stops[1]
    assert (stop.running, stop.frames[0]["name"]) == (False, after[0]["name"])


def test_who_is_let_be_does_not_stop_at_the_cursor_any_more(debugger: Debugger) -> None:
    debugger.stop()
    stop = debugger.session.stops[1]
    debugger.session.go(stop, "cursor", LinePoint("/a.py", 9))
    debugger.asked(2)
    debugger.session.let_be(stop)
    request, other = debugger.asked(2)
    assert (request["arguments"]["breakpoints"], other["command"]) == ([], "continue")
    assert debugger.session.stops == {}


def test_to_the_cursor_is_a_point_for_one_thread_and_one_time(debugger: Debugger) -> None:
    debugger.session.set_points([LinePoint("/a.py", 3)])
    debugger.asked(1)
    debugger.stop()
    debugger.session.go(debugger.session.stops[1], "cursor", LinePoint("/a.py", 9))
    point, going = debugger.asked(2)
    assert [one["line"] for one in point["arguments"]["breakpoints"]] == [3, 9]
    assert "4711" in point["arguments"]["breakpoints"][1]["condition"]
    assert going["command"] == "continue"
    debugger.event("stopped", threadId=1, reason="breakpoint")
    back, stack = debugger.asked(2)
    assert [one["line"] for one in back["arguments"]["breakpoints"]] == [3]
    assert stack["command"] == "stackTrace"


def test_a_stop_without_frames_is_none(debugger: Debugger) -> None:
    debugger.event("stopped", threadId=1, reason="pause")
    debugger.answer(debugger.asked(1)[0], stackFrames=[])
    assert debugger.asked(1)[0]["command"] == "continue"
    assert debugger.session.stops == {}


def test_leaving_lets_all_go(debugger: Debugger) -> None:
    debugger.session.set_points([LinePoint("/a.py", 3)])
    debugger.asked(1)
    debugger.stop()
    debugger.session.disconnect()
    assert [request["command"] for request in debugger.asked(3)] == ["setBreakpoints", "continue", "disconnect"]


def test_who_stops_while_all_are_let_go_goes_on(debugger: Debugger) -> None:
    debugger.event("stopped", threadId=1, reason="breakpoint")
    stack = debugger.asked(1)[0]
    debugger.session.release()
    debugger.answer(stack, stackFrames=[FRAME])
    assert debugger.asked(1)[0]["command"] == "continue"
    assert debugger.session.stops == {}


def test_who_was_asked_for_its_thread_while_all_are_let_go_goes_on(debugger: Debugger) -> None:
    debugger.event("stopped", threadId=1, reason="breakpoint")
    debugger.answer(debugger.asked(1)[0], stackFrames=[FRAME])
    question = debugger.asked(1)[0]
    debugger.session.release()
    debugger.answer(question, result="4711")
    assert debugger.asked(1)[0]["command"] == "continue"
    assert debugger.session.stops == {}


def test_variables_are_bounded(debugger: Debugger) -> None:
    heard: list[Any] = []
    debugger.session.locals(7, lambda found, why: heard.append(found))
    debugger.answer(debugger.asked(1)[0], scopes=[{"name": "Locals", "variablesReference": 3}])
    many = [{"name": "n", "value": "x" * 1100, "type": "str", "variablesReference": 0}] * 210
    debugger.answer(debugger.asked(1)[0], variables=many)
    assert (len(heard[0]), len(heard[0][0]["value"])) == (200, 1000)


def test_log_points_are_heard(debugger: Debugger) -> None:
    debugger.event("output", category="stdout", output="n=5\n")
    debugger.event("output", category="telemetry", output="x")
    assert debugger.said == ["n=5"]


@pytest.mark.parametrize(
    ("name", "body"), [("stopped", {}), ("stopped", {"threadId": "x"}), ("thread", {"reason": "exited"})]
)
def test_nonsense_is_an_error_that_the_desk_knows(debugger: Debugger, name: str, body: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, LookupError)):
        debugger.event(name, **body)
