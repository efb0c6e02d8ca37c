"""Causes of death in words, from exit codes and what faulthandler wrote."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.debug.deaths import death_of, described_frames, places, status_in_words

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
    death = death_of(-11, DUMP, "/ours/engine/")
    assert death.cause == "segmentation fault in handle, line 12 of crash.py"
    assert death.thread == 0x7F02
    frames = described_frames(death.frames, "/ours/engine/")
    assert [(frame["function"], frame["line"]) for frame in frames] == [("handle", 12), ("string_at", 519)]


def test_the_thread_that_died_need_not_be_the_last(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("one\ntwo\n")
    dump = DUMP.replace("Current thread", "Thread").replace("Thread 0x00007f01", "Current thread 0x00007f01")
    death = death_of(-11, dump.replace("/lib/python3.11/selectors.py", str(path)).replace("415", "2"), "/ours/")
    assert (death.thread, death.cause) == (0x7F01, "segmentation fault in select, line 2 of x.py")
    assert described_frames(death.frames, "/ours/")[0]["source"] == [[1, "one"], [2, "two"]]


def test_no_file_is_read_that_is_none(tmp_path: Path) -> None:
    """Opening a FIFO would wait for ever."""
    os.mkfifo(tmp_path / "fifo")
    dump = DUMP.replace("/home/me/crash.py", str(tmp_path / "fifo"))
    assert described_frames(death_of(-11, dump, "/ours/").frames, "/ours/")[0]["source"] == []


def test_a_dump_that_was_asked_for_is_no_cause() -> None:
    asked = DUMP.replace("Fatal Python error: Segmentation fault\n", "")
    assert death_of(-9, asked, "/ours/").cause == "killed (SIGKILL)"
    assert [place.line for place in places(asked)] == [519, 12, 3]


def test_a_dump_of_another_process_is_no_cause() -> None:
    """Forked children write into the same file."""
    assert death_of(-9, DUMP, "/ours/").cause == "killed (SIGKILL)"


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exit code 0"), (3, "exit code 3"), (-6, "aborted"), (-15, "terminated (SIGTERM)"), (-1, "signal SIGHUP"),
     (-99, "signal 99")],
)  # fmt: skip
def test_status(code: int, words: str) -> None:
    assert status_in_words(code) == words


@pytest.mark.parametrize("dump", ["", "Current thread", "\0\xff", '  File "x", line 99999999999999999999 in f'])
def test_rubbish(dump: str) -> None:
    assert death_of(-11, dump, "/").cause == "segmentation fault"
