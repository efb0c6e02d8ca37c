"""Gates as a person sets them, and those of one server as a table: each row says where, when and which requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from app.models.columns import Column
from app.models.places import place_text, point_text
from app.models.recordtable import RecordTable
from app.text import QT_TR_NOOP, number, safe_text, tr
from app.theme import theme
from engine.debug.gates import AFTER, BEFORE, POINTS, place_of

ON = 0
"""The column that a click switches."""


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
    return point_text(gate.point, gate.when)


def short_where_text(gate: GateSetting) -> str:
    """The same in few words: "before verify"."""
    return place_text(place_of(gate.point, gate.when))


def condition_text(gate: GateSetting) -> str:
    """Which requests match."""
    return safe_text(gate.condition) or tr("any request")


def which_text(gate: GateSetting) -> str:
    """Which of those that match."""
    if gate.once:
        return tr("only the next")
    return tr("every {n}-th").format(n=number(gate.every)) if gate.every > 1 else tr("each")


def goes_on_text(gate: GateSetting) -> str:
    """When a held request goes on."""
    return tr("after {n:g} s").format(n=gate.patience) if gate.patience else tr("when told")


def _on_colour(row: tuple[GateSetting, str]) -> QColor | None:
    return theme().warn if row[0].enabled and not row[1] else _colour(row)


def _colour(row: tuple[GateSetting, str]) -> QColor | None:
    gate, problem = row
    return theme().error if problem else None if gate.enabled else theme().dim


def _column(key: str, title: str, width: int, text: Callable[[GateSetting], str], mono: bool = False) -> GateColumn:
    return Column(
        key,
        title,
        "",
        width,
        lambda row, m: text(row[0]),
        mono=mono,
        colour=_on_colour if key == "on" else _colour,
        hint=lambda row: safe_text(row[1]) or where_text(row[0]),
    )


GateColumn = Column[tuple[GateSetting, str]]
"""Of a gate, and the supervisor's sentence about what is wrong with it."""
COLUMNS: tuple[GateColumn, ...] = (
    _column("on", QT_TR_NOOP("on"), 30, lambda gate: "●" if gate.enabled else "○"),
    _column("where", QT_TR_NOOP("where"), 116, short_where_text),
    _column("condition", QT_TR_NOOP("condition"), 84, condition_text, True),
    _column("which", QT_TR_NOOP("which"), 60, which_text),
    _column("goes_on", QT_TR_NOOP("goes on"), 80, goes_on_text),
)


class GatesModel(RecordTable[tuple[GateSetting, str]]):
    """The gates of one server."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent=parent)

    def show(self, gates: Iterable[GateSetting], errors: Mapping[int, str]) -> None:
        """Show these; `errors` are the supervisor's sentences by the gate's number."""
        self.merge([(gate, errors.get(gate.number, "")) for gate in gates], lambda row: row[0].number)

    def gate(self, row: int) -> GateSetting | None:
        """The gate of a row."""
        found = self.at(row)
        return found[0] if found is not None else None
