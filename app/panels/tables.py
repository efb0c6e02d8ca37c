"""A small table as panels show it: whole rows, one of them chosen, no grid."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableView

from app.models.recordtable import RecordTable
from app.text import set_tip
from app.theme import ROW

LEAST = 24
"""px of a column."""


def make_table(model: RecordTable[Any], name: str, tip: str) -> QTableView:
    """The last column takes what room is left, the others the width that they are declared with."""
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName(name)
    set_tip(table, tip)
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(ROW)
    head = table.horizontalHeader()
    head.setStretchLastSection(True)
    head.setMinimumSectionSize(LEAST)
    head.setHighlightSections(False)
    head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    for place, column in enumerate(model.columns):
        table.setColumnWidth(place, column.width)
    return table
