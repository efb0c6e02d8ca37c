"""The requests table: 22 px rows, columns as the person left them, following the newest only at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QMenu, QTableView, QWidget

from app import theme as themes
from app.models.requestcolumns import BY_KEY, COLUMNS
from app.models.requests import RequestsModel
from app.widgets import tablecolumns
from app.widgets.following import Following
from app.widgets.requestcells import RequestDelegate, Row, RowsPainter

Index = QModelIndex | QPersistentModelIndex

_ROWS_ONLY = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows


class RequestsTable(QTableView):
    """A view of a RequestsModel."""

    request_chosen = Signal(object)
    """int | None: the id of the current row's request."""
    request_activated = Signal(object)
    """int: Enter or a double click."""
    pair_chosen = Signal(object)
    """tuple[int, int] | None: exactly two rows are selected."""
    menu_requested = Signal(object, QPoint)
    """int and a global point: the right button or the menu key on a row."""
    following_changed = Signal(bool)
    columns_changed = Signal()
    """Widths, order, visibility or sorting: save `columns_state()`."""

    def __init__(self, model: RequestsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._requests = model
        self._rows = RowsPainter(model)
        self._chosen: int | None = None
        self._quiet = False
        # Before the view's own slot, which would choose another row for one that goes.
        model.rowsAboutToBeRemoved.connect(self._on_rows_going)
        self.setModel(model)
        self.setItemDelegate(RequestDelegate(self))
        self._set_up_rows()
        self._set_up_header()
        self._following = Following(self, model)
        self._following.changed.connect(self.following_changed)
        model.modelReset.connect(self._on_reset)
        model.rowsInserted.connect(self._on_rows_came)
        self.doubleClicked.connect(self._on_double_click)

    def _set_up_rows(self) -> None:
        self.setAccessibleName(self.tr("Requests"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        # It paints all of its ground: Qt need not paint what lies behind, up to the window.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(themes.ROW)
        rows.setDefaultSectionSize(themes.ROW)

    def _set_up_header(self) -> None:
        header = self.horizontalHeader()
        header.setAccessibleName(self.tr("Columns of the requests table"))
        header.setFixedHeight(themes.ROW)
        header.setMinimumSectionSize(tablecolumns.LEAST_WIDTH)
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setSortIndicatorClearable(False)
        # Cells keep 8 px from their borders; the application's sheet gives heads less.
        header.setStyleSheet("QHeaderView::section { padding: 0 8px; }")
        header.setSortIndicator(BY_KEY["id"], Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        header.setSortIndicatorShown(False)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._on_header_menu)
        tablecolumns.reset(header)
        header.sectionResized.connect(self._on_columns_changed)
        header.sectionMoved.connect(self._on_columns_changed)
        header.sortIndicatorChanged.connect(self._on_columns_changed)

    # Selection

    def select_request(self, request: int | None) -> None:
        """Make a request current, and scroll to it when it is shown. Emits nothing."""
        self._chosen = request
        row = -1 if request is None else self._requests.row_of(request)
        with self._quietly():
            if row < 0:
                self.selectionModel().clear()
            elif row != self.currentIndex().row() or len(self.selected_ids()) != 1:
                self.selectionModel().setCurrentIndex(self._requests.index(row, 0), _ROWS_ONLY)
        if row >= 0:
            self.scrollTo(self._requests.index(row, 0))

    def selected_ids(self) -> list[int]:
        """The ids of the selected rows, top down."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [request for row in rows if (request := self._requests.id_at(row)) is not None]

    def previous_error(self) -> None:
        """Choose the failed request before this one."""
        self._go(self._requests.next_error(self._current_row(self._requests.shown), -1))

    def next_error(self) -> None:
        """Choose the failed request after this one."""
        self._go(self._requests.next_error(self._current_row(-1), 1))

    def _current_row(self, otherwise: int) -> int:
        return self.currentIndex().row() if self.currentIndex().isValid() else otherwise

    def _go(self, row: int) -> None:
        if 0 <= row < self._requests.shown:
            self.selectionModel().setCurrentIndex(self._requests.index(row, 0), _ROWS_ONLY)
            self.scrollTo(self._requests.index(row, 0))

    # Following the newest

    @property
    def following(self) -> bool:
        """Whether the view stays at the newest row."""
        return self._following.active

    def follow_newest(self) -> None:
        """Go to the newest row and stay there. The End key does this."""
        self._following.go()

    def set_following(self, following: bool) -> None:
        """Go to the newest row and stay with it, or stay where the reader is from now on."""
        if following != self.following:
            (self._following.go if following else self._following.stay)()

    def stay(self) -> None:
        """Stay where the reader is from now on."""
        self.set_following(False)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """What is chosen or scrolled in here is not the person's wish."""
        before, self._quiet = self._quiet, True
        try:
            with self._following.held():
                yield
        finally:
            self._quiet = before

    def _on_rows_going(self, _: QModelIndex, first: int, last: int) -> None:
        """An evicted request stays chosen, though its row goes: the inspector still shows it."""
        if first <= self.currentIndex().row() <= last:
            with self._quietly():
                self.selectionModel().clearCurrentIndex()

    def _on_rows_came(self) -> None:
        """A request may be chosen before its row is there."""
        if self._chosen is not None and not self.currentIndex().isValid() and self._requests.row_of(self._chosen) >= 0:
            self.select_request(self._chosen)

    def _on_reset(self) -> None:
        self.select_request(self._chosen)

    # Columns

    def columns_state(self) -> str:
        """Widths, order, visibility and sorting, to be saved."""
        return tablecolumns.save(self.horizontalHeader(), self._requests.order)

    def restore_columns(self, state: str) -> None:
        """What `columns_state` gave; anything damaged is ignored."""
        order = tablecolumns.restore(self.horizontalHeader(), state)
        if order is not None:
            way = Qt.SortOrder.DescendingOrder if order[1] else Qt.SortOrder.AscendingOrder
            self.sortByColumn(BY_KEY[order[0]], way)

    def reset_columns(self) -> None:
        """Back to the first arrangement."""
        tablecolumns.reset(self.horizontalHeader())
        self.sortByColumn(BY_KEY["id"], Qt.SortOrder.AscendingOrder)

    def show_column(self, key: str, shown: bool) -> None:
        """Show or hide a column; the last one stays."""
        header = self.horizontalHeader()
        if shown or header.count() - header.hiddenSectionCount() > 1:
            header.setSectionHidden(BY_KEY[key], not shown)
            self._on_columns_changed()

    def column_menu(self) -> QMenu:
        """The column chooser."""
        menu = QMenu(self)
        for position, column in enumerate(COLUMNS):
            title = self._requests.headerData(position, Qt.Orientation.Horizontal)
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(not self.horizontalHeader().isSectionHidden(position))
            action.toggled.connect(lambda shown, key=column.key: self.show_column(key, shown))
        menu.addSeparator()
        menu.addAction(self.tr("Reset columns"), self.reset_columns)
        return menu

    def _on_header_menu(self, place: QPoint) -> None:
        menu = self.column_menu()
        menu.exec(self.horizontalHeader().mapToGlobal(place))
        menu.deleteLater()

    def _on_columns_changed(self) -> None:
        # In the order of arrival no arrow is needed, and it would stand on the "#".
        self.horizontalHeader().setSortIndicatorShown(self._requests.order != ("id", False))
        self.columns_changed.emit()

    def _on_double_click(self, index: QModelIndex) -> None:
        self.request_activated.emit(self._requests.id_at(index.row()))

    # Qt's overrides

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: N802
        super().currentChanged(current, previous)
        if not self._quiet and current.row() != previous.row():
            self._chosen = self._requests.id_at(current.row()) if current.isValid() else None
            self.request_chosen.emit(self._chosen)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: N802
        super().selectionChanged(selected, deselected)
        chosen = self.selectionModel().selection()
        rows = sum(chosen.at(place).height() for place in range(chosen.count()))
        pair = self.selected_ids() if rows == 2 else []
        self.pair_chosen.emit((pair[0], pair[1]) if len(pair) == 2 else None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt would make the first row current, far from what is on screen."""
        current, place = self.currentIndex().isValid(), self.verticalScrollBar().value()
        with self._quietly():
            super().focusInEvent(event)
            if not current:
                self.selectionModel().clearCurrentIndex()
                self.verticalScrollBar().setValue(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, alt = event.key(), event.modifiers() == Qt.KeyboardModifier.AltModifier
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            (self.previous_error if key == Qt.Key.Key_Up else self.next_error)()
        elif plain and key in (Qt.Key.Key_J, Qt.Key.Key_K):
            self._go(self._current_row(-1) + (1 if key == Qt.Key.Key_J else -1))
        elif plain and key == Qt.Key.Key_Home:
            self._go(0)
        elif plain and key == Qt.Key.Key_End:
            self.follow_newest()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.request_activated.emit(self._requests.id_at(self.currentIndex().row()))
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:  # noqa: N802
        """Letters are keys of the table; searching every row for them would take seconds."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        keyboard = event.reason() is QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if keyboard else self.indexAt(event.pos())
        if index.isValid():
            place = self.visualRect(index).bottomLeft() if keyboard else event.pos()
            self.menu_requested.emit(self._requests.id_at(index.row()), self.viewport().mapToGlobal(place))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = themes.theme()
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.panel)
        rows = self._rows_on_screen()
        width = self.viewport().width()
        for row in rows:
            if row.selected:
                painter.fillRect(0, row.top, width, themes.ROW, theme.selection)
        self._rows.paint(painter, rows, self._columns_on_screen())
        current = self.currentIndex()
        if self.hasFocus() and current.isValid():
            painter.setPen(themes.mix(theme.accent, theme.panel, 0.6))
            painter.drawRect(0, self.rowViewportPosition(current.row()), width - 1, themes.ROW - 1)

    def _rows_on_screen(self) -> list[Row]:
        model, selection, nowhere = self._requests, self.selectionModel(), QModelIndex()
        any_selected = selection.hasSelection()
        top = self.rowAt(0)
        if top < 0:
            return []
        first = self.rowViewportPosition(top)
        last = min(model.shown, top + (self.viewport().height() - first) // themes.ROW + 1)
        return [
            Row(
                number,
                first + (number - top) * themes.ROW,
                model.request_at(number),
                any_selected and selection.isRowSelected(number, nowhere),
            )
            for number in range(top, last)
        ]

    def _columns_on_screen(self) -> list[tuple[int, int, int]]:
        header, width = self.horizontalHeader(), self.viewport().width()
        places = ((n, self.columnViewportPosition(n), self.columnWidth(n)) for n in range(len(COLUMNS)))
        shown = [place for place in places if not header.isSectionHidden(place[0])]
        return [(n, left, size) for n, left, size in shown if left < width and left + size > 0]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_following"):  # the constructor resizes, too
            self._following.settle()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.viewport().update()
