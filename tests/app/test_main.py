"""The real program: opens, serves at once with --demo, ends in order on a signal, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app._bootstrap import ROOT
from engine.capture.reader import CaptureReader
from engine.capture.store import BadCapture

DEADLINE = 20.0


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`python -m app --demo`, offscreen."""
    environment = os.environ | {"SOCKETSCOPE_CONFIG_DIR": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "app", "--demo", "--theme", "light"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()
    assert process.stderr is not None
    process.stderr.close()


def count_of(capture: Path) -> int:
    """Requests in a capture that may not be whole yet."""
    try:
        with contextlib.closing(CaptureReader(capture)) as reader:
            return reader.count()
    except BadCapture:
        return 0


def wait_for_requests(folder: Path, count: int) -> Path:
    """The capture, as soon as it holds so many requests."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        for path in (folder / "captures").glob("*.socketscope"):
            if count_of(path) >= count:
                return path
        select.select([], [], [], 0.05)
    raise AssertionError("No requests were captured in time.")


def test_a_demo_runs_and_ends_in_order(program: subprocess.Popen[str], tmp_path: Path) -> None:
    capture = wait_for_requests(tmp_path, 3)
    family = psutil.Process(program.pid).children(recursive=True)
    assert len(family) >= 2
    program.send_signal(signal.SIGTERM)
    _output, complaints = program.communicate(timeout=DEADLINE)
    assert (program.returncode, complaints.replace("This plugin does not support propagateSizeHints()\n", "")) == (
        0,
        "",
    )
    _gone, left = psutil.wait_procs(family, timeout=5)
    assert left == []
    assert capture.stat().st_mode & 0o077 == 0
    assert (tmp_path / "workspace.json").exists()


def test_killed_it_takes_everything_along(program: subprocess.Popen[str], tmp_path: Path) -> None:
    capture = wait_for_requests(tmp_path, 3)
    family = psutil.Process(program.pid).children(recursive=True)
    program.kill()
    program.wait()
    _gone, left = psutil.wait_procs(family, timeout=5)
    assert left == []
    assert count_of(capture) >= 3
