"""Prints the tables of measurements; no figure here fails anything: `python3 -m tests.benchmarks`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import running
from .cases import CASES
from .figures import Row, outcomes, rows
from .tables import Result, as_json, as_markdown, as_text


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for, and print it."""
    wanted = parse(arguments)
    shape = as_json if wanted.json else as_markdown if wanted.markdown else as_text
    print(shape(report(wanted.only, wanted.seconds, wanted.rounds)))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line. Ends the program if it makes no sense."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", type=_names, default=[*CASES, "hooks"], metavar="NAME,...", help=", ".join([*CASES, "hooks"])
    )
    parser.add_argument("--seconds", type=_seconds, default=0.5, help="of load for each measurement, 0.05 to 30")
    parser.add_argument("--rounds", type=_rounds, default=3, help="of all servers in turn, 1 to 99")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON")
    shape.add_argument("--markdown", action="store_true", help="print a section for a README")
    return parser.parse_args(arguments)


def _names(given: str) -> list[str]:
    names = given.split(",")
    for name in names:
        if name not in CASES and name != "hooks":
            raise argparse.ArgumentTypeError(f"there is no {name!r}; there are {', '.join(CASES)} and hooks")
    return names


def _seconds(given: str) -> float:
    value = float(given)
    if not 0.05 <= value <= 30:
        raise argparse.ArgumentTypeError(f"must be from 0.05 to 30, not {given}")
    return value


def _rounds(given: str) -> int:
    value = int(given)
    if not 1 <= value <= 99:
        raise argparse.ArgumentTypeError(f"must be from 1 to 99, not {given}")
    return value


def report(names: Sequence[str], seconds: float, rounds: int) -> Result:
    """Measure these cases. What is under way is told on the standard error."""
    notes: list[str] = []
    if len(os.sched_getaffinity(0)) < 2:
        notes.append("There is one core only: server and clients share it.")
    measured: list[Row] = []
    with running.load_client() as program:
        for name in (name for name in names if name in CASES):
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            measured += rows(name, CASES[name], running.measure(program, CASES[name], seconds, rounds, notes.append))
    hooks = running.hooks_cost() if "hooks" in names else None
    return Result(measured, outcomes(measured, hooks), list(dict.fromkeys(notes)), seconds, rounds)


if __name__ == "__main__":
    main()
