"""One debugger in one process, as the supervisor talks to it: sets its breakpoints, knows which threads it stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from ..channel.dap import Answer, Body, DapChannel
from ..debug.deaths import is_library
from ..debug.linepoints import LinePoint

Values = Callable[[list[dict[str, Any]] | None, str], None]
"""Called with variables, or with None and why there are none."""
FRAMES = 60
VALUES = 200
TEXT = 1000
"""Most characters of a value or a name."""
NATIVE = "__import__('threading').get_native_id()"
STEPS = {"continue": "continue", "over": "next", "into": "stepIn", "out": "stepOut"}
OWN_FILES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@dataclass(slots=True)
class Stop:
    """A thread that waits at a line. `thread` is the debugger's number, `native` the system's."""

    thread: int
    native: int
    reason: str
    frames: list[dict[str, Any]] = field(default_factory=list)
    since: int = field(default_factory=time.monotonic_ns)
    running: bool = False
    """It was told to go to the next line, and has not come there yet."""
    request: int | None = None
    """The capture's number of the request that it serves."""

    @property
    def on_foot(self) -> bool:
        """Whether it came here by a step, or is on its way."""
        return self.running or self.reason == "step"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a point: the line where it really is, 0 for nowhere, and why."""

    line: int
    message: str = ""


class Session:
    """Begins to talk when made. `changed` is called when a thread stops or goes on; `said` gets what log points say."""

    def __init__(self, channel: DapChannel, pid: int, changed: Callable[[], None], said: Callable[[str], None]) -> None:
        self.channel = channel
        self.pid = pid
        self.stops: dict[int, Stop] = {}
        self.verdicts: dict[tuple[str, int], Verdict] = {}
        self.ready = False
        """Whether its process has the points."""
        self.released = False
        """Whether it was told to let all go, for good."""
        self._changed = changed
        self._said = said
        self._points: dict[str, list[LinePoint]] = {}
        self._cursor: tuple[int, LinePoint] | None = None
        self._asked: dict[int, tuple[str, int]] = {}
        """By the debugger's number of a point: where it was asked for."""

    def begin(self, points: Iterable[LinePoint]) -> None:
        """Greet, and set the first points; the process serves when it has them."""
        ask = self.channel.ask
        ask("initialize", adapterID="socketscope", pathFormat="path", linesStartAt1=True, columnsStartAt1=True)
        ask(
            "attach", justMyCode=False, stopAllThreadsOnSuspend=False, steppingResumesAllThreads=False,
            rules=[{"path": os.path.join(OWN_FILES, "**"), "include": False}],
        )  # fmt: skip
        self.set_points(points)
        ask("setExceptionBreakpoints", filters=[])
        ask("configurationDone", self._on_ready)

    def _on_ready(self, body: Body | None, why: str) -> None:
        self.ready = body is not None
        self._changed()

    def set_points(self, points: Iterable[LinePoint]) -> None:
        """From now on these are the points."""
        wanted: dict[str, list[LinePoint]] = {}
        for point in points:
            wanted.setdefault(point.path, []).append(point)
        for path in {*wanted, *self._points}:
            if wanted.get(path) != self._points.get(path):
                self._send(path, wanted.get(path, []))
        self._points = wanted

    def _send(self, path: str, points: list[LinePoint]) -> None:
        places = [(point.path, point.line) for point in points]
        extra = [self._cursor[1]] if self._cursor is not None and self._cursor[1].path == path else []
        wanted = [point.to_dap() for point in (*points, *extra)]
        self.channel.ask(
            "setBreakpoints", lambda body, why: self._judge(places, body), source={"path": path}, breakpoints=wanted
        )

    def _judge(self, places: list[tuple[str, int]], body: Body | None) -> None:
        found = (body or {}).get("breakpoints")
        for place, one in zip(places, found if isinstance(found, list) else (), strict=False):
            if isinstance(one, dict):
                self._asked[int(one.get("id", -1))] = place
                self.verdicts[place] = _verdict(one, place[1])
        self._changed()

    # Events

    def hear(self, event: Body) -> None:
        """Take one event. Raises ValueError, TypeError or LookupError for one that makes no sense."""
        what, body = event.get("event"), event.get("body") or {}
        if what == "stopped":
            self._on_stopped(int(body["threadId"]), str(body.get("reason", "")))
        elif what == "continued":
            stop = self.stops.get(int(body["threadId"]))
            if stop is not None and not stop.running:
                self._forget(stop.thread)
        elif what == "thread" and body.get("reason") == "exited":
            self._forget(int(body["threadId"]))
        elif what == "breakpoint":
            self._on_moved(body.get("breakpoint") or {})
        elif what == "output" and body.get("category") in ("stdout", "console", "stderr"):
            self._said(str(body.get("output", ""))[: TEXT * 4].rstrip("\n"))

    def _on_moved(self, one: Body) -> None:
        place = self._asked.get(int(one.get("id", -1)))
        if place is not None:
            self.verdicts[place] = _verdict(one, place[1])
            self._changed()

    def _on_stopped(self, thread: int, reason: str) -> None:
        self._forget_cursor(thread)

        def take(body: Body | None, why: str) -> None:
            frames = [_frame(one) for one in (body or {}).get("stackFrames", [])[:FRAMES]]
            if not frames or self.released:
                self.channel.ask("continue", threadId=thread, singleThread=True)
                return
            known = self.stops.get(thread)
            if known is not None and reason == "step" and has_left(known.frames, frames):
                self.go(known, "continue")
            elif known is not None and known.native:
                self._stand(Stop(thread, known.native, reason, frames, request=known.request))
            else:
                answer = lambda body, why: self._stand(Stop(thread, _native(body), reason, frames))  # noqa: E731
                self.channel.ask("evaluate", answer, expression=NATIVE, frameId=frames[0]["id"], context="watch")

        self.channel.ask("stackTrace", take, threadId=thread, startFrame=0, levels=FRAMES)

    def _stand(self, stop: Stop) -> None:
        self.stops[stop.thread] = stop
        if self.released:  # while it was asked which thread it is
            self.go(stop, "continue")
        self._changed()

    def _forget_cursor(self, thread: int) -> None:
        if self._cursor is not None and self._cursor[0] == thread:
            path, self._cursor = self._cursor[1].path, None
            self._send(path, self._points.get(path, []))

    def _forget(self, thread: int) -> None:
        if self.stops.pop(thread, None) is not None:
            self._changed()

    # What a person wants

    def go(self, stop: Stop, how: str, cursor: LinePoint | None = None) -> None:
        """Let a thread go on; "cursor": until it comes to a line."""
        if how == "cursor" and cursor is not None:
            point = LinePoint(cursor.path, cursor.line, f"{NATIVE} == {stop.native}")
            self._cursor = stop.thread, point
            self._send(point.path, self._points.get(point.path, []))
        self.channel.ask(STEPS.get(how, "continue"), threadId=stop.thread, singleThread=True)
        if how == "continue":
            self._forget(stop.thread)
        else:
            stop.running = True
            self._changed()

    def let_be(self, stop: Stop) -> None:
        """There is nothing more to step through: it goes on, wherever the step or the cursor would have led it."""
        self._forget_cursor(stop.thread)
        self.go(stop, "continue")

    def release(self) -> None:
        """Let every thread go on, also one that is just about to tell that it stopped, and stop none any more."""
        self.released = True
        self._cursor = None
        self.set_points(())
        for stop in list(self.stops.values()):
            self.go(stop, "continue")

    def disconnect(self) -> None:
        """Leave the debugger, which lets everything go on."""
        self.release()
        self.channel.ask("disconnect", terminateDebuggee=False, restart=False)

    def variables(self, reference: int, answer: Values) -> None:
        """What a value consists of."""

        def take(body: Body | None, why: str) -> None:
            found = (body or {}).get("variables")
            answer([_variable(one) for one in found[:VALUES]] if isinstance(found, list) else None, why)

        self.channel.ask("variables", take, variablesReference=reference)

    def locals(self, frame: int, answer: Values) -> None:
        """The local variables of a frame."""

        def take(body: Body | None, why: str) -> None:
            scopes = [one for one in (body or {}).get("scopes", []) if one.get("name") == "Locals"]
            if scopes:
                self.variables(int(scopes[0]["variablesReference"]), answer)
            else:
                answer(None, why)

        self.channel.ask("scopes", take, frameId=frame)

    def evaluate(self, frame: int, expression: str, answer: Answer) -> None:
        """The value of an expression in a frame."""
        self.channel.ask("evaluate", answer, expression=expression, frameId=frame, context="watch")


def has_left(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> bool:
    """Whether a step has led out of everything that it could return to, into what the library does for the engine.

    The engine's own frames are not told. A step that leaves a frame stops in its caller; only when that is not told
    does it stop in whatever comes next.
    """
    if len(before) >= FRAMES or len(after) >= FRAMES:
        return False
    pairs = zip(reversed(before), reversed(after), strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: _function(pair[0]) == _function(pair[1]), pairs))
    return shared < min(len(before), len(after)) and is_library(after[0]["path"])


def _function(frame: dict[str, Any]) -> tuple[str, str]:
    return frame["path"], frame["name"]


def _verdict(one: Body, asked: int) -> Verdict:
    message = str(one.get("message") or "")[:TEXT]
    line = one.get("line")
    return Verdict(int(line) if isinstance(line, int) and one.get("verified") else 0, message)


def _frame(one: Body) -> dict[str, Any]:
    path = str((one.get("source") or {}).get("path") or "")[:4096]
    return {"id": int(one["id"]), "name": str(one.get("name", ""))[:TEXT], "path": path, "line": int(one["line"])}


def _variable(one: Body) -> dict[str, Any]:
    texts = {name: str(one.get(name, ""))[:TEXT] for name in ("name", "value", "type")}
    return {**texts, "reference": int(one.get("variablesReference") or 0)}


def _native(body: Body | None) -> int:
    result = str((body or {}).get("result", ""))
    return int(result) if result.isdigit() else 0
