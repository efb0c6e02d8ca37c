"""A copy of a capture that is being written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from engine.capture.reader import BadCapture, CaptureReader
from engine.capture.saving import save_copy

from .batches import received, whole
from .conftest import Bench


def test_a_copy_holds_what_was_there(bench: Bench, tmp_path: Path) -> None:
    bench.feed(*whole(1))
    bench.commit()
    target = tmp_path / "day.socketscope"
    target.write_text("what was there before")
    assert save_copy(bench.path, target) == target.stat().st_size
    bench.feed(*whole(2), received(2, b"later"))
    bench.commit()
    with CaptureReader(target) as reader:
        assert [one.id for one in reader.requests()] == [1]
        assert reader.totals().requests == 1
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert bench.reader.count() == 2


def test_what_cannot_be_written_is_told_and_leaves_nothing(bench: Bench, tmp_path: Path) -> None:
    for target in (tmp_path / "nowhere" / "a.socketscope", bench.path):
        with pytest.raises(BadCapture):
            save_copy(bench.path, target)
    assert [one.name for one in tmp_path.iterdir() if ".part" in one.name] == []
