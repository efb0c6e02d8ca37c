"""The conversation of a request: its chunks in order of time, each with arrow, time, size, and its bytes or text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.models.conversation import Conversation
from app.models.selection import ByteRange
from app.widgets.hexview import Mark

MODES = ("hex", "text")
ENCODINGS = ("utf-8", "latin-1", "ascii", "cp1252", "utf-16-le", "utf-16-be", "gb18030", "shift_jis")


class ConversationView(QAbstractScrollArea):
    """Paints only the lines on screen; select with mouse or Shift and arrows, copy with Ctrl+C."""

    range_chosen = Signal(object)
    """ByteRange | None"""
    chunk_chosen = Signal(object)
    """int | None: the chunk that the cursor is in"""
    more_requested = Signal()
    """The "load more" line was chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_conversation(self, conversation: Conversation, *, loaded_all: bool = True) -> None:
        """Show a conversation; the place and selection stay when it only grew."""

    def set_mode(self, mode: str) -> None:
        """One of MODES."""

    def set_encoding(self, encoding: str) -> None:
        """One of ENCODINGS; for mode "text"."""

    def set_note(self, received: bool, sentence: str) -> None:
        """What to say about a direction without bytes: "handler raised before its first write"."""

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Mark bytes in either direction."""

    def select(self, chosen: ByteRange | None) -> None:
        """Select bytes and scroll to them; emits nothing."""

    def select_chunk(self, chunk: int | None) -> None:
        """Scroll to a chunk; emits nothing."""

    def selected(self) -> ByteRange | None:
        """The selected bytes' place."""
        return None

    def selected_bytes(self) -> bytes:
        """The selected bytes; without a selection those of the cursor's chunk."""
        return b""

    def copy(self, key: str = "hex") -> None:
        """Put the selected bytes on the clipboard in one of COPY_FORMATS."""
