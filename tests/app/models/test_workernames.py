"""Short names of workers."""

from __future__ import annotations

import pytest

from app.models.workernames import short_name
from engine.capture.records import WorkerRecord


def worker(name: str, *, child: bool = False) -> WorkerRecord:
    return WorkerRecord(1, 1, 4711, 99, name, child, 0, None, None)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Thread-12 (process_request_thread)", "T-12"),
        ("Thread-3", "T-3"),
        ("Thread-3x", "Thread-3x"),
        ("MainThread", "Main"),
        ("ThreadPoolTCPServer-3", "P-3"),
        ("MyPool-3", "MyPool-3"),
        ("accept (blue)", "accept"),
        ("pool-1_2", "pool-1_2"),
        ("", "tid 99"),
        ("evil\n\x1b[31m", "evil\\n\\x1b[31m"),
    ],
)
def test_threads(name: str, short: str) -> None:
    assert short_name(worker(name)) == short


def test_a_child_process_goes_by_its_pid() -> None:
    assert short_name(worker("MainThread", child=True)) == "pid 4711"
