"""Points on lines: read from orders, written for debuggers, refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from engine.debug.linepoints import LONGEST, BadPointError, LinePoint, check_expression


def test_a_point_as_the_debugger_takes_it() -> None:
    assert LinePoint.from_json({"path": "/a.py", "line": 3}).to_dap() == {"line": 3}
    full = LinePoint.from_json({"path": "/a.py", "line": 3, "condition": "n > 5", "hits": 2, "log": "n={n}"})
    assert full.to_dap() == {"line": 3, "condition": "n > 5", "hitCondition": "==2", "logMessage": "n={n}"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "names a file"),
        ([], "names a file"),
        ({"path": "/a.py", "line": "x"}, "names a file"),
        ({"path": "/a.py", "line": 0}, "at least 1"),
        ({"path": "a\0", "line": 1}, "at least 1"),
        ({"path": "/a.py", "line": 1, "hits": -1}, "at least 0"),
        ({"path": "/a.py", "line": 1, "log": "x" * (LONGEST + 1)}, "at most"),
        ({"path": "/a.py", "line": 1, "condition": "n ="}, "no expression"),
    ],
)
def test_what_is_wrong_is_told(data: Any, sentence: str) -> None:
    with pytest.raises(BadPointError, match=sentence):
        LinePoint.from_json(data)


@pytest.mark.parametrize("text", ["", "x =", "import os", "x\0", "(" * 500, "x" * (LONGEST + 1)])
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(BadPointError):
        check_expression(text)


def test_an_expression_is_not_run() -> None:
    check_expression(" __import__('os')._exit(1) ")
