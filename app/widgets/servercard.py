"""A server's row in the list: state, name, address, what it does, its load, and what went wrong."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QStyledItemDelegate


class ServerDelegate(QStyledItemDelegate):
    """Paints a row of a ServersModel."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
