"""The curves of a load chart, drawn by pyqtgraph: imported late, for it brings numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.models.load import Series

FEW = 4
"""Up to so many curves are smoothed: more would cost too much."""


class Curves(pyqtgraph.PlotWidget):  # type: ignore[misc]  # pyqtgraph is not typed
    """Lines over the seconds before now, from zero up, without axes: the head names the value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Charts of a narrow column are looked at, not panned: a wheel scrolls the panel.
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.hideAxis("left")
        self.hideAxis("bottom")
        self.getPlotItem().setContentsMargins(0, 0, 0, 0)
        self.getPlotItem().layout.setContentsMargins(0, 0, 0, 0)
        self.getViewBox().setDefaultPadding(0.0)
        self._lines: list[pyqtgraph.PlotDataItem] = []

    def show_series(self, series: Sequence[Series], colours: Sequence[QColor], ground: QColor, least: float) -> None:
        """Draw these curves and no others, on a ground that may have changed with the theme.

        The top of the chart is at least `least`: idling must not look like a mountain.
        """
        self.setBackground(ground)
        while len(self._lines) < len(series):
            self._lines.append(self.plot([], [], connect="finite"))
        for line in self._lines[len(series) :]:
            line.setData([], [])
        for line, one, colour in zip(self._lines, series, colours, strict=False):
            line.setPen(pyqtgraph.mkPen(colour, width=1))
            line.setData(np.array(one.xs), np.array(one.ys), antialias=len(series) <= FEW)
        self._scale(series, least)

    def _scale(self, series: Sequence[Series], least: float) -> None:
        highest = max((y for one in series for y in one.ys if y == y), default=1.0)
        first = min((one.xs[0] for one in series if one.xs), default=-1.0)
        last = max((one.xs[-1] for one in series if one.xs), default=0.0)
        self.getViewBox().setRange(
            xRange=(first, max(last, first + 1)), yRange=(0, max(highest, least) * 1.1), padding=0
        )
