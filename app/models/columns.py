"""Columns as records: a table is a list of them, and a new column is one more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor

from app.models.whereabouts import Whereabouts
from app.text import tip

Row = TypeVar("Row")

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Moment:
    """What a cell must know besides its row: now, and how monotonic time becomes wall time."""

    now: int
    wall_offset: int
    stuck: Mapping[int, Whereabouts] = field(default_factory=dict)
    """Requests that do not get on, and why."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: what it means, how it reads, how it looks.

    `title` and `tip` are marked for translation where they are written and translated where they are shown.
    `order` is the capture reader's word for sorting by it, "" if it cannot be sorted by.
    """

    key: str
    title: str
    tip: str
    width: int
    text: Callable[[Row, Moment], str]
    order: str = ""
    align: Qt.AlignmentFlag = LEFT
    mono: bool = False
    optional: bool = False
    """Hidden until the person asks for it."""
    colour: Callable[[Row], QColor | None] | None = None
    hint: Callable[[Row], str] | None = None
    """What a cell means, in the person's language."""


def head_data(
    columns: Sequence[Column[Any]], context: str, section: int, orientation: Qt.Orientation, role: int
) -> Any:
    """What a model answers to `headerData`; `context` is the one in which its titles are translated."""
    if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(columns):
        return None
    column = columns[section]
    if role == Qt.ItemDataRole.DisplayRole:
        return QCoreApplication.translate(context, column.title)
    if role == Qt.ItemDataRole.ToolTipRole:
        return tip(QCoreApplication.translate(context, column.tip))
    return column.align if role == Qt.ItemDataRole.TextAlignmentRole else None
