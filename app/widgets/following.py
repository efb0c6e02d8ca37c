"""Following the newest row of a requests table: only at the end, and never moving what a person reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QModelIndex, QObject, Signal
from PySide6.QtWidgets import QPushButton, QTableView

from app import theme as themes
from app.models.requests import RequestsModel
from app.text import number, set_role, set_tip


class Following(QObject):
    """Scrolls a table along while the person is at its newest end; elsewhere it holds the place and counts."""

    changed = Signal(bool)

    def __init__(self, table: QTableView, model: RequestsModel) -> None:
        super().__init__(table)
        self.active = True
        self._table = table
        self._model = model
        self._unseen = 0
        self._held = False
        self.chip = QPushButton(table.viewport())
        set_role(self.chip, "primary")
        self.chip.setAccessibleName(self.tr("New requests"))
        set_tip(self.chip, self.tr("Go to the newest request and follow (End)"))
        self.chip.clicked.connect(self.go)
        self.chip.hide()
        model.rowsInserted.connect(self._on_rows_inserted)
        model.rowsRemoved.connect(self._on_rows_removed)
        model.modelReset.connect(self._on_reset)
        model.counts_changed.connect(self._show_chip)
        table.verticalScrollBar().valueChanged.connect(self._on_scrolled)

    def go(self) -> None:
        """Go to the newest row and stay there."""
        self._model.bring_in()
        self._set_active(True)
        self._to_newest()

    def stay(self) -> None:
        """Stay where the reader is from now on."""
        self._set_active(False)

    def settle(self) -> None:
        """The table has another size."""
        self._tell_window()
        self._place_chip()
        if self.active:
            self._to_newest()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Scrolling in here is not the person's wish."""
        before, self._held = self._held, True
        try:
            yield
        finally:
            self._held = before

    def _newest_on_top(self) -> bool:
        return self._model.live_order and self._model.order[1]

    def _to_newest(self) -> None:
        with self.held():
            if self._newest_on_top() or not self._model.live_order:
                self._table.scrollToTop()
            else:
                self._table.scrollToBottom()

    def _at_newest(self) -> bool:
        bar = self._table.verticalScrollBar()
        return bar.value() == (bar.minimum() if self._newest_on_top() else bar.maximum())

    def _set_active(self, active: bool) -> None:
        if active:
            self._unseen = 0
        if active != self.active:
            self.active = active
            self.changed.emit(active)
        self._show_chip()

    def _on_scrolled(self) -> None:
        self._tell_window()
        if not self._held:
            self._set_active(self._at_newest())

    def _on_rows_inserted(self, _: QModelIndex, first: int, last: int) -> None:
        if self.active:
            self._to_newest()
        else:
            self._unseen += last - first + 1
            self._keep_place(first, last - first + 1)
        self._show_chip()

    def _on_rows_removed(self, _: QModelIndex, first: int, last: int) -> None:
        if self.active:
            self._to_newest()
        else:
            self._keep_place(first, first - last - 1)

    def _keep_place(self, row: int, change: int) -> None:
        """Rows came or went above: what the person reads stays where it is."""
        bar = self._table.verticalScrollBar()
        if row < bar.value() or (change > 0 and row == bar.value() == 0 and self._newest_on_top()):
            self._table.executeDelayedItemsLayout()
            with self.held():
                bar.setValue(max(row, bar.value() + change))

    def _on_reset(self) -> None:
        self._unseen = 0
        if self.active:
            self._to_newest()
        self._tell_window()

    def _tell_window(self) -> None:
        # At the very end the first row is cut, not the last: it stands before the bar's value.
        first = max(0, self._table.rowAt(0))
        self._model.set_window(first, first + self._table.viewport().height() // themes.ROW + 1)

    def _show_chip(self) -> None:
        count = self._unseen + self._model.new_count
        self.chip.setVisible(count > 0)
        if count:
            self.chip.setText(self.tr("{count} new ↓").format(count=number(count)))
            self.chip.adjustSize()
            self._place_chip()

    def _place_chip(self) -> None:
        room = self._table.viewport().rect()
        self.chip.move(room.right() - self.chip.width() - 12, room.bottom() - self.chip.height() - 8)
