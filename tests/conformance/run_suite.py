"""Runs CPython's own tests with our module in socketserver's place: `run_suite.py plain|watched MODULE...`.

Started by test_cpython.py in the interpreter that is to be tested. One check is left out: that the module's own name is
"socketserver".
"""

import importlib
import sys
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

import engine  # the path comes first
from engine.observe.hooks import HOOKS

LEFT_OUT = "test_all"


class Everything(engine.Observer):
    """Overrides every hook."""


def _count(name: str) -> Callable[..., None]:
    def hook(self: Everything, *facts: object) -> None:
        told[name] += 1

    return hook


told = dict.fromkeys(HOOKS, 0)
for name in HOOKS:
    setattr(Everything, name, _count(name))


def _left_in(suite: unittest.TestSuite) -> unittest.TestSuite:
    kept = unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            kept.addTest(_left_in(test))
        elif not test.id().endswith(f"test_socketserver.MiscTestCase.{LEFT_OUT}"):
            kept.addTest(test)
    return kept


def main() -> int:
    """Exit code 0 if all passed."""
    watched = sys.argv[1] == "watched"
    engine.install(*[Everything()] * watched)
    support: Any = importlib.import_module("test.support")

    support.use_resources = ["network"]
    support.verbose = 0
    suite = unittest.TestSuite()
    for module in sys.argv[2:]:
        suite.addTest(_left_in(unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(module))))
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    if watched and not all(told[name] for name in ("request_opened", "stage_finished", "received", "request_closed")):
        print(f"the observer was not told: {told}")
        return 1
    print(f"ran {result.testsRun}")
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main())
