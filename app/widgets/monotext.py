"""Many short ASCII texts in the monospaced font, painted in one go."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGlyphRun, QPainter, QRawFont

PLACES = 4096
"""Starts of text that are remembered."""


class MonoText:
    """Collects texts and paints them by colour: to lay each out anew, as drawText does, is the dearest part."""

    def __init__(self, font: QFont) -> None:
        self.advance = max(1.0, QFontMetricsF(font).horizontalAdvance("0"))
        self._font = QRawFont.fromFont(font)
        self._glyphs = {chr(code): self._font.glyphIndexesForString(chr(code))[0] for code in range(32, 127)}
        self._places: dict[tuple[float, int], list[QPointF]] = {}
        self._runs: dict[int, tuple[list[int], list[QPointF]]] = {}

    def add(self, x: float, base: int, text: str, colour: QColor) -> None:
        """A printable ASCII text that begins at `x`, on the base line `base`."""
        glyphs, points = self._runs.setdefault(colour.rgb(), ([], []))
        known = self._glyphs
        glyphs += [known[character] for character in text]
        points += self._points(x, base, len(text))

    def paint(self, painter: QPainter) -> None:
        """Paint all that was added, and begin anew."""
        for colour, (glyphs, points) in self._runs.items():
            run = QGlyphRun()
            run.setRawFont(self._font)
            run.setGlyphIndexes(glyphs)
            run.setPositions(points)
            painter.setPen(QColor(colour))
            painter.drawGlyphRun(QPointF(), run)
        self._runs.clear()

    def _points(self, x: float, base: int, count: int) -> list[QPointF]:
        known = self._places.get((x, base), [])
        if len(known) < count:
            if len(self._places) > PLACES:
                self._places.clear()
            known = [QPointF(x + place * self.advance, base) for place in range(count)]
            self._places[x, base] = known
        return known[:count]
