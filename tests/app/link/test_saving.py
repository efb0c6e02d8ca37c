"""A copy is made beside the window's work, and its end is told."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.link.saving import Saving
from engine.capture.reader import CaptureReader
from tests.app.models.captures import CaptureFile


def test_it_is_saved_or_told_why_not(tmp_path: Path, qtbot: QtBot) -> None:
    source, target = tmp_path / "a.socketscope", tmp_path / "b.socketscope"
    with CaptureFile(source) as capture:
        capture.server()
        capture.requests(3)
    saving = Saving(source, target)
    with qtbot.waitSignal(saving.saved) as told:
        saving.start()
    saving.wait()
    assert told.args == [target, target.stat().st_size]
    with CaptureReader(target) as reader:
        assert reader.count() == 3
    saving = Saving(source, tmp_path / "none" / "b.socketscope")
    with qtbot.waitSignal(saving.failed) as failed:
        saving.start()
    saving.wait()
    assert "b.socketscope cannot be written" in str(failed.args)
