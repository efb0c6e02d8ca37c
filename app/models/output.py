"""What servers print, and what Socketscope says about them: the newest lines as a table."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.capture.reader import CaptureReader

Index = QModelIndex | QPersistentModelIndex

LIMIT = 5000
"""Lines kept; older ones stay in the capture."""


class OutputModel(QAbstractTableModel):
    """Lines of one server or of all, oldest first: time, server, stream, line."""

    def __init__(self, reader: CaptureReader | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        raise NotImplementedError

    def set_reader(self, reader: CaptureReader | None) -> None:
        """Show another capture."""

    def set_server(self, server: int | None) -> None:
        """Only the lines of one run of a server (its capture id); None: of all."""

    def refresh(self) -> None:
        """Append the lines that have come since."""

    def text(self) -> str:
        """All lines as safe plain text, for copying."""
        return ""

    # Qt's overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 4

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return None
