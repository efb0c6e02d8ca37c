"""Both themes: complete, readable, told of changes."""

from __future__ import annotations

from importlib.resources import files

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.theme import MODES, Theme, ThemeSource, mono, palette, theme, theme_source, ui
from engine.observe.stages import Stage

THEMES = [Theme.load("dark"), Theme.load("light")]
GROUNDS = ("window", "panel")


def luminance(colour: QColor) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]  # type: ignore[index]  # the stub says object
    weighed: float = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    return weighed


def contrast(one: QColor, other: QColor) -> float:
    """From 1 (equal) to 21 (black on white)."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("chosen", THEMES, ids=lambda one: one.name)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("token", ["text", "dim", "accent", "ok", "warn", "error", "fault"])
def test_words_can_be_read(chosen: Theme, token: str, ground: str) -> None:
    assert contrast(getattr(chosen, token), getattr(chosen, ground)) >= 4.5


@pytest.mark.parametrize("chosen", THEMES, ids=lambda one: one.name)
@pytest.mark.parametrize("pair", [("selection_text", "selection"), ("mark_text", "mark"), ("accent_text", "accent"),
                                  ("text", "raised"), ("dim", "selection")])  # fmt: skip
def test_words_can_be_read_on_their_own_ground(chosen: Theme, pair: tuple[str, str]) -> None:
    assert contrast(getattr(chosen, pair[0]), getattr(chosen, pair[1])) >= 4.5


@pytest.mark.parametrize("chosen", THEMES, ids=lambda one: one.name)
def test_states_stand_out_in_a_selected_row(chosen: Theme) -> None:
    """They are bold there, and have a sign."""
    assert all(contrast(getattr(chosen, token), chosen.selection) >= 3.5 for token in ("ok", "warn", "error"))


@pytest.mark.parametrize("chosen", THEMES, ids=lambda one: one.name)
@pytest.mark.parametrize("ground", GROUNDS)
def test_stages_stand_out(chosen: Theme, ground: str) -> None:
    weak = {word: contrast(colour, getattr(chosen, ground)) for word, colour in chosen.stages.items()}
    assert {word: ratio for word, ratio in weak.items() if ratio < 3} == {}


@pytest.mark.parametrize("chosen", THEMES, ids=lambda one: one.name)
def test_every_stage_has_a_colour(chosen: Theme) -> None:
    assert all(chosen.stage(stage).isValid() for stage in Stage)
    assert list(chosen.stages) == ["accept", "verify", "queue", "handshake", "setup", "handle", "finish", "close"]


def test_tint_is_the_paler_opaque_colour() -> None:
    dark = THEMES[0]
    assert dark.tint(dark.stages["handle"]).name() == "#334f72"
    assert dark.tint(dark.stages["handle"]).alpha() == 255


def test_disabled_words_are_fainter() -> None:
    for chosen in THEMES:
        made = palette(chosen)
        disabled = made.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        assert contrast(disabled, chosen.window) < contrast(chosen.text, chosen.window)


def test_modes_and_changes_are_told(qtbot: QtBot) -> None:
    source = ThemeSource()
    for mode in MODES:
        with qtbot.waitSignal(source.theme_changed) as heard:
            source.set_mode(mode)
        assert heard.args == [source.current]
        assert source.mode == mode
    source.set_mode("dark")
    source.toggle()
    assert (source.current.name, source.mode) == ("light", "light")
    with pytest.raises(ValueError, match="A theme is one of"):
        source.set_mode("blue")


def test_an_unknown_system_setting_means_dark(qapp: QApplication) -> None:
    source = ThemeSource()
    source.follow_system()
    source.set_mode("system")
    light = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Light
    assert source.current.name == ("light" if light else "dark")


def test_the_application_wears_it(qapp: QApplication) -> None:
    theme_source().set_mode("light")
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == "#f6f7f9"
    assert "#f6f7f9" in qapp.styleSheet()
    theme_source().set_mode("dark")
    assert theme().dark
    assert qapp.palette().color(QPalette.ColorRole.Base).name() == "#16181d"


def test_fonts_are_our_own_and_fixed_pitch_where_it_matters(qapp: QApplication) -> None:
    assert QFontInfo(ui()).family() == "Noto Sans"
    assert QFontInfo(mono()).family() == "DejaVu Sans Mono"
    assert QFontInfo(mono()).fixedPitch()
    assert (ui().pixelSize(), mono().pixelSize()) == (13, 12)


def test_fonts_come_with_their_licences_and_stay_small() -> None:
    folder = files("resources").joinpath("fonts")
    names = {entry.name for entry in folder.iterdir()}
    assert {"LICENSE-NotoSans", "LICENSE-DejaVu"} <= names
    assert sum(len(folder.joinpath(name).read_bytes()) for name in names) < 1_500_000
