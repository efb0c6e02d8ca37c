"""Painting of stages as blocks on a time axis: solid on a CPU, pale while waiting. Used by bars, lanes, waterfall."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from app import theme as themes
from app.widgets.heldaxis import HeldAxis, Span, pieces
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

GAP = 10
"""Pixels that a pause takes."""
LEAST = 2
"""Pixels that even the shortest stage takes, so that none is hidden."""


class Block(NamedTuple):
    """A stage in pixels from the axis' origin: `solid` up to there on a CPU, waiting from there to `right`.

    No stage: the request was held at a breakpoint.
    """

    stage: Stage | None
    left: int
    solid: int
    right: int


Piece = tuple[int, int, int, Stage | None, float]
"""Start, stage's number, end, stage, and the share that was on a CPU."""


def blocks(
    stages: Iterable[StageRecord],
    origin: int,
    now: int,
    ns_per_pixel: float,
    least: int = LEAST,
    held: Sequence[Span] = (),
) -> list[Block]:
    """Lay stages out on whole pixels; one that its neighbour would cover moves right by as little as it needs.

    Where the request was `held` stands a sign, and for no longer than that.
    """
    made: list[Block] = []
    axis = HeldAxis(origin, ns_per_pixel, held, GAP)
    edge = 0
    for started, _, ended, stage, share in sorted(_pieces(stages, now, held), key=itemgetter(0, 1)):
        left = max(edge, round(axis.x(started)))
        right = max(left + (least if stage is not None else GAP), round(axis.x(ended)))
        made.append(Block(stage, left, left + round((right - left) * share), right))
        edge = right
    return made


def _pieces(stages: Iterable[StageRecord], now: int, held: Sequence[Span]) -> list[Piece]:
    found: list[Piece] = [(since, 0, until, None, 0.0) for since, until in held]
    for record in stages:
        if record.stage in BAR_STAGES:
            ended = max(record.started, now if record.ended is None else record.ended)
            parts = pieces(record, ended, held) if held else ((record.started, ended),)
            share = share_on_cpu(record, sum(until - since for since, until in parts))
            found += [(since, int(record.stage), until, record.stage, share) for since, until in parts]
    return found


def share_on_cpu(record: StageRecord, ran: int) -> float:
    """0..1 of the time that it ran, ns. The wait in the queue has a hue of its own and is drawn solid; so is what was
    not measured."""
    if record.stage is Stage.QUEUE:
        return 1.0
    if record.cpu is None:
        return 0.0 if record.ended is None else 1.0
    return min(1.0, record.cpu / max(1, ran))


def stage_colour(stage: Stage) -> QColor:
    """The hue of a stage; what an exception costs is red."""
    theme = themes.theme()
    return theme.error if stage is Stage.HANDLE_ERROR else theme.stage(stage)


class BlockPainter:
    """Paints the blocks of many bars at once, colour by colour: a call for each would cost more than the painting."""

    def __init__(self, top: int, height: int) -> None:
        """All that is added lies `top` pixels below its row's top, and is `height` pixels high."""
        self._top, self._height = top, height
        self._held: list[QRect] = []
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
            if stage is None:
                self._held += pause_sign(left + start, top, height)
                continue
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
        painter.setBrush(themes.theme().warn)
        painter.drawRects(self._held)
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


def pause_sign(left: int, top: int, height: int) -> list[QRect]:
    """Two bars, within GAP pixels."""
    return [QRect(left + 2 + shift, top, 2, height) for shift in (0, 4)]


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
