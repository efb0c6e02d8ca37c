"""The matrix: every interpreter found, every suite, every mode; each cell is a process of its own."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .suites import MODES, SUITES, Suite

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
LIMIT = 100
"""Seconds that a cell may take; the slowest suite takes some ten."""
_SCRIPT = Path(__file__).parent / "run_suite.py"


@dataclass(frozen=True)
class Cell:
    """What one suite did in one interpreter and mode."""

    run: int
    skipped: int
    failed: list[str] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)
    output: str = ""

    def __str__(self) -> str:
        return f"{self.run}/{self.skipped}/{len(self.failed)}"


@functools.cache
def interpreters() -> dict[str, str]:
    """Interpreters that have CPython's tests, by version: the running one, and one of each other version installed."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = {own: sys.executable} if _has_tests(sys.executable) else {}
    for version in VERSIONS:
        known = Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")
        for candidate in [shutil.which(f"python{version}"), *map(str, sorted(known))]:
            if candidate and version not in found and _has_tests(candidate):
                found[version] = candidate
    return dict(sorted(found.items()))


def _has_tests(interpreter: str) -> bool:
    command = [interpreter, "-c", "import test.test_socketserver"]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


def run(interpreter: str, mode: str, suite: Suite, directory: Path) -> Cell:
    """Run one cell, in an empty directory."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore::DeprecationWarning", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [interpreter, str(_SCRIPT), mode, suite.name]
    try:
        outcome = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LIMIT, env=environment, cwd=directory
        )
    except subprocess.TimeoutExpired:
        return Cell(0, 0, [f"not done after {LIMIT} s"])
    return _read(outcome)


def _read(outcome: subprocess.CompletedProcess[str]) -> Cell:
    last = (outcome.stdout.splitlines() or [""])[-1]
    if not last.startswith("{"):
        return Cell(0, 0, [f"ended with status {outcome.returncode}"], output=outcome.stderr)
    told = json.loads(last)
    if not told["run"]:
        told["failed"].append("nothing ran")
    return Cell(told["run"], told["skipped"], told["failed"], told["told"], outcome.stderr)


def print_all(directory: Path, versions: Iterable[str] = ()) -> int:
    """Run and print all cells; returns how many failed."""
    failed = 0
    print("tests run/skipped/failed" + "".join(f"\n{mode:>10}: {meaning}" for mode, meaning in MODES.items()))
    print(f"\n{'':<24}" + "".join(f"{mode:>14}" for mode in MODES))
    for version, interpreter in interpreters().items():
        if versions and version not in versions:
            continue
        for suite in SUITES:
            print(f"{version:<6}{suite.name:<22}"[:24].ljust(24), end="", flush=True)
            failed += _print_row(interpreter, suite, directory)
    return failed


def _print_row(interpreter: str, suite: Suite, directory: Path) -> int:
    wrong: list[str] = []
    for mode in MODES:
        cell = run(interpreter, mode, suite, directory)
        print(f"{cell!s:>14}", end="", flush=True)
        if cell.failed:
            wrong.append(f"  {mode}: {', '.join(cell.failed)}\n{cell.output[-3000:]}")
    print("".join(f"\n{text}" for text in wrong))
    return len(wrong)
