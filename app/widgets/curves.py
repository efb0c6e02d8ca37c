"""The curves of a load chart, drawn by pyqtgraph: imported late, for it brings numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QWidget

from app import theme as themes
from app.models.load import Series

FEW = 4
"""Up to so many curves are smoothed: more would cost too much."""
TALL = 100
"""From this height on (px) there is room for axes."""
HEADROOM = 1.1
"""The top of a chart is so much above its highest value."""


class Curves(pyqtgraph.PlotWidget):  # type: ignore[misc]  # pyqtgraph is not typed
    """Lines over the seconds before now, from zero up; with axes where there is room for them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Charts of a narrow column are looked at, not panned: a wheel scrolls the panel.
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.getPlotItem().setContentsMargins(0, 0, 0, 0)
        self.getPlotItem().layout.setContentsMargins(0, 0, 0, 0)
        self.getViewBox().setDefaultPadding(0.0)
        self._lines: list[pyqtgraph.PlotDataItem] = []
        self._colours: tuple[QColor, ...] = ()
        self._show_axes()

    def show_series(self, series: Sequence[Series], colours: Sequence[QColor], least: float) -> None:
        """Draw these curves and no others.

        The top of the chart is at least `least`: idling must not look like a mountain.
        """
        self.take_theme()
        while len(self._lines) < len(series):
            self._lines.append(self.plot([], [], connect="finite"))
        for line in self._lines[len(series) :]:
            line.setData([], [])
        for line, one, colour in zip(self._lines, series, colours, strict=False):
            line.setPen(pyqtgraph.mkPen(colour, width=1))
            line.setData(np.array(one.xs), np.array(one.ys), antialias=len(series) <= FEW)
        self._scale(series, least)

    def _scale(self, series: Sequence[Series], least: float) -> None:
        highest = max((y for one in series for y in one.ys if y == y), default=0.0)
        first = min((one.xs[0] for one in series if one.xs), default=-1.0)
        last = max((one.xs[-1] for one in series if one.xs), default=0.0)
        top = max(highest, least) * HEADROOM
        self.getViewBox().setRange(xRange=(first, max(last, first + 1)), yRange=(0, top), padding=0)

    def take_theme(self) -> None:
        """Ground and axes in the colours that hold now."""
        theme = themes.theme()
        colours = (theme.window, theme.line, theme.dim)
        if colours == self._colours:
            return
        self._colours = colours
        self.setBackground(theme.window)
        for name in ("left", "bottom"):
            axis = self.getAxis(name)
            axis.setPen(theme.line)
            axis.setTextPen(theme.dim)
            axis.setStyle(tickFont=themes.mono(10), tickLength=-4)

    def _show_axes(self) -> None:
        for name in ("left", "bottom"):
            self.showAxis(name, self.height() >= TALL)

    # Qt's overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_lines"):  # the base class is resized before it is made
            self._show_axes()
