"""Stacks of threads: a server's as a table, and as text for the clipboard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject

from app.models.columns import RIGHT, Column
from app.models.failures import Frame, read_frames
from app.models.recordtable import RecordTable
from app.models.whereabouts import Whereabouts
from app.text import QT_TR_NOOP, safe_text
from app.theme import theme


def stack_text(where: Whereabouts, frames: Sequence[Frame]) -> str:
    """The stack as Python prints one, made safe for the clipboard."""
    who = f"Request #{where.request}" if where.request else where.name or "Thread"
    lines = [safe_text(f"{who} (process {where.pid}, thread {where.thread}): {where.sentence}", 400)]
    for frame in frames:
        lines.append(f'  File "{safe_text(frame.file)}", line {frame.line}, in {safe_text(frame.function)}')
        lines += [f"    {safe_text(text.strip(), 400)}" for number, text in frame.source if number == frame.line]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class ThreadStack:
    """One thread of a dump, with its calls, the innermost last."""

    where: Whereabouts
    frames: tuple[Frame, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ThreadStack:
        """Read one of the `stacks` of an answer."""
        return cls(Whereabouts.from_json(data), read_frames(data))

    @property
    def ours(self) -> bool:
        """Whether it is a thread of Socketscope's own, which teaches nothing."""
        return self.where.name.startswith("socketscope")

    @property
    def name(self) -> str:
        """The thread's, or of a forked child its process."""
        return safe_text(self.where.name, 60) or f"pid {self.where.pid}"


def dump_text(stacks: Iterable[ThreadStack]) -> str:
    """A whole dump, made safe for the clipboard."""
    return "\n\n".join(stack_text(one.where, one.frames) for one in stacks) + "\n"


STACK_COLUMNS: tuple[Column[ThreadStack], ...] = (
    Column("name", QT_TR_NOOP("thread"), QT_TR_NOOP("Name of the thread, or number of the forked process"), 190,
           lambda one, m: one.name, mono=True),
    Column("request", QT_TR_NOOP("request"), QT_TR_NOOP("The request that it serves"), 70,
           lambda one, m: f"#{one.where.request}" if one.where.request else "", align=RIGHT, mono=True),
    Column("place", QT_TR_NOOP("line"), QT_TR_NOOP("The innermost line of your code"), 150,
           lambda one, m: safe_text(one.where.place, 60), mono=True),
    Column("doing", QT_TR_NOOP("where it is"), QT_TR_NOOP("What it computes or waits for"), 300,
           lambda one, m: one.where.sentence, colour=lambda one: theme().warn if one.where.stuck else None,
           hint=lambda one: one.where.sentence),
)  # fmt: skip


class StacksModel(RecordTable[ThreadStack]):
    """The threads of a server at one moment, but for ours: those that serve requests first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(STACK_COLUMNS, parent=parent)

    def show(self, stacks: Iterable[ThreadStack]) -> None:
        """Show another dump."""
        others = (one for one in stacks if not one.ours)
        self.replace(sorted(others, key=lambda one: (not one.where.request, one.where.request, one.name)))
