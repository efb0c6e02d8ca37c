"""The output: what handlers print, and what Socketscope has to say, line by line, searched and copied."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QLineEdit,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.context import Context
from app.icons import icon
from app.link.tick import Tick
from app.models.output import Index, OutputModel, RecordRole
from app.panels.live import LEAST_HEIGHT, LivePanel, StickToEnd, row
from app.panels.outputlines import OutputLines
from app.text import label, set_role, set_tip, tr
from app.theme import ROW, mono, theme

STREAM = 2
SIGNS = {0: ("»", "accent"), 1: ("·", "dim"), 2: ("!", "error")}
"""By stream: our own log, standard output, standard error."""
WIDTHS = (108, 120, 56)


class LineDelegate(QStyledItemDelegate):
    """Tells the streams apart by sign, word and colour."""

    # Qt's overrides

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        record = index.data(RecordRole)
        if index.column() != 1:
            option.font = mono()
        if index.column() == STREAM and record is not None:
            sign, token = SIGNS.get(record.stream, SIGNS[0])
            option.text = f"{sign} {option.text}"
            option.palette.setColor(QPalette.ColorRole.Text, getattr(theme(), token))
        elif index.column() < STREAM:
            option.palette.setColor(QPalette.ColorRole.Text, theme().dim)


class OutputPanel(LivePanel):
    """Lines of the selected server, or of all."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setMinimumHeight(LEAST_HEIGHT)
        self._lines = OutputLines(context.link.reader, context.journal)
        self.model = OutputModel(self._lines, self)
        self.table = QTableView()
        self._build_table()
        self.empty = label(tr("Nothing has been printed yet."), role="dim")
        self.empty.setContentsMargins(12, 8, 12, 8)
        self.box.addWidget(self.empty)
        self.box.addWidget(self.table, 1)
        self.head_tools = self._build_tools()
        self._connect()

    def refresh(self, tick: Tick) -> None:
        if self.context.view.frozen:
            return
        self._narrow(self.context.selection.server if self.only.isChecked() else "")
        self.model.refresh()
        self.empty.setVisible(self.model.rowCount() == 0)

    def change_capture(self) -> None:
        self._lines = OutputLines(self.context.link.reader, self.context.journal)
        self.model.set_reader(self._lines)

    def _narrow(self, key: str) -> None:
        if key != self._lines.key:
            self._lines.key = key
            self.model.set_reader(self._lines)
        self.model.set_server(self.runs() if key else None)

    def find_next(self) -> None:
        """Go to the next line that contains the searched text, from the top again after the last."""
        self._find(1)

    def find_previous(self) -> None:
        """Go to the line before."""
        self._find(-1)

    def copy(self) -> None:
        """Copy the selected lines, or all when none is selected."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        last = self.model.columnCount() - 1
        text = "\n".join(str(self.model.index(one, last).data() or "") for one in rows) if rows else self.model.text()
        QGuiApplication.clipboard().setText(text)
        self.context.tell(tr("Output copied."))

    def _find(self, step: int) -> None:
        wanted, count = self.search.text().casefold(), self.model.rowCount()
        start = self.table.currentIndex().row()
        last = self.model.columnCount() - 1
        for distance in range(1, count + 1):
            at = self.model.index((start + step * distance) % count, last)
            if wanted and wanted in str(at.data() or "").casefold():
                self.table.setCurrentIndex(at)
                self._mark("good")
                return
        self._mark("bad" if wanted else "")

    def _mark(self, state: str) -> None:
        self.search.setProperty("state", state)
        self.search.style().unpolish(self.search)
        self.search.style().polish(self.search)

    def _build_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setAccessibleName(tr("Output"))
        set_tip(table, tr("What servers printed; Ctrl+C copies the selected lines"))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW - 2)
        table.horizontalHeader().hide()
        table.setItemDelegate(LineDelegate(table))
        self._end = StickToEnd(table.verticalScrollBar())
        table.horizontalHeader().setStretchLastSection(True)
        for column, width in enumerate(WIDTHS):
            table.setColumnWidth(column, width)
        self.setFocusProxy(table)

    def _build_tools(self) -> QWidget:
        self.only = QCheckBox(tr("Selected server only"))
        set_tip(self.only, tr("Show only what the selected server printed"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search"))
        self.search.setAccessibleName(tr("Search in the output"))
        self.search.setFixedSize(180, 20)
        set_role(self.search, "slim")
        self.search.setClearButtonEnabled(True)
        set_tip(self.search, tr("Enter goes to the next line that contains it, Shift+Enter to the one before"))
        self.copy_button = QPushButton()
        self.copy_button.setIcon(icon("copy", "dim"))
        self.copy_button.setAccessibleName(tr("Copy output"))
        set_role(self.copy_button, "flat")
        set_tip(self.copy_button, tr("Copy the selected lines, or all"))
        tools = QWidget()
        tools.setLayout(row(None, self.only, self.search, self.copy_button))
        return tools

    def _connect(self) -> None:
        self.only.toggled.connect(self.refresh_now)
        self.search.returnPressed.connect(self.find_next)
        self.copy_button.clicked.connect(self.copy)
        self.context.selection.server_changed.connect(self.refresh_now)
        for parent, keys, slot in (
            (self.table, QKeySequence(QKeySequence.StandardKey.Copy), self.copy),
            (self.search, QKeySequence("Shift+Return"), self.find_previous),
        ):
            action = QAction(parent)
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(slot)
            parent.addAction(action)
