"""Expectations as a table: what is expected of whom, and how it fared."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from app.models.columns import Column
from app.models.recordtable import RecordTable
from app.text import QT_TR_NOOP, number, safe_text, tr
from app.theme import theme
from engine.replay.expectations import Expectation, masks_text


@dataclass(frozen=True, slots=True)
class ExpectationRow:
    """One expectation and how it fared. `passed` None: unknown."""

    expectation: Expectation
    passed: bool | None = None
    running: bool = False
    first: int | None = None
    sentence: str = ""
    request: int | None = None


def outcome_text(row: ExpectationRow) -> str:
    """In words, with a sign."""
    if row.running:
        return tr("… checking")
    if row.passed is None:
        return safe_text(row.sentence) or tr("not checked yet")
    if row.passed:
        return tr("✓ as expected")
    if row.sentence:
        return f"✕ {safe_text(row.sentence)}"
    return tr("✕ differs from byte {n} on").format(n=number(row.first or 0))


def _colour(row: ExpectationRow) -> QColor | None:
    if row.running or row.passed is None:
        return theme().dim
    return theme().ok if row.passed else theme().error


def masks_of(row: ExpectationRow) -> str:
    """Which bytes may differ."""
    return masks_text(row.expectation.masks) or tr("nothing")


COLUMNS: tuple[Column[ExpectationRow], ...] = (
    Column("name", QT_TR_NOOP("expectation"), QT_TR_NOOP("The server, and the request whose answer was approved"), 128,
           lambda r, m: safe_text(r.expectation.name)),
    Column("size", QT_TR_NOOP("answer"), QT_TR_NOOP("Bytes of the approved answer"), 60,
           lambda r, m: f"{number(len(r.expectation.playback.answer))} B", mono=True),
    Column("masks", QT_TR_NOOP("may differ"), QT_TR_NOOP("Bytes of the answer that may hold anything"), 88,
           lambda r, m: masks_of(r)),
    Column("outcome", QT_TR_NOOP("outcome"), QT_TR_NOOP("What came of the last check"), 200,
           lambda r, m: outcome_text(r), colour=_colour),
)  # fmt: skip


class ExpectationsModel(RecordTable[ExpectationRow]):
    """All expectations, in the order in which they were saved."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent=parent)
