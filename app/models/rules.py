"""The rules of a server without code, as a table that is typed into."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.text import QT_TR_NOOP, safe_text, tip, tr
from app.theme import mono
from engine.hosting.rules import ANY, LINE, RulesError, read_rules

Index = QModelIndex | QPersistentModelIndex

COLUMNS = ("match", "pattern", "answer", "delay", "close")
TITLES = (
    QT_TR_NOOP("match"),
    QT_TR_NOOP("pattern"),
    QT_TR_NOOP("answer"),
    QT_TR_NOOP("delay ms"),
    QT_TR_NOOP("then close"),
)
EXPLANATIONS = (
    QT_TR_NOOP("any, text, regex or hex: how the pattern is looked for"),
    QT_TR_NOOP(r"What the line, chunk or datagram contains; \r \n \x41 in texts, ff 00 in hex"),
    QT_TR_NOOP(r"What is answered: \r \n \x41, groups \1 \g<name>, hex:ff 00; several in turn with || between them"),
    QT_TR_NOOP("How long the answer takes"),
    QT_TR_NOOP("Whether the connection is closed after the answer"),
)
MATCH, PATTERN, ANSWER, DELAY, CLOSE = range(5)
IN_TURN = "||"
"""Between answers that are given in turn."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule, as it is typed."""

    match: str = ANY
    pattern: str = ""
    answer: str = r"ok\r\n"
    delay: str = "0"
    close: bool = False

    def to_json(self) -> dict[str, Any]:
        """As `hosting/rules.py` reads it; what is no number stays what it is, and is told of there."""
        answers = self.answer.split(IN_TURN)
        members: dict[str, Any] = {"match": self.match, "answer": answers if len(answers) > 1 else self.answer}
        if self.match != ANY:
            members["pattern"] = self.pattern
        if self.delay.strip() not in ("", "0"):
            members["delay_ms"] = int(self.delay) if self.delay.strip().isdecimal() else self.delay
        return members | ({"close": True} if self.close else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RuleRow:
        """Show a rule."""
        answer = data.get("answer", "")
        text = answer if isinstance(answer, str) else IN_TURN.join(map(str, answer))
        given = str(data.get("match", ANY)), str(data.get("pattern", "")), text
        return cls(*given, f"{data.get('delay_ms', 0):g}", data.get("close") is True)


class RulesModel(QAbstractTableModel):
    """Rules in the order in which they are tried. `edited` after a person has changed one."""

    edited = Signal()

    def __init__(self, document: Mapping[str, Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.each = str(document.get("each", LINE))
        self.rows = [RuleRow.from_json(rule) for rule in document.get("rules", [{"answer": r"ok\r\n"}])]

    def document(self) -> dict[str, Any]:
        """All rules."""
        return {"each": self.each, "rules": [row.to_json() for row in self.rows]}

    def problem(self) -> str:
        """The first thing that is wrong, in one sentence."""
        try:
            read_rules(self.document())
        except RulesError as error:
            return safe_text(str(error), 400)
        return ""

    def set_each(self, each: str) -> None:
        """What rules are asked about: each line, or each chunk."""
        self.each = each
        self.edited.emit()

    def add(self) -> int:
        """A rule at the end; returns its row."""
        self.beginInsertRows(QModelIndex(), len(self.rows), len(self.rows))
        self.rows.append(RuleRow())
        self.endInsertRows()
        self.edited.emit()
        return len(self.rows) - 1

    def remove(self, row: int) -> None:
        """Take a rule out."""
        if 0 <= row < len(self.rows):
            self.beginRemoveRows(QModelIndex(), row, row)
            del self.rows[row]
            self.endRemoveRows()
            self.edited.emit()

    def move(self, row: int, by: int) -> int:
        """Let a rule be tried earlier (-1) or later (1); returns where it is then."""
        other = row + by
        if 0 <= row < len(self.rows) and 0 <= other < len(self.rows):
            self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), other + (by > 0))
            self.rows.insert(other, self.rows.pop(row))
            self.endMoveRows()
            self.edited.emit()
            return other
        return row

    def _shown(self, row: int, column: int) -> str:
        value = getattr(self.rows[row], COLUMNS[column])
        if column == PATTERN and self.rows[row].match == ANY:
            return "\N{EN DASH}"
        return "" if column == CLOSE else str(value)

    # Qt's overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(TITLES[section])
        return tip(tr(EXPLANATIONS[section])) if role == Qt.ItemDataRole.ToolTipRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        plain = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        if index.column() == CLOSE:
            return plain | Qt.ItemFlag.ItemIsUserCheckable
        unused = index.column() == PATTERN and self.rows[index.row()].match == ANY
        return plain if unused else plain | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return safe_text(self._shown(row, column))
        if role == Qt.ItemDataRole.EditRole:
            return getattr(self.rows[row], COLUMNS[column])
        if role == Qt.ItemDataRole.CheckStateRole and column == CLOSE:
            return (Qt.CheckState.Checked if self.rows[row].close else Qt.CheckState.Unchecked).value
        if role == Qt.ItemDataRole.FontRole and column in (PATTERN, ANSWER, DELAY):
            return mono()
        return tip(tr(EXPLANATIONS[column])) if role == Qt.ItemDataRole.ToolTipRole else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        if not index.isValid():
            return False
        name = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.CheckStateRole and name == "close":
            changed: Any = Qt.CheckState(value) is Qt.CheckState.Checked
        elif role == Qt.ItemDataRole.EditRole and name != "close":
            changed = str(value)
        else:
            return False
        self.rows[index.row()] = dataclasses.replace(self.rows[index.row()], **{name: changed})
        self.dataChanged.emit(self.index(index.row(), 0), self.index(index.row(), len(COLUMNS) - 1))
        self.edited.emit()
        return True
