"""Errors of the window itself: a line and a log file, never a box."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import qWarning
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.errors import Reports

pytestmark = pytest.mark.loud


@pytest.fixture
def heard(tmp_path: Path, qapp: QApplication) -> Iterator[list[tuple[int, str]]]:
    reports = Reports(tmp_path / "logs")
    lines: list[tuple[int, str]] = []
    reports.lines.written.connect(lambda level, line: lines.append((level, line)))
    yield lines
    reports.close()


def test_an_exception_is_one_line_and_a_traceback_in_the_file(heard: list[tuple[int, str]], tmp_path: Path) -> None:
    try:
        raise ValueError("bad \x1b[31m thing")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    assert heard == [(logging.ERROR, "Something in the window failed: ValueError: bad \\x1b[31m thing")]
    assert "Traceback" in (tmp_path / "logs" / "socketscope.log").read_text("utf-8")


def test_threads_report_too(heard: list[tuple[int, str]], qtbot: QtBot) -> None:
    def fail() -> None:
        raise KeyError("x")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(heard))
    assert [line for _level, line in heard] == ["In a thread: KeyError: 'x'"]


def test_qt_complaints_reach_the_log(heard: list[tuple[int, str]]) -> None:
    qWarning("odd geometry")
    assert (logging.WARNING, "odd geometry") in heard


def test_hooks_are_put_back(tmp_path: Path) -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook, list(logging.getLogger().handlers)
    reports = Reports(tmp_path)
    assert sys.excepthook is not before[0]
    reports.close()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook, list(logging.getLogger().handlers)) == before


def test_a_folder_that_cannot_be_written_costs_only_the_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    reports = Reports(tmp_path / "file" / "logs")
    reports.close()
