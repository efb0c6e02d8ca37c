"""Faults as a person sets them, and those of one server as a table: each row says what, to whom and how often."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from app.models.columns import Column
from app.models.means import means_word
from app.models.recordtable import RecordTable
from app.text import QT_TR_NOOP, number, safe_text, tr
from app.theme import theme
from engine.debug.kinds import BY_WORD, FaultKind
from engine.hosting.faulting import CHANCE

ON = 0
"""The column that a click switches."""
WAITING = frozenset({"latency", "bandwidth", "split", "merge"})
"""Kinds that make a worker wait."""


@dataclass(frozen=True, slots=True)
class FaultSetting:
    """One fault; the members are those of the supervisor's order `faults`."""

    number: int
    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    condition: str = ""
    share: float = 1.0
    every: int = 1
    seed: int = 0
    enabled: bool = True

    @property
    def record(self) -> FaultKind:
        """What is declared about its kind."""
        return BY_WORD[self.kind]

    def to_json(self) -> dict[str, Any]:
        """As it is ordered and kept."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {**plain, "values": dict(self.values)}

    @classmethod
    def from_json(cls, data: Any) -> FaultSetting:
        """Read what `to_json` made, switched off: nobody is to wonder at start. Raises ValueError for no fault."""
        try:
            kind = BY_WORD[data["kind"]]
            values = {one.name: one.check(data["values"].get(one.name, one.default)) for one in kind.parameters}
            numbers = int(data["number"]), kind.word, values, str(data.get("condition", ""))
            chances = CHANCE.check(data.get("share", 1.0)), max(1, int(data.get("every", 1))), int(data.get("seed", 0))
            return cls(*numbers, *chances, enabled=False)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"A fault is incomplete: {error}") from error


def values_text(fault: FaultSetting) -> str:
    """What is set of it, by its first parameter and those that are not as usual: "200ms, at sent"."""
    first, *others = fault.record.parameters
    values = fault.record.defaults() | dict(fault.values)
    unusual = (f"{one.name} {one.show(values[one.name])}" for one in others if values[one.name] != one.default)
    return ", ".join((first.show(values[first.name]), *unusual))


def whom_text(fault: FaultSetting) -> str:
    """Which requests suffer."""
    parts = [safe_text(fault.condition) or tr("any request")]
    if fault.every > 1:
        parts.append(tr("every {n}-th").format(n=number(fault.every)))
    if fault.share < 1:
        parts.append(CHANCE.show(fault.share))
    return ", ".join(parts)


def _colour(row: tuple[FaultSetting, str]) -> QColor | None:
    fault, problem = row
    return theme().error if problem else None if fault.enabled else theme().dim


def _on_colour(row: tuple[FaultSetting, str]) -> QColor | None:
    return theme().fault if row[0].enabled and not row[1] else _colour(row)


def _column(key: str, title: str, width: int, text: Callable[[FaultSetting], str]) -> FaultColumn:
    colour = _on_colour if key in ("on", "kind") else _colour
    return Column(key, title, "", width, lambda row, m: text(row[0]), colour=colour, hint=lambda row: safe_text(row[1]))


FaultColumn = Column[tuple[FaultSetting, str]]
"""Of a fault, and the supervisor's sentence about what is wrong with it."""
COLUMNS: tuple[FaultColumn, ...] = (
    _column("on", QT_TR_NOOP("on"), 30, lambda fault: "●" if fault.enabled else "○"),
    _column("kind", QT_TR_NOOP("fault"), 116, lambda fault: f"⚡ {means_word(fault.record.means)}"),
    _column("values", QT_TR_NOOP("how"), 116, values_text),
    _column("whom", QT_TR_NOOP("to whom"), 96, whom_text),
)


class FaultsModel(RecordTable[tuple[FaultSetting, str]]):
    """The faults of one server."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent=parent)

    def show(self, faults: Iterable[FaultSetting], errors: Mapping[int, str]) -> None:
        """Show these; `errors` are the supervisor's sentences by the fault's number."""
        self.merge([(fault, errors.get(fault.number, "")) for fault in faults], lambda row: row[0].number)

    def fault(self, row: int) -> FaultSetting | None:
        """The fault of a row."""
        found = self.at(row)
        return found[0] if found is not None else None
