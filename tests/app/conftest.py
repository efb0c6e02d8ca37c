"""The window's fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from .stage import Stage


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Iterator[Stage]:
    """A window with a fake supervisor."""
    made = Stage.build(tmp_path / "stage")
    qtbot.addWidget(made.window)
    yield made
    made.window.close()
