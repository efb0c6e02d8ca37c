"""A few numbers, each over the word for what it counts, in as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme as themes
from app.text import safe_text

CELL = QSize(60, 34)
MARGIN = 12

Figure = tuple[str, str, str]
"""Word, number as text, and the name of a colour ("error", "warn") or "" for the usual one."""


class Figures(QWidget):
    """Only painted: what it says is its accessible description, too."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._figures: tuple[Figure, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_figures(self, figures: Sequence[Figure]) -> None:
        """Show these."""
        if tuple(figures) != self._figures:
            resized = len(figures) != len(self._figures)
            self._figures = tuple(figures)
            self.setAccessibleDescription(", ".join(f"{number} {word}" for word, number, _ in figures))
            if resized:
                self._fit()
            self.update()

    def _columns(self, width: int) -> int:
        """So many that the rows are equally long."""
        most = max(1, (width - 2 * MARGIN) // CELL.width())
        rows = -(-len(self._figures) // most)
        return -(-len(self._figures) // rows) if rows else 1

    def _fit(self) -> None:
        self.setFixedHeight(max(1, self._height(self.width())))

    def _height(self, width: int) -> int:
        return CELL.height() * -(-len(self._figures) // self._columns(width))

    # Qt's overrides

    def sizeHint(self) -> QSize:
        return QSize(4 * CELL.width(), self._height(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), themes.theme()
        columns = self._columns(self.width())
        width = (self.width() - 2 * MARGIN) // columns
        for place, (word, number, colour) in enumerate(self._figures):
            left, top = MARGIN + place % columns * width, place // columns * CELL.height()
            painter.setFont(themes.mono(13, bold=True))
            painter.setPen(getattr(theme, colour) if colour else theme.dim if number == "0" else theme.text)
            painter.drawText(QRect(left, top + 1, width, 17), Qt.AlignmentFlag.AlignVCenter, safe_text(number, 12))
            painter.setFont(themes.ui(11))
            painter.setPen(theme.dim)
            painter.drawText(QRect(left, top + 17, width, 14), Qt.AlignmentFlag.AlignVCenter, safe_text(word, 24))
