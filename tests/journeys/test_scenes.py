"""Every acceptance scene is seen, and its photographs show something."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tests.scenes.plays import SCENES, Scene
from tests.scenes.theatre import SIZES, THEMES, theatre


@pytest.mark.window
@pytest.mark.loud  # the fourth and fifth scene's handlers raise
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_scene_is_seen(scene: Scene, tmp_path: Path, qtbot: QtBot) -> None:
    with theatre(tmp_path) as here:
        scene.play(here)
        photographs = here.photograph(scene.name)
    assert len(photographs) == len(THEMES) * len(SIZES)
    assert all(ink(QImage(str(path))) > 20 for path in photographs)


def ink(image: QImage) -> int:
    """How many colours a photograph has, looked at every few pixels."""
    return len({image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)})
