"""Runs one of CPython's own suites with our module in socketserver's place: `run_suite.py MODE SUITE`.

Started in the interpreter that is to be tested. The last line of its output is a JSON object: how many tests ran, how
many were skipped, which failed, and how often observers were told.
"""

import importlib
import json
import sys
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

import engine  # the path comes first
from engine.observe.hooks import HOOKS
from engine.observe.recorder import Recorder
from engine.observe.rows import facts_in
from tests.conformance.suites import LEFT_OUT, SUITES, Suite

told = dict.fromkeys(HOOKS, 0)


class Everything(engine.Observer):
    """Overrides every hook."""


def _count(name: str) -> Callable[..., None]:
    def hook(self: Everything, *facts: object) -> None:
        told[name] += 1

    return hook


for name in HOOKS:
    setattr(Everything, name, _count(name))


def _count_rows(records: list[bytes]) -> int:
    count = sum(map(facts_in, records))
    told["rows"] = told.get("rows", 0) + count
    return count


def _observers(mode: str) -> list[engine.Observer]:
    if mode == "watched":
        return [Everything()]
    if mode == "plain":
        return []
    recorder = Recorder(_count_rows)
    recorder.wake()  # its thread is there before any test counts threads
    return [recorder]


def _wanted(test: unittest.TestCase, suite: Suite) -> bool:
    chosen = not suite.classes or type(test).__name__ in suite.classes
    return chosen and not test.id().endswith(LEFT_OUT)


def _left_in(tests: unittest.TestSuite, suite: Suite) -> unittest.TestSuite:
    kept = unittest.TestSuite()
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            kept.addTest(_left_in(test, suite))
        elif _wanted(test, suite):
            kept.addTest(test)
    return kept


def main() -> int:
    """Exit code 0 if all passed."""
    mode, (suite,) = sys.argv[1], [suite for suite in SUITES if suite.name == sys.argv[2]]
    ours = engine.install(*_observers(mode))
    support: Any = importlib.import_module("test.support")
    support.use_resources = ["network"]
    support.verbose = 0
    tests = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(suite.module))
    result = unittest.TextTestRunner(verbosity=1).run(_left_in(tests, suite))
    wrong = [*result.failures, *result.errors]
    failed = [test.id() for test, _ in wrong] + [test.id() for test in result.unexpectedSuccesses]
    if sys.modules["socketserver"] is not ours:
        failed.append("another socketserver was under test")
    print(json.dumps({"run": result.testsRun, "skipped": len(result.skipped), "failed": failed, "told": told}))
    return 0 if result.testsRun and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
