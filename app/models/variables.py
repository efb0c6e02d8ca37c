"""Variables of a stopped frame as a table: locals, what `self` holds, and watch expressions; changed ones are bold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt

from app.models.columns import Column
from app.models.recordtable import Index, RecordTable
from app.text import QT_TR_NOOP, safe_text
from app.theme import mono, theme

DUNDER = "__"
GROUPS = ("special variables", "function variables", "class variables", "protected variables")
"""Rows of the debugger's own that hold no value."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A name and its value. `reference` is what the debugger knows its members by, 0 for none."""

    name: str
    value: str
    kind: str = ""
    reference: int = 0
    changed: bool = False
    watched: bool = False
    """It is an expression that the person watches."""
    failed: bool = False
    """`value` says why there is none."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any], prefix: str = "") -> Variable:
        """Read one as the supervisor answers it."""
        name = f"{prefix}{data.get('name', '')}"
        return cls(name, str(data.get("value", "")), str(data.get("type", "")), int(data.get("reference") or 0))


def own_variables(found: Sequence[Mapping[str, Any]], prefix: str = "") -> list[Variable]:
    """The variables without the debugger's groups and Python's own names."""
    return [
        Variable.from_json(one, prefix)
        for one in found
        if str(one.get("name")) not in GROUPS and not str(one.get("name", "")).startswith(DUNDER)
    ]


def _colour(row: Variable) -> Any:
    return theme().error if row.failed else theme().accent if row.watched else None


COLUMNS: tuple[Column[Variable], ...] = (
    Column("name", QT_TR_NOOP("name"), QT_TR_NOOP("A variable of the frame, or an expression that is watched"), 116,
           lambda row, m: safe_text(row.name, 80), mono=True, colour=_colour),
    Column("value", QT_TR_NOOP("value"), QT_TR_NOOP("Its value; bold: it has changed since the last stop"), 100,
           lambda row, m: safe_text(row.value, 200), mono=True,
           colour=lambda row: theme().error if row.failed else None,
           hint=lambda row: safe_text(f"{row.kind} {row.value}".strip(), 1000)),
)  # fmt: skip


class VariablesModel(RecordTable[Variable]):
    """The variables of one frame."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent=parent)

    def show(self, found: Sequence[Variable]) -> None:
        """Show these, in this order; while they are the same ones the chosen row stays chosen."""
        if [(one.watched, one.name) for one in self._rows] == [(one.watched, one.name) for one in found]:
            self._rows = list(found)
            self.repaint()
        else:
            self.replace(found)

    # Qt's overrides

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        found = self.at(index.row()) if index.isValid() else None
        if role == Qt.ItemDataRole.FontRole and found is not None and found.changed:
            return mono(bold=True)
        return super().data(index, role)
