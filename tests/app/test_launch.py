"""The supervisor's early start: a private place for captures, old ones removed, none needed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from app import launch
from app.settings import state_dir


def test_the_last_captures_stay_and_older_ones_go() -> None:
    folder = state_dir() / "captures"
    folder.mkdir(parents=True)
    for day in range(1, 7):
        (folder / f"2020010{day}-000000-1.socketscope").touch()
        (folder / f"2020010{day}-000000-1.socketscope-wal").touch()
    path = launch._new_capture(folder)
    assert sorted(old.name[:8] for old in folder.iterdir()) == sorted(["20200104", "20200105", "20200106"] * 2)
    assert path.name.startswith(time.strftime("%Y%m%d"))
    assert path.name.endswith(f"-{os.getpid()}.socketscope")


def test_the_first_one_is_used_first() -> None:
    spawn = launch.spawner(launch.begin())
    one, other = spawn(), spawn()
    try:
        assert one.pid != other.pid
        assert one.capture_path.parent == state_dir() / "captures"
        assert one.capture_path.parent.stat().st_mode & 0o077 == 0
    finally:
        one.close()
        other.close()


def test_without_a_home_it_still_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SOCKETSCOPE_CONFIG_DIR", str(tmp_path / "file"))
    client = launch.begin().opened()
    assert client.capture_path.exists()
    client.close()
    assert not client.capture_path.exists()
