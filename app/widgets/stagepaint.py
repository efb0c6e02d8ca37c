"""Painting of stages as blocks on a time axis: solid on a CPU, pale while waiting. Used by bars, lanes, waterfall."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from app import theme as themes
from engine.capture.records import StageRecord
from engine.observe.stages import Stage

BAR_STAGES = frozenset(
    {
        Stage.GET_REQUEST,
        Stage.VERIFY_REQUEST,
        Stage.QUEUE,
        Stage.SETUP,
        Stage.HANDLE,
        Stage.FINISH,
        Stage.SHUTDOWN_REQUEST,
        Stage.HANDLE_ERROR,
    }
)
"""Those that follow each other; the others (process_request, finish_request) enclose some of them."""

LEAST = 2
"""Pixels that even the shortest stage takes, so that none is hidden."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stage in pixels from the axis' origin: `solid` up to there on a CPU, waiting from there to `right`."""

    stage: Stage
    left: int
    solid: int
    right: int


def blocks(
    stages: Iterable[StageRecord], origin: int, now: int, ns_per_pixel: float, least: int = LEAST
) -> list[Block]:
    """Lay stages out on whole pixels; one that its neighbour would cover moves right by as little as it needs."""
    made: list[Block] = []
    edge = 0
    for record in sorted((s for s in stages if s.stage in BAR_STAGES), key=lambda s: (s.started, s.stage)):
        ended = max(record.started, now if record.ended is None else record.ended)
        left = max(edge, round((record.started - origin) / ns_per_pixel))
        right = max(left + least, round((ended - origin) / ns_per_pixel))
        solid = left + round((right - left) * share_on_cpu(record, ended))
        made.append(Block(record.stage, left, solid, right))
        edge = right
    return made


def share_on_cpu(record: StageRecord, ended: int) -> float:
    """0..1. The wait in the queue has a hue of its own and is drawn solid; so is what was not measured."""
    if record.stage is Stage.QUEUE:
        return 1.0
    if record.cpu is None:
        return 0.0 if record.ended is None else 1.0
    return min(1.0, record.cpu / max(1, ended - record.started))


def paint_blocks(
    painter: QPainter,
    made: Iterable[Block],
    left: int,
    top: int,
    height: int,
    ground: QColor,
    outline: bool,
) -> None:
    """Paint blocks side by side; `outline` keeps the pale ones visible on a selected row."""
    theme = themes.theme()
    for block in made:
        colour = theme.stage(block.stage)
        painter.fillRect(left + block.left, top, block.solid - block.left, height, colour)
        if block.right > block.solid:
            pale = QRectF(left + block.solid, top, block.right - block.solid, height)
            paint_waiting(painter, pale, colour, ground)
        if outline:
            painter.setPen(QPen(colour, 1))
            painter.drawRect(QRectF(left + block.left + 0.5, top + 0.5, block.right - block.left - 1, height - 1))


def paint_waiting(painter: QPainter, rect: QRectF, colour: QColor, ground: QColor) -> None:
    """The pale filling; hatched in the light theme, where pale alone is weak on paper."""
    painter.fillRect(rect, _pale(colour.rgb(), ground.rgb()))
    if not themes.theme().dark:
        hatch = QColor(colour)
        hatch.setAlpha(70)
        painter.fillRect(rect, QBrush(hatch, Qt.BrushStyle.BDiagPattern))


@functools.lru_cache(512)
def _pale(colour: int, ground: int) -> QColor:
    return themes.theme().tint(QColor(colour), QColor(ground))


def nice_scale(ns: int) -> int:
    """The next 1, 2 or 5 times a power of ten: a scale that does not tremble with every new row."""
    step = 1
    while step < ns:
        for factor in (2, 5, 10):
            if step * factor >= ns:
                return step * factor
        step *= 10
    return step
