"""The frames of the stopped thread that is looked at, and the values in one of them: asked for when it stops."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.link.link import Link
from app.link.tick import StoppedThread, Trouble
from app.models.variables import Variable, own_variables

SELF = "self"


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One call of a stopped thread's stack. `id` is what the debugger knows it by."""

    id: int
    name: str
    path: str
    line: int


class Frames(QObject):
    """Everything comes by answers: one that is late, for a thread that has gone on, is thrown away."""

    changed = Signal()
    """Other frames, another one chosen, or values have come."""
    refused = Signal(str)

    def __init__(self, link: Link, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._stop: StoppedThread | None = None
        self._visit = 0
        self._watches: tuple[str, ...] = ()
        self._before: dict[str, str] = {}
        """Values at the last stop of the same function in the same thread."""
        self._about: tuple[int, int, str] = (0, 0, "")
        self.stack: tuple[StackFrame, ...] = ()
        self.chosen: StackFrame | None = None
        self.variables: tuple[Variable, ...] = ()
        self.watched: tuple[Variable, ...] = ()

    def look(self, stop: StoppedThread | None, watches: tuple[str, ...]) -> None:
        """Look at a thread. While it runs to its next line, what was seen last stays."""
        if stop is not None and stop.running:
            self._stop = None
            return
        same, self._stop = _visit(stop) == _visit(self._stop), stop
        if same and watches == self._watches:
            return
        self._watches = watches
        if same:
            self._ask_watches()
            return
        self._visit += 1
        if stop is None:
            self.stack, self.chosen, self.variables, self.watched = (), None, (), ()
            self.changed.emit()
            return
        self._ask("line_frames", self._take_frames)

    def choose(self, frame: StackFrame) -> None:
        """Look at another frame of the stack."""
        if frame == self.chosen:
            return
        self.chosen = frame
        self._visit += 1
        self._ask_values()
        self.changed.emit()

    def values(self) -> dict[str, str]:
        """The frame's variables by name, what `self` holds as `self.name`."""
        return {one.name: one.value for one in self.variables}

    def evaluate(self, expression: str, done: Callable[[str, bool], None]) -> None:
        """Evaluate in the chosen frame; `done` gets the value, or why there is none and True."""
        if self.chosen is None or self._stop is None:
            return
        self._link.order(
            "line_evaluate",
            lambda reply: done(str(reply.get("result", "")), False),
            lambda trouble: done(trouble.sentence, True),
            pid=self._stop.pid, thread=self._stop.thread, frame=self.chosen.id, expression=expression,
        )  # fmt: skip

    def _ask(self, order: str, done: Callable[[Mapping[str, Any]], None], **members: Any) -> None:
        stop, visit = self._stop, self._visit
        if stop is None:
            return

        def take(reply: Mapping[str, Any]) -> None:
            if visit == self._visit:
                done(reply)

        def refuse(trouble: Trouble) -> None:
            if visit == self._visit and trouble.code != "not_found":
                self.refused.emit(trouble.sentence)

        self._link.order(order, take, refuse, pid=stop.pid, thread=stop.thread, **members)

    def _take_frames(self, reply: Mapping[str, Any]) -> None:
        frames = reply.get("frames") or ()
        self.stack = tuple(StackFrame(int(f["id"]), str(f["name"]), str(f["path"]), int(f["line"])) for f in frames)
        self.chosen = self.stack[0] if self.stack else None
        self._ask_values()
        self.changed.emit()

    def _ask_values(self) -> None:
        frame, stop = self.chosen, self._stop
        if frame is None or stop is None:
            return
        about = (stop.pid, stop.thread, f"{frame.path}:{frame.name}")
        self._before = self.values() if about == self._about else {}
        self._about = about
        self._ask("line_locals", self._take_locals, frame=frame.id)
        self._ask_watches()

    def _take_locals(self, reply: Mapping[str, Any]) -> None:
        found = own_variables(reply.get("variables") or ())
        itself = next((one for one in found if one.name == SELF and one.reference), None)
        self._show([one for one in found if one.name != SELF])
        if itself is not None:
            self._ask("line_members", lambda more: self._take_members(itself, more), reference=itself.reference)

    def _take_members(self, itself: Variable, reply: Mapping[str, Any]) -> None:
        members = own_variables(reply.get("variables") or (), f"{SELF}.")
        self._show([*(one for one in self.variables if not one.name.startswith(SELF)), itself, *members])

    def _show(self, found: Sequence[Variable]) -> None:
        before = self._before
        self.variables = tuple(
            dataclasses.replace(one, changed=bool(before) and before.get(one.name) != one.value) for one in found
        )
        self.changed.emit()

    def _ask_watches(self) -> None:
        frame = self.chosen
        self.watched = tuple(one for one in self.watched if one.name in self._watches)
        if frame is None:
            return
        visit = self._visit
        for expression in self._watches:
            self.evaluate(expression, lambda text, failed, name=expression: self._watch(visit, name, text, failed))  # type: ignore[misc]  # its default binds the name
        self.changed.emit()

    def _watch(self, visit: int, expression: str, text: str, failed: bool) -> None:
        if visit != self._visit:
            return
        old = {one.name: one for one in self.watched}
        known = old.get(expression)
        changed = known is not None and known.value != text
        old[expression] = Variable(expression, text, changed=changed, watched=True, failed=failed)
        self.watched = tuple(old[name] for name in self._watches if name in old)
        self.changed.emit()


def _visit(stop: StoppedThread | None) -> object:
    """What tells one stop from the next of the same thread."""
    return (stop.pid, stop.thread, stop.since) if stop is not None else None
