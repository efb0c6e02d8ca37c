"""The stage bar of a request, as a table's delegate, and the legend of its colours."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QStyledItemDelegate, QWidget


class StageBarDelegate(QStyledItemDelegate):
    """Paints the stages of a RequestsModel's row to the scale that all visible rows share."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)


class StageLegend(QWidget):
    """What the colours mean: accept, verify, queue, setup, handle, finish, close; hatched: waiting."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
