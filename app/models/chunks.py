"""The chunks of the selected request as a table: when, which way, how many bytes, how they begin."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.models.conversation import EMPTY, Conversation
from engine.capture.reader import CaptureReader

Index = QModelIndex | QPersistentModelIndex

FIRST_BYTES = 65536
"""Loaded at first; "load more" asks for the rest."""


class ChunksModel(QAbstractTableModel):
    """The conversation of one request, as far as it is loaded."""

    conversation_changed = Signal(Conversation)

    def __init__(self, reader: CaptureReader | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.conversation = EMPTY

    def set_reader(self, reader: CaptureReader | None) -> None:
        """Show another capture."""

    def set_request(self, request: int | None) -> None:
        """Show one request's chunks, from the first 64 KiB on."""

    def refresh(self) -> None:
        """Look whether the request has got more bytes; cheap when it has closed."""

    def load_more(self) -> None:
        """Load the rest of a large conversation."""

    @property
    def loaded_all(self) -> bool:
        """Whether every stored byte is here."""
        return True

    # Qt's overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 5

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return None
