"""Icons: there, in the theme's colour, sharp."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

import app
from app.icons import application_icon, icon
from app.theme import theme, theme_source

NAMES = sorted(
    e.name.removesuffix(".svg") for e in files("resources").joinpath("icons").iterdir() if e.name.endswith("svg")
)


def colours(made: QIcon, side: int = 32, mode: QIcon.Mode = QIcon.Mode.Normal) -> set[str]:
    """Colours of the opaque pixels."""
    image = made.pixmap(QSize(side, side), mode).toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


@pytest.mark.parametrize("name", NAMES)
def test_every_drawing_draws(qapp: QApplication, name: str) -> None:
    assert colours(icon(name))


def test_icons_follow_the_theme(qapp: QApplication) -> None:
    made = icon("square")
    for mode in ("light", "dark"):
        theme_source().set_mode(mode)
        assert theme().text.name() in colours(made)
        assert theme().faint.name() in colours(made, mode=QIcon.Mode.Disabled)
        assert theme().warn.name() in colours(icon("square", "warn"))


def test_icons_are_sharp_on_dense_screens(qapp: QApplication) -> None:
    pixmap = icon("square").pixmap(QSize(16, 16), 2.0)
    assert pixmap.size() == QSize(32, 32)
    assert pixmap.devicePixelRatio() == 2.0


def test_a_misspelt_name_fails_at_once(qapp: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon")


def test_the_program_has_a_sign_in_all_sizes(qapp: QApplication) -> None:
    assert QSize(16, 16) in application_icon().availableSizes()
    assert QSize(256, 256) in application_icon().availableSizes()


def test_every_icon_that_is_asked_for_is_there() -> None:
    folder = Path(app.__file__).parent
    asked = {
        name
        for path in folder.rglob("*.py")
        for name in re.findall(r"\bicon\(\"([a-z0-9-]+)\"", path.read_text("utf-8"))
    }
    assert asked <= set(NAMES)


def test_icons_come_with_their_licence() -> None:
    assert "ISC" in files("resources").joinpath("icons", "LICENSE").read_text("utf-8")
