"""A logger whose module is loaded with its first line, which names who wrote it."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from engine.observe.logs import Log

ROOT = Path(__file__).parents[3]


@pytest.mark.loud
@pytest.mark.parametrize("level", ["info", "warning", "error", "exception"])
def test_lines_are_those_of_their_caller(level: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "socketscope.test"):
        getattr(Log("socketscope.test"), level)("%d of %s", 1, "two")
    (line,) = caplog.records
    assert (line.name, line.getMessage(), line.funcName) == (
        "socketscope.test",
        "1 of two",
        "test_lines_are_those_of_their_caller",
    )


def test_the_engine_is_imported_without_logging() -> None:
    code = "import sys, engine; sys.exit('logging' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
