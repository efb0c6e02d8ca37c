"""The perspectives: which panels each shows, how wide and high, and which comes to the front."""

from __future__ import annotations

from dataclasses import dataclass

REST = "*"
"""In a column at the bottom: every panel of the bottom that stands in no other."""


@dataclass(frozen=True)
class Column:
    """Panels that share a place at the bottom, as tabs; `share` says how wide it is beside the others."""

    panels: tuple[str, ...]
    share: int = 1


@dataclass(frozen=True)
class Arrangement:
    """What a perspective shows, and where: panels that it does not name stand where they belong."""

    left: int
    right: int
    bottom: int
    """How wide the columns are, and how high the bottom."""
    folded: int = 0
    """How high the bottom is when it has taken in the right column; 0: as ever."""
    shown: frozenset[str] = frozenset()
    """Besides the panels that are always there."""
    hidden: frozenset[str] = frozenset()
    """Those that make room for them."""
    columns: tuple[Column, ...] = (Column((REST,)),)
    """The bottom, from left to right."""
    front: str = ""
    """Comes to the front of its tabs."""
    tab: str = ""
    """Of the inspector, comes to its front."""


ARRANGEMENTS = {
    "live": Arrangement(226, 362, 260),
    "debug": Arrangement(
        226, 362, 440,
        shown=frozenset({"pipeline", "paused", "gates", "faults", "variables"}),
        hidden=frozenset({"workers", "load"}),
        columns=(Column(("paused",), 11), Column((REST,), 14), Column(("variables",), 8)),
        front="inspector", tab="code",
    ),
    "load": Arrangement(226, 720, 200, folded=420, front="load"),
    "replay": Arrangement(226, 362, 480, shown=frozenset({"bench"}), hidden=frozenset({"workers", "load"}),
                          columns=(Column(("bench",), 1), Column((REST,), 1)), front="inspector",
                          tab="diff"),
}  # fmt: skip
