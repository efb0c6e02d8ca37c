"""Painting of stages as blocks on a time axis: solid on a CPU, pale while waiting. Used by bars, lanes, waterfall."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import NamedTuple

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from app import theme as themes
from engine.capture.records import StageRecord
from engine.observe.stages import Stage

BAR_STAGES = frozenset(
    {
        Stage.GET_REQUEST,
        Stage.VERIFY_REQUEST,
        Stage.QUEUE,
        Stage.HANDSHAKE,
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


class Block(NamedTuple):
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
    for record in sorted([s for s in stages if s.stage in BAR_STAGES], key=_order):
        ended = max(record.started, now if record.ended is None else record.ended)
        left = max(edge, round((record.started - origin) / ns_per_pixel))
        right = max(left + least, round((ended - origin) / ns_per_pixel))
        solid = left + round((right - left) * share_on_cpu(record, ended))
        made.append(Block(record.stage, left, solid, right))
        edge = right
    return made


def _order(record: StageRecord) -> tuple[int, int]:
    return record.started, record.stage


def share_on_cpu(record: StageRecord, ended: int) -> float:
    """0..1. The wait in the queue has a hue of its own and is drawn solid; so is what was not measured."""
    if record.stage is Stage.QUEUE:
        return 1.0
    if record.cpu is None:
        return 0.0 if record.ended is None else 1.0
    return min(1.0, record.cpu / max(1, ended - record.started))


def stage_colour(stage: Stage) -> QColor:
    """The hue of a stage; what an exception costs is red."""
    theme = themes.theme()
    return theme.error if stage is Stage.HANDLE_ERROR else theme.stage(stage)


class BlockPainter:
    """Paints the blocks of many bars at once, colour by colour: a call for each would cost more than the painting."""

    def __init__(self, top: int, height: int) -> None:
        """All that is added lies `top` pixels below its row's top, and is `height` pixels high."""
        self._top, self._height = top, height
        self._solid: dict[Stage, list[QRect]] = {}
        self._pale: dict[tuple[Stage, int], list[QRect]] = {}
        self._outlined: dict[Stage, list[QRect]] = {}

    def add(self, made: Iterable[Block], left: int, top: int, width: int, ground: QColor, outline: bool) -> None:
        """Add a bar at `left`, cut at `width`; `outline` keeps the pale ones visible on a selected row."""
        top, height = top + self._top, self._height
        for stage, start, solid, right in made:
            if start >= width:
                return
            right = min(right, width)
            if solid > start:
                rect = QRect(left + start, top, min(solid, right) - start, height)
                self._solid.setdefault(stage, []).append(rect)
            if right > solid:
                pale = QRect(left + solid, top, right - solid, height)
                self._pale.setdefault((stage, ground.rgb()), []).append(pale)
            if outline:
                self._outlined.setdefault(stage, []).append(QRect(left + start, top, right - start - 1, height - 1))

    def paint(self, painter: QPainter) -> None:
        """Paint all that was added."""
        painter.setPen(Qt.PenStyle.NoPen)
        for stage, rects in self._solid.items():
            painter.setBrush(stage_colour(stage))
            painter.drawRects(rects)
        for (stage, ground), rects in self._pale.items():
            for brush in waiting_brushes(stage_colour(stage), ground):
                painter.setBrush(brush)
                painter.drawRects(rects)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for stage, rects in self._outlined.items():
            painter.setPen(QPen(stage_colour(stage), 1))
            painter.drawRects(rects)


def paint_waiting(painter: QPainter, rect: QRectF, colour: QColor, ground: QColor) -> None:
    """The pale filling; hatched in the light theme, where pale alone is weak on paper."""
    for brush in waiting_brushes(colour, ground.rgb()):
        painter.fillRect(rect, brush)


def waiting_brushes(colour: QColor, ground: int) -> list[QBrush]:
    """What waiting is filled with, one over the other, on a ground given as RGB."""
    pale = QBrush(_pale(colour.rgb(), ground))
    if themes.theme().dark:
        return [pale]
    hatch = QColor(colour)
    hatch.setAlpha(70)
    return [pale, QBrush(hatch, Qt.BrushStyle.BDiagPattern)]


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
