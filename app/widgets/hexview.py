"""A hex and ASCII view of bytes of any size: it paints only the rows that are on screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from app.models.selection import ByteRange


@dataclass(frozen=True, slots=True)
class Mark:
    """Bytes worth a look, and why: a local variable of a failure, a found text."""

    received: bool
    start: int
    end: int
    label: str


class HexView(QAbstractScrollArea):
    """The bytes of one direction, with a selection by mouse and keyboard, and marks."""

    range_chosen = Signal(object)
    """ByteRange | None: what the person selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_data(self, data: bytes, received: bool, start: int = 0) -> None:
        """Show bytes; `start` is the offset of the first in its stream."""

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Mark bytes; those of the other direction are left out."""

    def select(self, chosen: ByteRange | None) -> None:
        """Select bytes and scroll to them; emits nothing."""

    def selected(self) -> ByteRange | None:
        """The selected bytes' place."""
        return None

    def selected_bytes(self) -> bytes:
        """The selected bytes, or all when none are selected."""
        return b""

    def copy(self, key: str = "hex") -> None:
        """Put the selected bytes on the clipboard in one of COPY_FORMATS."""
