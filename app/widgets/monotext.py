"""Many short plain texts in the monospaced font, painted in one go."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGlyphRun, QPainter, QRawFont

PLAIN = "".join(map(chr, range(32, 127))) + "\u2009\u2013…·✕"
"""Characters that need no layout."""
PLACES = 4096
"""Starts of text that are remembered."""


class MonoText:
    """Collects texts and paints them by colour: to lay each out anew, as drawText does, is the dearest part."""

    def __init__(self, font: QFont) -> None:
        self.advance = max(1.0, QFontMetricsF(font).horizontalAdvance("0"))
        self._font = QRawFont.fromFont(font)
        self._glyphs = self._known_glyphs()
        self._plain = frozenset(self._glyphs)
        self._places: dict[tuple[float, int], list[QPointF]] = {}
        self._runs: dict[int, tuple[list[int], list[QPointF]]] = {}

    def knows(self, text: str) -> bool:
        """Whether `add` can take it."""
        return self._plain.issuperset(text)

    def add(self, x: float, base: int, text: str, colour: QColor) -> None:
        """A text of known characters, from `x` on, on the base line `base`."""
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

    def _known_glyphs(self) -> dict[str, int]:
        """The characters that this font has, each as wide as the others."""
        glyphs = self._font.glyphIndexesForString(PLAIN)
        widths = [advance.x() for advance in self._font.advancesForGlyphIndexes(glyphs)]
        known = zip(PLAIN, glyphs, widths, strict=True)
        return {character: glyph for character, glyph, width in known if glyph and abs(width - self.advance) < 0.1}

    def _points(self, x: float, base: int, count: int) -> list[QPointF]:
        known = self._places.get((x, base), [])
        if len(known) < count:
            if len(self._places) > PLACES:
                self._places.clear()
            known = [QPointF(x + place * self.advance, base) for place in range(count)]
            self._places[x, base] = known
        return known[:count]
