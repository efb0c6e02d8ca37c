"""Equal failures as a table: a row says how often, what, where, and which request was the last."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from app.models.columns import RIGHT, Column, Moment
from app.models.recordtable import RecordTable
from app.text import QT_TR_NOOP, clock, number, safe_text, tr
from app.theme import theme
from engine.capture.failing import DIED
from engine.capture.records import FailureGroup
from engine.observe.causes import Cause


def _what(group: FailureGroup, moment: Moment) -> str:
    kind = tr("Worker died") if group.type == DIED else group.type
    return safe_text(f"{kind}: {group.message}" if group.message else kind, 300)


def place_text(place: str) -> str:
    """`length.py:31`, from the whole path."""
    return safe_text(PurePath(place).name, 80)


def _colour(group: FailureGroup) -> QColor | None:
    return theme().error if group.cause is Cause.BUG else theme().dim


def _hint(group: FailureGroup) -> str:
    return safe_text(f"{group.message}\n{group.place}".strip(), 600)


FAILURE_COLUMNS: tuple[Column[FailureGroup], ...] = (
    Column("count", QT_TR_NOOP("times"), QT_TR_NOOP("How many requests failed in this way"), 64,
           lambda group, m: f"×{number(group.count)}", align=RIGHT, mono=True),  # noqa: RUF001  # the sign of times
    Column("what", QT_TR_NOOP("failure"), QT_TR_NOOP("Type and message of the last one"), 340, _what,
           colour=_colour, hint=_hint),
    Column("where", QT_TR_NOOP("line"), QT_TR_NOOP("The innermost line of your code that it passed"), 184,
           lambda group, m: place_text(group.place), mono=True, hint=_hint),
    Column("stage", QT_TR_NOOP("stage"), QT_TR_NOOP("The stage that it left"), 110,
           lambda group, m: group.stage.method, mono=True),
    Column("first", QT_TR_NOOP("first"), QT_TR_NOOP("The first request that failed so"), 64,
           lambda group, m: f"#{group.first}" if group.first else "", align=RIGHT, mono=True),
    Column("last", QT_TR_NOOP("last"), QT_TR_NOOP("The last request that failed so"), 64,
           lambda group, m: f"#{group.last}" if group.last else "", align=RIGHT, mono=True),
    Column("at", QT_TR_NOOP("last time"), QT_TR_NOOP("When the last one was"), 110,
           lambda group, m: clock(group.at, m.wall_offset), mono=True),
)  # fmt: skip


class FailureGroupsModel(RecordTable[FailureGroup]):
    """Groups of equal failures; a new one joins at the end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(FAILURE_COLUMNS, parent=parent)
