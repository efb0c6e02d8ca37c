"""CPython's own tests of socketserver, and of what the standard library builds on it, pass on ours.

Here the cells that are quick; `python3 -m tests.conformance` runs and prints all.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .matrix import interpreters, run
from .suites import MODES, SUITES, Suite

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
CORE = ("test_socketserver", "test_httpservers", "test_xmlrpc", "test_docxmlrpc", "test_wsgiref")


def _cells() -> list[tuple[str, str, str]]:
    quick = [
        (version, mode, suite.name)
        for version in interpreters()
        for mode in MODES
        for suite in SUITES
        if suite.name in CORE and (version == OWN or suite.name == "test_socketserver" or mode == "recorded")
    ]
    return quick + [(OWN, "recorded", suite.name) for suite in SUITES if suite.name not in CORE]


@pytest.mark.parametrize(("version", "mode", "name"), _cells())
def test_suite(version: str, mode: str, name: str, tmp_path: Path) -> None:
    (suite,) = [suite for suite in SUITES if suite.name == name]
    cell = run(interpreters()[version], mode, suite, tmp_path)
    assert not cell.failed, cell.output[-6000:]
    assert cell.run
    if name == "test_socketserver":
        _check_that_it_was_watched(mode, cell.told)


def _check_that_it_was_watched(mode: str, told: dict[str, int]) -> None:
    hooks = ("request_opened", "stage_finished", "received", "sent", "request_closed", "failed")
    assert all((told[hook] > 0) is (mode == "watched") for hook in hooks), told
    assert (told.get("rows", 0) > 0) is (mode == "recorded"), told


def test_a_suite_that_runs_nothing_is_a_failure(tmp_path: Path) -> None:
    assert run(sys.executable, "plain", Suite("test.test_nothing"), tmp_path).failed


def test_suites_are_known() -> None:
    assert {suite.name for suite in SUITES} >= {*CORE}
