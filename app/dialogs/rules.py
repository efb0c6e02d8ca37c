"""The part of the server dialog that says what answers where there is no code: a table of rules."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.icons import icon
from app.models.rules import COLUMNS, EXPLANATIONS, MATCH, PATTERN, RulesModel
from app.panels.live import row
from app.text import QT_TR_NOOP, set_role, set_tip, tr
from app.theme import ROW
from engine.hosting.profile import Profile
from engine.hosting.rules import ANY, CHUNK, LINE, MATCHES

from .choice import Choice
from .fields import Form

WIDTHS = (74, 132, 170, 70, 74)
SHOWN_ROWS = 6
HANDLER, RULES = "handler", "rules"
WAYS = (
    (HANDLER, QT_TR_NOOP("A handler class"), QT_TR_NOOP("A class of yours in a Python file")),
    (RULES, QT_TR_NOOP("Rules, no code"), QT_TR_NOOP("What is received is looked up in a table of answers")),
)
EACH = (
    (LINE, QT_TR_NOOP("Each line"), QT_TR_NOOP("Rules are asked about each line that comes, without its end")),
    (CHUNK, QT_TR_NOOP("Each chunk"), QT_TR_NOOP("Rules are asked about whatever comes at once")),
)

Index = QModelIndex | QPersistentModelIndex


class RuleDelegate(QStyledItemDelegate):
    """Words are typed; how to match is chosen."""

    # Qt's overrides

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        if index.column() != MATCH:
            line = QLineEdit(parent)
            line.setFrame(False)
            line.setAccessibleName(tr(COLUMNS[index.column()]))
            set_tip(line, tr(EXPLANATIONS[index.column()]))
            set_role(line, "mono")
            return line
        choice = QComboBox(parent)
        choice.addItems(list(MATCHES))
        choice.setAccessibleName(tr("match"))
        set_tip(choice, tr(EXPLANATIONS[MATCH]))
        choice.activated.connect(lambda _index: self.commitData.emit(choice))
        return choice

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        text = str(index.data(Qt.ItemDataRole.EditRole))
        if isinstance(editor, QComboBox):
            editor.setCurrentText(text)
        elif isinstance(editor, QLineEdit):
            editor.setText(text)

    def setModelData(self, editor: QWidget, model: Any, index: Index) -> None:
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentText())
        elif isinstance(editor, QLineEdit):
            model.setData(index, editor.text())


class RulesEdit(QWidget):
    """The table, and what can be done with its rows."""

    changed = Signal()

    def __init__(self, model: RulesModel) -> None:
        super().__init__()
        self.model = model
        self.table = self._make_table()
        self.tools = [
            self._tool("plus", tr("Add a rule"), self.add),
            self._tool("trash", tr("Delete the rule (Delete)"), self.remove),
            self._tool("arrow-up", tr("Try it earlier"), lambda: self._move(-1)),
            self._tool("arrow-down", tr("Try it later"), lambda: self._move(1)),
        ]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.table)
        layout.addLayout(row(*self.tools, None, spacing=2))
        self.setFocusProxy(self.table)
        model.edited.connect(self.changed)

    def add(self) -> None:
        """A rule at the end, ready to be typed."""
        place = self.model.add()
        self.table.selectRow(place)
        self.table.edit(self.model.index(place, PATTERN if self.model.rows[place].match != ANY else PATTERN + 1))

    def remove(self) -> None:
        """Delete the chosen rule."""
        place = self.table.currentIndex().row()
        self.model.remove(place)
        self.table.selectRow(min(place, self.model.rowCount() - 1))

    def _move(self, by: int) -> None:
        self.table.selectRow(self.model.move(self.table.currentIndex().row(), by))

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setItemDelegate(RuleDelegate(table))
        table.setAccessibleName(tr("Rules"))
        set_tip(table, tr("The first rule that matches answers. Type into a cell; F2 or a double click opens it"))
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.setEditTriggers(
            QTableView.EditTrigger.DoubleClicked
            | QTableView.EditTrigger.EditKeyPressed
            | QTableView.EditTrigger.AnyKeyPressed
            | QTableView.EditTrigger.SelectedClicked
        )
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW + 4)
        head = table.horizontalHeader()
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for place, width in enumerate(WIDTHS):
            table.setColumnWidth(place, width)
        head.setSectionResizeMode(COLUMNS.index("answer"), head.ResizeMode.Stretch)
        table.setMinimumHeight((ROW + 4) * SHOWN_ROWS)
        delete = QAction(table)
        delete.setShortcut(QKeySequence("Delete"))
        delete.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        delete.triggered.connect(self.remove)
        table.addAction(delete)
        return table

    @staticmethod
    def _tool(name: str, text: str, do: Any) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(name))
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        set_tip(button, text)
        button.clicked.connect(do)
        return button


class RulesRows:
    """The rows of a form that hold rules, and the choice between them and a handler."""

    def __init__(self, form: Form, profile: Profile) -> None:
        self.way = Choice(WAYS, RULES if profile.rules else HANDLER)
        form.add(tr("What answers"), self.way, tr("A handler class, or a table of rules"), self.way.changed)
        self.model = RulesModel(profile.rules, form)
        self.each = Choice(EACH, self.model.each)
        self._each = form.add(tr("Rules for"), self.each, tr("What the rules are asked about"), self.each.changed)
        self.edit = RulesEdit(self.model)
        self._table = form.add(
            tr("Rules"), self.edit, tr("The first rule that matches answers"), self.edit.changed, self.model.problem
        )
        self.each.changed.connect(self.model.set_each)

    @property
    def chosen(self) -> bool:
        """Whether rules answer."""
        return self.way.value() == RULES

    def show_family(self, family: str) -> None:
        """Datagrams are not cut into lines."""
        self._table.set_shown(self.chosen)
        self._each.set_shown(self.chosen and family in ("tcp", "unix"))

    def values(self) -> dict[str, Any]:
        """The members of the profile that stand here."""
        return (
            {"rules": self.model.document(), "handler_file": "", "handler_class": ""} if self.chosen else {"rules": {}}
        )
