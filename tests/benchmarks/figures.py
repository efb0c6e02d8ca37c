"""The arithmetic: medians, ratios of each round to its first server, and what of the goals is reached."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .cases import Case


@dataclass(frozen=True)
class Figure:
    """One measurement: answers a second, and the server's CPU time for one, µs."""

    rate: float
    cpu: float


@dataclass(frozen=True)
class Row:
    """One server's line: medians, and the median of the ratios of each round. `ratio` is of the rate."""

    case: str
    label: str
    rate: float
    ratio: float
    cpu: float


def rows(name: str, case: Case, figures: Sequence[Sequence[Figure]]) -> list[Row]:
    """A line for each server that was measured."""
    base = figures[0]
    return [
        Row(
            name,
            contender.label,
            statistics.median(figure.rate for figure in own),
            statistics.median(figure.rate / other.rate for figure, other in zip(own, base, strict=True)),
            statistics.median(figure.cpu for figure in own),
        )
        for contender, own in zip(case.contenders, figures, strict=True)
        if own
    ]


@dataclass(frozen=True)
class Goal:
    """`server` of `case` has to reach `least` times the first server's rate."""

    number: str
    case: str
    server: str
    least: float


GOALS = (
    Goal("P1", "tcp", "ours ThreadPoolTCPServer", 2.0),
    Goal("P1", "tcp", "watched ThreadPoolTCPServer", 1.9),
    Goal("P2", "unix", "ours ThreadPoolUnixStreamServer", 5.0),
    Goal("P2", "unix", "watched ThreadPoolUnixStreamServer", 3.8),
    Goal("P3", "tcp", "ours ThreadingTCPServer", 1.03),
    Goal("P3", "tcp", "watched ThreadingTCPServer", 0.93),
    Goal("P4", "req", "watched ThreadingTCPServer", 0.9),
    Goal("P5", "udp", "ours UDPServer", 1.6),
    Goal("P5", "udp", "watched UDPServer", 1.1),
    Goal("P6", "fork", "ours PreforkTCPServer", 15),
    Goal("P6", "fork", "watched PreforkTCPServer", 13),
    Goal("P8", "http", "watched ThreadPoolHTTPServer", 2.0),
    Goal("P16", "wait", "ours ThreadPoolTCPServer", 1.1),
    Goal("P16", "work", "ours ThreadPoolTCPServer", 0.95),
)
HOOKS_COST = 0.25
"""µs a request, at most (P7)."""


@dataclass(frozen=True)
class Outcome:
    """One goal as a line: what it asks for, and what was measured."""

    number: str
    what: str
    goal: str
    measured: str
    reached: bool


def outcomes(measured: Sequence[Row], hooks: tuple[float, float] | None) -> list[Outcome]:
    """The goals whose servers were measured, in order. `hooks`: what a request takes in theirs and in our loop, µs."""
    known = {(row.case, row.label): row for row in measured}
    found = list(_of_rates(known))
    if hooks is not None:
        theirs, ours = hooks
        more = ours - theirs
        measured_cost = f"{more:+.2f} µs ({ours:.2f} against {theirs:.2f})"
        found.append(
            Outcome("P7", "hooks: the loop, unwatched", f"≤ +{HOOKS_COST} µs", measured_cost, more <= HOOKS_COST)
        )
    return sorted(found, key=lambda one: int(one.number[1:]))


def _of_rates(known: Mapping[tuple[str, str], Row]) -> Iterator[Outcome]:
    for goal in GOALS:
        row = known.get((goal.case, goal.server))
        if row is not None:
            what = f"{goal.case}: {goal.server}"
            yield Outcome(goal.number, what, f"≥ {goal.least:g}", f"{row.ratio:.2f}", row.ratio >= goal.least)
