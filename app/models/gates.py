"""Gates as a person sets them, and those of one server as a table: each row says where, when and which requests."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.text import QT_TR_NOOP, number, safe_text, tr
from app.theme import mono, theme
from engine.debug.gates import AFTER, BEFORE, POINTS

Index = QModelIndex | QPersistentModelIndex

COLUMNS = (QT_TR_NOOP("on"), QT_TR_NOOP("where"), QT_TR_NOOP("condition"), QT_TR_NOOP("which"), QT_TR_NOOP("goes on"))
ON, WHERE, CONDITION = range(3)


@dataclass(frozen=True, slots=True)
class GateSetting:
    """One gate; the members are those of the supervisor's order `gates`."""

    number: int
    point: str
    when: str = BEFORE
    condition: str = ""
    every: int = 1
    once: bool = False
    patience: float | None = None
    enabled: bool = True

    def to_json(self) -> dict[str, Any]:
        """As it is ordered and kept."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: Any) -> GateSetting:
        """Read what `to_json` made. Raises ValueError for what is no gate."""
        if (
            not isinstance(data, dict)
            or data.get("point") not in POINTS
            or data.get("when", BEFORE) not in (BEFORE, AFTER)
        ):
            raise ValueError("A gate says before or after which stage it holds a request.")
        try:
            patience = float(data["patience"]) if data.get("patience") is not None else None
            plain = int(data["number"]), data["point"], data.get("when", BEFORE), str(data.get("condition", ""))
            return cls(*plain, max(1, int(data.get("every", 1))), bool(data.get("once")), patience,
                       data.get("enabled", True) is True)  # fmt: skip
        except (KeyError, TypeError) as error:
            raise ValueError(f"A gate is incomplete: {error}") from error


def where_text(gate: GateSetting) -> str:
    """Where it holds: "before handle", "bytes received", "exception"."""
    words = {"received": tr("bytes received"), "sent": tr("bytes about to be sent"), "raised": tr("exception")}
    if gate.point in words:
        return words[gate.point]
    return (tr("before {stage}") if gate.when == BEFORE else tr("after {stage}")).format(stage=gate.point)


def which_text(gate: GateSetting) -> str:
    """Which of those that match."""
    if gate.once:
        return tr("only the next")
    return tr("every {n}-th").format(n=number(gate.every)) if gate.every > 1 else tr("each")


class GatesModel(QAbstractTableModel):
    """The gates of one server. `errors` are the supervisor's sentences by the gate's number."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._gates: list[GateSetting] = []
        self._errors: dict[int, str] = {}

    def show(self, gates: tuple[GateSetting, ...], errors: dict[int, str]) -> None:
        """Show these; rows that stay keep their selection."""
        if [gate.number for gate in gates] == [gate.number for gate in self._gates]:
            self._gates, self._errors = list(gates), dict(errors)
            if gates:
                self.dataChanged.emit(self.index(0, 0), self.index(len(gates) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self._gates, self._errors = list(gates), dict(errors)
        self.endResetModel()

    def at(self, row: int) -> GateSetting | None:
        """The gate of a row."""
        return self._gates[row] if 0 <= row < len(self._gates) else None

    def toggled(self, row: int) -> GateSetting:
        """The gate of a row, switched."""
        return dataclasses.replace(self._gates[row], enabled=not self._gates[row].enabled)

    def _text(self, gate: GateSetting, column: int) -> str:
        if column == ON:
            return "●" if gate.enabled else "○"
        if column == WHERE:
            return where_text(gate)
        if column == CONDITION:
            return safe_text(gate.condition) or tr("any request")
        if column == CONDITION + 1:
            return which_text(gate)
        return tr("after {n:g} s").format(n=gate.patience) if gate.patience else tr("when told")

    # Qt's overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._gates)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        gate = self.at(index.row()) if index.isValid() else None
        if gate is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(gate, index.column())
        if role == Qt.ItemDataRole.FontRole and index.column() == CONDITION and gate.condition:
            return mono()
        if role == Qt.ItemDataRole.ForegroundRole:
            if gate.number in self._errors:
                return theme().error
            return theme().warn if index.column() == ON and gate.enabled else None if gate.enabled else theme().dim
        return None
