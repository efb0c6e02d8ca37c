"""The orders about lines: breakpoints, steps, frames, variables and expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..debug.linepoints import MOST, BadPointError, LinePoint, check_expression
from ..debug.lines import EVALUATION_LIMIT
from .entries import Entry
from .errors import HostingError
from .loop import Loop
from .runner import Runner
from .session import STEPS, Session, Stop

Answer = dict[str, Any] | None
Late = Callable[[int, dict[str, Any]], None]
PATIENCE = EVALUATION_LIMIT + 1.0
"""Seconds after which an expression that cannot even be interrupted is given up."""
ENDLESS = f"It did not end within {EVALUATION_LIMIT:.0f} s and was interrupted."
STUCK = "It does not end and cannot be interrupted; the thread stays busy with it until the server is stopped."


class LineOrders:
    """Carries them out. Answers that a debugger has to give come by `late`."""

    def __init__(self, runner: Runner, loop: Loop, late: Late) -> None:
        self._runner = runner
        self._loop = loop
        self._tell = late
        self._open: set[int] = set()
        """Tickets whose answer a debugger owes."""
        self.actions: dict[str, Callable[[int, dict[str, Any]], Answer]] = {
            "lines": self._set,
            "line_go": self._go,
            "line_frames": self._frames,
            "line_locals": self._locals,
            "line_members": self._members,
            "line_evaluate": self._evaluate,
            "line_release": self._release,
        }

    def _set(self, ticket: int, order: dict[str, Any]) -> Answer:
        key = str(order.get("key", ""))
        entry = self._runner.entries.get(key) or self._runner.entries.get(key.rpartition("/")[0])
        if entry is None:
            raise HostingError("not_found", f"There is no server {key}.")
        self._runner.lines.set_points(entry, read_points(order.get("points")))
        return {"ok": True, "points": len(entry.lines.points)}

    def _find(self, order: dict[str, Any]) -> tuple[Entry, Session, Stop]:
        entries = self._runner.entries.values()
        return self._runner.lines.find(entries, int(order["pid"]), int(order["thread"]))

    def _go(self, ticket: int, order: dict[str, Any]) -> Answer:
        how = str(order.get("how", "continue"))
        if how not in STEPS and how != "cursor":
            raise HostingError("bad_order", f"There is no step {how!r}.")
        cursor = _point(order, 0) if how == "cursor" else None
        entry, session, stop = self._find(order)
        self._runner.lines.go(entry, session, stop, how, cursor)
        return {"ok": True}

    def _release(self, ticket: int, order: dict[str, Any]) -> Answer:
        """Let every stopped thread go on; the points stay."""
        for entry in self._runner.entries.values():
            for session in entry.lines.sessions.values():
                for stop in list(session.stops.values()):
                    self._runner.lines.go(entry, session, stop, "continue", None)
        return {"ok": True}

    def _frames(self, ticket: int, order: dict[str, Any]) -> Answer:
        _entry, _session, stop = self._find(order)
        return {"ok": True, "frames": stop.frames}

    def _locals(self, ticket: int, order: dict[str, Any]) -> Answer:
        _entry, session, _stop = self._find(order)
        self._await(ticket)
        session.locals(int(order["frame"]), self._values(ticket))
        return None

    def _members(self, ticket: int, order: dict[str, Any]) -> Answer:
        _entry, session, _stop = self._find(order)
        self._await(ticket)
        session.variables(int(order["reference"]), self._values(ticket))
        return None

    def _evaluate(self, ticket: int, order: dict[str, Any]) -> Answer:
        _entry, session, _stop = self._find(order)
        expression = str(order["expression"])
        try:
            check_expression(expression)
        except BadPointError as error:
            raise HostingError("bad_expression", str(error)) from None

        def take(body: dict[str, Any] | None, why: str) -> None:
            if body is None:
                self._refuse(ticket, ENDLESS if why.startswith("KeyboardInterrupt") else why)
                return
            value = {name: str(body.get(name, ""))[:2000] for name in ("result", "type")}
            self._late(ticket, {"ok": True, **value, "reference": int(body.get("variablesReference") or 0)})

        self._await(ticket)
        session.evaluate(int(order["frame"]), expression, take)
        return None

    def _await(self, ticket: int) -> None:
        self._open.add(ticket)
        self._loop.later(PATIENCE, lambda: self._refuse(ticket, STUCK))

    def _late(self, ticket: int, answer: dict[str, Any]) -> None:
        """Whatever comes first is the answer."""
        if ticket in self._open:
            self._open.remove(ticket)
            self._tell(ticket, answer)

    def _values(self, ticket: int) -> Callable[[list[dict[str, Any]] | None, str], None]:
        def take(found: list[dict[str, Any]] | None, why: str) -> None:
            if found is None:
                self._refuse(ticket, why or "The debugger knows no variables here.")
            else:
                self._late(ticket, {"ok": True, "variables": found})

        return take

    def _refuse(self, ticket: int, sentence: str) -> None:
        self._late(ticket, {"ok": False, "error": {"code": "no_value", "sentence": sentence[:1000]}})


def read_points(data: object) -> tuple[LinePoint, ...]:
    """The points that are switched on. Raises HostingError, which tells the one that is wrong."""
    if not isinstance(data, list) or len(data) > MOST:
        raise HostingError("bad_point", f"Breakpoints on lines are given as a list of at most {MOST}.")
    return tuple(
        _point(one, place)
        for place, one in enumerate(data)
        if not isinstance(one, dict) or one.get("enabled", True) is not False
    )


def _point(data: Any, place: int) -> LinePoint:
    try:
        return LinePoint.from_json(data)
    except BadPointError as error:
        raise HostingError("bad_point", str(error), point=place) from None
