"""The breakpoints on lines of one server as a table: which line, on what condition, and whether it really stops."""

from __future__ import annotations

import os
from collections.abc import Iterable

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from app.link.tick import LineState
from app.models.columns import Column
from app.models.linepoints import LineSetting, moved_sentence
from app.models.recordtable import RecordTable
from app.text import QT_TR_NOOP, number, safe_text, tr
from app.theme import theme

ON = 0
"""The column that a click switches."""
Row = tuple[LineSetting, str]
"""A breakpoint, and the sentence about what is odd with it."""


def place_text(setting: LineSetting) -> str:
    """`31  length.py`: where there is little room the line is what stays."""
    return safe_text(f"{setting.line}  {os.path.basename(setting.path)}", 120)


def when_text(setting: LineSetting) -> str:
    """On what condition it stops, or what it writes."""
    parts = [setting.condition] if setting.condition else []
    parts += [tr("hit {n}").format(n=number(setting.hits))] if setting.hits else []
    parts += [tr("log {text}").format(text=setting.log)] if setting.log else []
    return safe_text(" · ".join(parts), 120) or tr("always")


def _colour(row: Row) -> QColor | None:
    return theme().error if row[1] else None if row[0].enabled else theme().dim


COLUMNS: tuple[Column[Row], ...] = (
    Column("on", QT_TR_NOOP("on"), QT_TR_NOOP("Whether it holds; a click switches it"), 30,
           lambda row, m: "●" if row[0].enabled else "○",
           colour=lambda row: theme().warn if row[0].enabled and not row[1] else _colour(row)),
    Column("line", QT_TR_NOOP("line"), QT_TR_NOOP("The line before which threads stop"), 150,
           lambda row, m: place_text(row[0]), mono=True, colour=_colour,
           hint=lambda row: safe_text(f"{row[0].path}:{row[0].line}", 1000)),
    Column("when", QT_TR_NOOP("when"), QT_TR_NOOP("On what condition, at which hit, or what is written instead"), 100,
           lambda row, m: when_text(row[0]), mono=True, colour=_colour, hint=lambda row: row[1] or when_text(row[0])),
)  # fmt: skip


class LineListModel(RecordTable[Row]):
    """In the order in which they were set."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent=parent)

    def show(self, settings: Iterable[LineSetting], state: LineState | None) -> None:
        """Show these; `state` is what the debugger made of them."""
        rows = [(setting, moved_sentence([setting], setting.path, state)) for setting in settings]
        self.merge(rows, lambda row: (row[0].path, row[0].line))
