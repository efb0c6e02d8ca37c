"""Breakpoints on lines as a person sets them: what is kept, ordered, and shown beside the line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from app.link.tick import LineState, MovedPoint
from app.text import safe_text, tr
from engine.debug.linepoints import BadPointError, LinePoint


class Dot(Enum):
    """What a line's breakpoint is."""

    PLAIN = auto()
    CONDITIONAL = auto()
    LOG = auto()
    OFF = auto()
    UNSURE = auto()
    """Set, but the debugger has no code there, or has not said yet."""


@dataclass(frozen=True, slots=True)
class LineSetting:
    """One breakpoint; the members are those of the supervisor's order `lines`."""

    path: str
    line: int
    condition: str = ""
    hits: int = 0
    log: str = ""
    enabled: bool = True

    def to_json(self) -> dict[str, Any]:
        """As it is ordered and kept."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: Any) -> LineSetting:
        """Read what `to_json` made. Raises ValueError for what is no breakpoint."""
        point = LinePoint.from_json(data)
        return cls(point.path, point.line, point.condition, point.hits, point.log, data.get("enabled", True) is True)

    def problem(self) -> str:
        """What is wrong with it, in a sentence; "" when nothing is."""
        try:
            LinePoint.from_json(self.to_json())
        except BadPointError as error:
            return str(error)
        return ""


def dots(settings: Iterable[LineSetting], path: str, state: LineState | None, on: bool) -> dict[int, Dot]:
    """The signs beside a file's lines. A breakpoint stands where it really stops."""
    moved = _moved(state)
    found: dict[int, Dot] = {}
    for setting in settings:
        if setting.path == path:
            other = moved.get((path, setting.line))
            line = other.at if other is not None and other.at else setting.line
            found[line] = _dot(setting, on and not (other is not None and not other.at))
    return found


def _dot(setting: LineSetting, holds: bool) -> Dot:
    if not (setting.enabled and holds):
        return Dot.OFF
    if setting.log:
        return Dot.LOG
    return Dot.CONDITIONAL if setting.condition or setting.hits else Dot.PLAIN


def _moved(state: LineState | None) -> Mapping[tuple[str, int], MovedPoint]:
    return {(one.path, one.line): one for one in (state.moved if state is not None else ())}


def moved_sentence(settings: Iterable[LineSetting], path: str, state: LineState | None) -> str:
    """Which breakpoint of a file is not where it was set, and why; "" when all are."""
    if state is not None and state.error:
        return safe_text(state.error)
    moved = _moved(state)
    for setting in settings:
        one = moved.get((path, setting.line)) if setting.path == path and setting.enabled else None
        if one is not None and one.at and one.at != one.line:
            return tr("Line {n} has no code; it stops at line {at}.").format(n=one.line, at=one.at)
        if one is not None and not one.at:
            return tr("Line {n} cannot be stopped at: {why}").format(
                n=one.line, why=safe_text(one.message) or tr("it has no code.")
            )
    return ""


def asked_line(settings: Iterable[LineSetting], path: str, line: int, state: LineState | None) -> int:
    """The line that a breakpoint was set on which stops at `line`."""
    moved = _moved(state)
    for setting in settings:
        other = moved.get((path, setting.line))
        if setting.path == path and other is not None and other.at == line:
            return setting.line
    return line
