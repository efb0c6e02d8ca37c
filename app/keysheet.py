"""The key sheet (F1) and the command palette (Ctrl+K): two views of the list of actions."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, QSortFilterProxyModel, Qt
from PySide6.QtGui import QAction, QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.actions import ACTIONS, MENUS, Action, shortcut_text
from app.text import QT_TR_NOOP, label, set_tip, tr

OTHER_KEYS = (
    ("↑ ↓  J K", QT_TR_NOOP("Move in a list")),
    ("Enter", QT_TR_NOOP("Details of the selected request")),
    ("Tab", QT_TR_NOOP("Next part of the window")),
    ("Alt+M", QT_TR_NOOP("Menu")),
)


class KeySheet(QDialog):
    """Every shortcut, by menu."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Keys"))
        self.setObjectName("key-sheet")
        page = QWidget()
        halves = QHBoxLayout(page)
        halves.setContentsMargins(20, 16, 20, 16)
        halves.setSpacing(40)
        for names in (("file", "server", "debug"), ("request", "view", "help")):
            half = QGridLayout()
            half.setVerticalSpacing(5)
            half.setColumnStretch(0, 1)
            rows = [row for menu, title in MENUS if menu in names for row in _rows(menu, title)]
            for at, (keys, text) in enumerate(rows):
                _add(half, at, keys, text)
            half.setRowStretch(len(rows), 1)
            halves.addLayout(half, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(page)
        scroll.setAccessibleName(tr("Keys"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        edges = QSize(scroll.verticalScrollBar().sizeHint().width() + 4, 4)
        self.resize((page.sizeHint() + edges).boundedTo(parent.screen().availableSize()))


def _rows(menu: str, title: str) -> list[tuple[str, str]]:
    rows = [("", tr(title))]
    rows += [(shortcut_text(record.shortcut), tr(record.text)) for record in ACTIONS if _is_listed(record, menu)]
    return rows + [(keys, tr(text)) for keys, text in OTHER_KEYS if menu == "help"]


def _is_listed(record: Action, menu: str) -> bool:
    return record.menu == menu and bool(record.shortcut)


def _add(grid: QGridLayout, at: int, keys: str, text: str) -> None:
    grid.addWidget(label(text, role=None if keys else "strong"), at, 0)
    if keys:
        grid.addWidget(label(keys, role="keycap"), at, 1, Qt.AlignmentFlag.AlignRight)
    else:
        grid.setRowMinimumHeight(at, 30)


class CommandPalette(QDialog):
    """Type a part of an action's name, press Enter."""

    def __init__(self, action: Callable[[str], QAction], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("command-palette")
        self.setWindowTitle(tr("Commands"))
        self._action = action
        self._line = QLineEdit()
        self._line.setPlaceholderText(tr("What do you want to do?"))
        self._line.setAccessibleName(tr("Command"))
        set_tip(self._line, tr("A part of a command's name"))
        self._matches = QSortFilterProxyModel(self)
        self._matches.setSourceModel(self._model())
        self._matches.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._list = QTreeView()
        self._list.setModel(self._matches)
        self._list.setRootIsDecorated(False)
        self._list.setHeaderHidden(True)
        self._list.setAccessibleName(tr("Commands"))
        self._list.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.activated.connect(self._do)
        self._list.clicked.connect(self._do)
        self._line.textChanged.connect(self._search)
        self._line.installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self._line)
        layout.addWidget(self._list)
        self.resize(460, 380)
        self._list.setColumnWidth(0, 320)
        self.move(parent.mapToGlobal(parent.rect().topLeft()).x() + (parent.width() - 460) // 2, parent.y() + 60)
        self._search("")
        self._line.setFocus()

    def _model(self) -> QStandardItemModel:
        model = QStandardItemModel(self)
        for record in ACTIONS:
            action = self._action(record.id)
            if record.id == "help.commands" or not action.isEnabled():
                continue
            item, keys = QStandardItem(tr(record.text)), QStandardItem(shortcut_text(record.shortcut))
            item.setIcon(action.icon())
            item.setData(record.id, Qt.ItemDataRole.UserRole)
            model.appendRow([item, keys])
        return model

    def _search(self, text: str) -> None:
        self._matches.setFilterFixedString(text)
        self._list.setCurrentIndex(self._matches.index(0, 0))

    def _do(self) -> None:
        chosen = self._list.currentIndex().siblingAtColumn(0).data(Qt.ItemDataRole.UserRole)
        self.accept()
        if chosen:
            self._action(chosen).trigger()

    # Qt's overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
                self._list.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._do()
                return True
        return super().eventFilter(watched, event)
