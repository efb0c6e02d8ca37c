"""How the figures are printed: as a table for a terminal, as a section for README, or as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .cases import CASES
from .figures import Outcome, Row


@dataclass(frozen=True)
class Result:
    """All that was measured. `notes`: what could not be, in sentences."""

    rows: Sequence[Row]
    outcomes: Sequence[Outcome]
    notes: Sequence[str]
    seconds: float
    rounds: int


def machine() -> str:
    """What this was measured on, in a few words."""
    try:
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        info = []
    model = next((line.partition(":")[2].strip() for line in info if line.startswith("model name")), "unknown CPU")
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores of {model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def as_text(result: Result) -> str:
    """For a terminal."""
    return "\n".join(_text_lines(result))


def _text_lines(result: Result) -> Iterator[str]:
    yield machine()
    for name, own in _by_case(result.rows):
        yield f"\n{name + ': ' + CASES[name].title:<44}{CASES[name].unit:>10}{'ratio':>8}{'µs CPU':>9}"
        for row in own:
            yield f"  {row.label:<42}{row.rate:>10,.0f}{row.ratio:>8.2f}{row.cpu:>9.1f}"
    if result.outcomes:
        yield "\nGoals"
    for one in result.outcomes:
        verdict = "reached" if one.reached else "MISSED"
        yield f"  {one.number:<5}{one.what:<52}{one.goal:>11}  {one.measured:<33}{verdict}"
    yield from ["", *result.notes] if result.notes else []


def as_markdown(result: Result) -> str:
    """A section of a README."""
    return "\n".join(_markdown_lines(result))


def _markdown_lines(result: Result) -> Iterator[str]:
    yield "## Performance\n"
    yield (
        f"Measured with `python3 -m tests.benchmarks` on {machine()}: server on one core, a C client with 16"
        " connections on the other, but where any core is said; loopback;"
        f" {result.rounds} rounds of {result.seconds:g} s in turn, medians. Ratios are to the first line of each group."
        " *Watched*: every stage and every byte recorded and sent to another process.\n"
    )
    for name, own in _by_case(result.rows):
        yield f"| {CASES[name].title} | {CASES[name].unit} | ratio | CPU each |\n|---|---:|---:|---:|"
        for row in own:
            yield f"| {row.label} | {row.rate:,.0f} | {row.ratio:.2f} | {row.cpu:.1f} µs |"
        yield ""
    if result.outcomes:
        yield "| Goal | | asked | measured | |\n|---|---|---:|---:|---|"
    for one in result.outcomes:
        yield f"| {one.number} | {one.what} | {one.goal} | {one.measured} | {'reached' if one.reached else 'missed'} |"
    yield from ["", *result.notes] if result.notes else []


def as_json(result: Result) -> str:
    """For programs."""
    return json.dumps({"machine": machine(), **asdict(result)}, ensure_ascii=False, indent=1)


def _by_case(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    for name in dict.fromkeys(row.case for row in rows):
        yield name, [row for row in rows if row.case == name]
