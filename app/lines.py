"""Lines: keeps each server's breakpoints in the workspace, orders them, and knows what a stopped thread is about."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.frames import Frames
from app.kept import Kept
from app.link.link import Link
from app.link.tick import LineState, StoppedThread, Tick
from app.models.linepoints import LineSetting, asked_line
from app.models.selection import Selection
from app.savedfiles import SavedFiles
from app.workspace import Workspace


class Lines(Kept[LineSetting]):
    """Where threads stop, which one is looked at, and what a person wants to become of it."""

    stopped_changed = Signal()
    """A thread has stopped or goes on."""
    chosen_changed = Signal()
    shown = Signal()
    """The person wants to see the chosen one's line."""
    place_wanted = Signal(str, str, int)
    """Server, file and line that the person wants to see."""

    def __init__(self, link: Link, workspace: Workspace, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__("lines", link, workspace, parent)
        self._selection = selection
        self._places: tuple[tuple[object, ...], ...] = ()
        self._states: tuple[LineState, ...] = ()
        self._chosen = (0, 0)
        self._files = SavedFiles()
        self.cursor: tuple[str, str, int] | None = None
        """Server, file and line of the code's cursor; None while no code is shown."""
        self.focused = False
        """Whether the keyboard is there."""
        self.leads = False
        """Whether the person has looked at a stopped thread last, not at a paused request."""
        self.frames = Frames(link, self)
        self.frames.refused.connect(self.refused)
        selection.request_changed.connect(lambda _request: self._follow())

    # Breakpoints

    def at(self, key: str, path: str, line: int) -> LineSetting | None:
        """The breakpoint that stops at a line."""
        asked = asked_line(self.of(key), path, line, self.state(key))
        return next((one for one in self.of(key) if (one.path, one.line) == (path, asked)), None)

    def state(self, key: str) -> LineState | None:
        """What the server's debuggers made of them, by the latest tick."""
        tick: Tick = self._link.tick
        return next((one for one in tick.lines if one.key == key), None)

    def toggle(self, key: str, path: str, line: int) -> None:
        """Set a breakpoint, or take away the one that stops there."""
        found = self.at(key, path, line)
        if found is not None:
            self.remove(key, found)
        else:
            self.put(key, LineSetting(path, line))

    def put(self, key: str, setting: LineSetting) -> None:
        """Add a breakpoint, or change the one of this line."""
        if self._workspace.entry(key) is None:
            return
        place = (setting.path, setting.line)
        others = {(one.path, one.line): one for one in self.of(key)}
        self._keep(key, tuple((others | {place: setting}).values()))

    def remove(self, key: str, setting: LineSetting) -> None:
        """Take one away."""
        self._keep(key, tuple(one for one in self.of(key) if one != setting))

    def _follow_saved(self) -> None:
        """A file that was saved has its breakpoints where their lines are now."""
        entries = [entry for entry in self._workspace.entries if entry.lines]
        for entry in entries:
            settings = self._files.follow(entry.lines)
            if settings != entry.lines:
                self._keep(entry.key, settings)
        self._files.settle(setting.path for entry in entries for setting in entry.lines)

    def _order(self, key: str, settings: tuple[LineSetting, ...]) -> None:
        points = [setting.to_json() for setting in settings if not setting.problem()]
        self._link.order("lines", None, self._on_refused, key=key, points=points)

    # What is stopped

    @property
    def stopped(self) -> tuple[StoppedThread, ...]:
        """What waits at a line, or is on its way to the next, by the latest tick."""
        tick: Tick = self._link.tick
        return tick.stopped

    @property
    def chosen(self) -> StoppedThread | None:
        """What steps are about: what was chosen in the list, else the selected request's, else who waits longest."""
        stopped, selected = self.stopped, self._selection.request
        chosen = next((one for one in stopped if (one.pid, one.thread) == self._chosen), None)
        of_request = next((one for one in stopped if selected is not None and one.id == selected), None)
        return chosen or of_request or min(stopped, key=lambda one: one.since, default=None)

    def choose(self, stop: StoppedThread) -> None:
        """Look at a stopped thread."""
        self._chosen = stop.pid, stop.thread
        self.leads = True
        self._follow()
        self.shown.emit()

    def go(self, how: str) -> None:
        """Let the chosen thread go on: "continue", "over", "into", "out", or "cursor" to the line of the keyboard."""
        stop = self.chosen
        if stop is None or stop.running:
            return
        self._chosen = stop.pid, stop.thread
        self.leads = True
        to: dict[str, Any] = {}
        if how == "cursor":
            if self.cursor is None:
                return
            to = {"path": self.cursor[1], "line": self.cursor[2]}
        self._link.order("line_go", None, self._on_refused, pid=stop.pid, thread=stop.thread, how=how, **to)

    def release(self) -> None:
        """Let every stopped thread go on."""
        if self.stopped:
            self._link.order("line_release", None, self._on_refused)

    # Watches

    def watches(self, key: str) -> tuple[str, ...]:
        """The expressions that are looked at wherever a thread of a server stops."""
        entry = self._workspace.entry(key)
        return entry.watches if entry is not None else ()

    def watch(self, key: str, expression: str) -> None:
        """Look at one more."""
        if self._workspace.entry(key) is not None and expression not in self.watches(key):
            self._workspace.keep(key, watches=(*self.watches(key), expression))
            self._look()

    def unwatch(self, key: str, expression: str) -> None:
        """Look at it no more."""
        if self._workspace.entry(key) is not None:
            self._workspace.keep(key, watches=tuple(one for one in self.watches(key) if one != expression))
            self._look()

    def _look(self) -> None:
        stop = self.chosen
        self.frames.look(stop, self.watches(stop.key) if stop is not None else ())

    def _on_tick(self, tick: Tick) -> None:
        if self._files.due(tick.at):
            self._follow_saved()
        super()._on_tick(tick)
        if tick.lines != self._states:
            self._states = tick.lines
            self.changed.emit()
        places = tuple(dataclasses.astuple(one) for one in tick.stopped)
        if places != self._places:
            self._places = places
            self.leads = self.leads and any((one.pid, one.thread) == self._chosen for one in tick.stopped)
            self._follow()
            self.stopped_changed.emit()

    def _follow(self) -> None:
        self._look()
        self.chosen_changed.emit()
