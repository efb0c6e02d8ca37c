"""How the table of a frame's variables looks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.theme import ROW

COLUMNS, NARROW_COLUMNS = (70, 100), (52, 88)
"""Widths of the variables' names and types; the value takes the rest."""


def dress(table: QTableView) -> None:
    """Rows of one height that are chosen whole; no grid, no numbers, no scrolling sideways."""
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(ROW)
    head = table.horizontalHeader()
    head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    head.setHighlightSections(False)
    head.setStretchLastSection(True)
    head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    set_columns(table, narrow=False)


def set_columns(table: QTableView, *, narrow: bool) -> None:
    """Give names and types their width."""
    for column, width in enumerate(NARROW_COLUMNS if narrow else COLUMNS):
        table.setColumnWidth(column, width)
