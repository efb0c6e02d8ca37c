"""The requests table: 22 px rows, columns as the person left them, following the newest only at the end."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QTableView, QWidget

from app.models.requests import RequestsModel


class RequestsTable(QTableView):
    """A view of a RequestsModel."""

    request_chosen = Signal(object)
    """int | None: the id of the current row's request."""
    request_activated = Signal(object)
    """int: Enter or a double click."""
    menu_requested = Signal(object, QPoint)
    """int and a global point: the right button or the menu key on a row."""
    following_changed = Signal(bool)
    columns_changed = Signal()
    """Widths, order or visibility: save `columns_state()`."""

    def __init__(self, model: RequestsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def select_request(self, request: int | None) -> None:
        """Make a request current, and scroll to it when it is shown. Emits nothing when it already is."""

    def selected_ids(self) -> list[int]:
        """The ids of the selected rows, top down."""
        return []

    @property
    def following(self) -> bool:
        """Whether the view stays at the newest row."""
        return True

    def follow_newest(self) -> None:
        """Go to the newest row and stay there. The End key does this."""

    def previous_error(self) -> None:
        """Choose the failed request before this one."""

    def next_error(self) -> None:
        """Choose the failed request after this one."""

    def columns_state(self) -> str:
        """Widths, order, visibility and sorting, to be saved."""
        return ""

    def restore_columns(self, state: str) -> None:
        """What `columns_state` gave; anything damaged is ignored."""

    def reset_columns(self) -> None:
        """Back to the first state."""

    def show_column(self, key: str, shown: bool) -> None:
        """Show or hide a column; the last one stays."""
