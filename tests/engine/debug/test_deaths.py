"""Causes of death in words, from exit codes and what faulthandler wrote."""

from __future__ import annotations

import pytest

from engine.debug.deaths import cause_of_death, places, status_in_words

DUMP = """Fatal Python error: Segmentation fault

Thread 0x00007f01 (most recent call first):
  File "/lib/python3.11/selectors.py", line 415 in select

Current thread 0x00007f02 (most recent call first):
  File "/lib/python3.11/ctypes/__init__.py", line 519 in string_at
  File "/home/me/crash.py", line 12 in handle
  File "/ours/engine/servers/base.py", line 3 in run

Extension modules: x (total: 1)
"""


def test_segmentation_fault_with_its_line() -> None:
    assert cause_of_death(-11, DUMP, "/ours/engine/") == "segmentation fault in handle, line 12 of crash.py"


def test_a_dump_that_was_asked_for_is_no_cause() -> None:
    asked = DUMP.replace("Fatal Python error: Segmentation fault\n", "")
    assert cause_of_death(-9, asked, "/ours/") == "killed (SIGKILL)"
    assert [place.line for place in places(asked)] == [519, 12, 3]


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exit code 0"), (3, "exit code 3"), (-6, "aborted"), (-15, "terminated (SIGTERM)"), (-1, "signal SIGHUP"),
     (-99, "signal 99")],
)  # fmt: skip
def test_status(code: int, words: str) -> None:
    assert status_in_words(code) == words


@pytest.mark.parametrize("dump", ["", "Current thread", "\0\xff", '  File "x", line 99999999999999999999 in f'])
def test_rubbish(dump: str) -> None:
    assert cause_of_death(-11, dump, "/") == "segmentation fault"
