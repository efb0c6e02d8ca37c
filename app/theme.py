"""The two themes: colours and fonts by name, the palette and style sheet made of them, and who hears of changes."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from app.sheet import style_sheet
from engine.observe.stages import Stage

ROW = 22
"""Height of a table's row in pixels."""
HEAD = 26
"""Height of a panel's head in pixels."""
WAITING_TINT = 0.38
"""How much of a stage's colour is left where the stage waits instead of computing."""

MODES = ("system", "dark", "light")

_STAGE_TOKENS = {
    Stage.GET_REQUEST: "accept",
    Stage.VERIFY_REQUEST: "verify",
    Stage.PROCESS_REQUEST: "queue",
    Stage.QUEUE: "queue",
    Stage.FINISH_REQUEST: "handle",
    Stage.SETUP: "setup",
    Stage.HANDLE: "handle",
    Stage.FINISH: "finish",
    Stage.SHUTDOWN_REQUEST: "close",
    Stage.HANDLE_ERROR: "close",
    Stage.HANDLE_TIMEOUT: "close",
    Stage.SERVICE_ACTIONS: "close",
    Stage.HANDSHAKE: "handshake",
}

_SANS = ("Noto Sans", "Inter", "Segoe UI", "Helvetica Neue", "DejaVu Sans")
_MONO = ("DejaVu Sans Mono", "JetBrains Mono", "Noto Sans Mono", "Menlo", "Consolas")


@dataclass(frozen=True)
class Theme:
    """Every colour of the window. `window` is the chrome (bars, heads, side lists), `panel` the ground of content."""

    name: str
    window: QColor
    panel: QColor
    raised: QColor
    line: QColor
    edge: QColor
    text: QColor
    dim: QColor
    faint: QColor
    accent: QColor
    accent_text: QColor
    selection: QColor
    selection_text: QColor
    ok: QColor
    warn: QColor
    error: QColor
    fault: QColor
    mark: QColor
    """Ground of marked bytes; `mark_text` stands on it."""
    mark_text: QColor
    stages: Mapping[str, QColor]
    """By the legend's word: accept, verify, queue, handshake, setup, handle, finish, close; in this order."""

    @property
    def dark(self) -> bool:
        """Whether light text stands on a dark ground."""
        return self.name == "dark"

    def stage(self, stage: Stage) -> QColor:
        """The hue of a stage."""
        return self.stages[_STAGE_TOKENS[stage]]

    def tint(self, colour: QColor, ground: QColor | None = None) -> QColor:
        """The paler, opaque colour that means waiting."""
        return mix(colour, self.panel if ground is None else ground, WAITING_TINT)

    @classmethod
    def load(cls, name: str) -> Theme:
        """Read `resources/themes/NAME.json`."""
        tokens = json.loads(files("resources").joinpath("themes", f"{name}.json").read_text("utf-8"))
        stages = {word: QColor(colour) for word, colour in tokens.pop("stages").items()}
        colours = {key: QColor(value) for key, value in tokens.items() if key != "name"}
        return cls(name=name, stages=stages, **colours)


def mix(colour: QColor, ground: QColor, share: float) -> QColor:
    """`share` of a colour over a ground, opaque."""
    pairs = zip(colour.getRgb()[:3], ground.getRgb()[:3], strict=True)  # type: ignore[index]  # PySide's stub says object
    return QColor(*(round(a * share + b * (1 - share)) for a, b in pairs))


@functools.cache
def _load_fonts() -> frozenset[str]:
    for font in files("resources").joinpath("fonts").iterdir():
        if font.name.endswith(".ttf"):
            QFontDatabase.addApplicationFontFromData(font.read_bytes())
    return frozenset(QFontDatabase.families())


def _font(families: tuple[str, ...], pixels: int, *, bold: bool) -> QFont:
    font = QFont([family for family in families if family in _load_fonts()] or list(families))
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font


def ui(pixels: int = 13, *, bold: bool = False) -> QFont:
    """The font of words."""
    return _font(_SANS, pixels, bold=bold)


def mono(pixels: int = 12, *, bold: bool = False) -> QFont:
    """The font of numbers, addresses, code and bytes."""
    font = _font(_MONO, pixels, bold=bold)
    font.setStyleHint(QFont.StyleHint.Monospace)
    return font


class ThemeSource(QObject):
    """Knows which theme holds, follows the system unless told otherwise, and tells of changes."""

    theme_changed = Signal(Theme)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._themes = {name: Theme.load(name) for name in ("dark", "light")}
        self._mode = "dark"
        self._current = self._themes["dark"]

    @property
    def current(self) -> Theme:
        """The theme that holds now."""
        return self._current

    @property
    def mode(self) -> str:
        """What the person chose: one of MODES."""
        return self._mode

    def follow_system(self) -> None:
        """From now on let the desktop's light or dark setting decide while the mode is "system"."""
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_changed)

    def set_mode(self, mode: str) -> None:
        """Choose dark, light or system, and show it at once."""
        if mode not in MODES:
            raise ValueError(f"A theme is one of {', '.join(MODES)}, not {mode!r}.")
        self._mode = mode
        self._current = self._themes[self._system() if mode == "system" else mode]
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply(application, self._current)
        self.theme_changed.emit(self._current)

    def toggle(self) -> None:
        """Change to the other theme, and stay with it."""
        self.set_mode("light" if self._current.dark else "dark")

    @staticmethod
    def _system() -> str:
        scheme = QGuiApplication.styleHints().colorScheme()
        return "light" if scheme is Qt.ColorScheme.Light else "dark"

    def _on_system_changed(self) -> None:
        if self._mode == "system":
            self.set_mode("system")


@functools.cache
def theme_source() -> ThemeSource:
    """The one source of the process: there is one palette for all windows."""
    return ThemeSource()


def theme() -> Theme:
    """The theme that holds now. Ask when painting; do not keep it."""
    return theme_source().current


def apply(application: QApplication, chosen: Theme) -> None:
    """Give the whole application a theme: Fusion, our palette, our style sheet, our fonts."""
    if application.style().name() != "fusion":
        application.setStyle("fusion")
    application.setPalette(palette(chosen))
    application.setFont(ui())
    application.setStyleSheet(style_sheet(_tokens(chosen)))


def _tokens(chosen: Theme) -> dict[str, str]:
    fields = (field.name for field in dataclasses.fields(chosen))
    colours = {name: getattr(chosen, name) for name in fields}
    tokens = {name: colour.name() for name, colour in colours.items() if isinstance(colour, QColor)}
    # Qt's style sheets take pictures from files only.
    drawings = files("resources").joinpath("themes")
    tokens |= {word: str(drawings.joinpath(f"{word}-{chosen.name}.svg")) for word in ("check", "arrow")}
    return tokens | {"mono": mono().families()[0], "hover": mix(chosen.text, chosen.window, 0.08).name()}


def palette(chosen: Theme) -> QPalette:
    """Qt's roles from our names."""
    made = QPalette()
    for role, colour in {
        QPalette.ColorRole.Window: chosen.window,
        QPalette.ColorRole.WindowText: chosen.text,
        QPalette.ColorRole.Base: chosen.panel,
        QPalette.ColorRole.AlternateBase: chosen.panel,
        QPalette.ColorRole.Text: chosen.text,
        QPalette.ColorRole.PlaceholderText: chosen.faint,
        QPalette.ColorRole.Button: chosen.window,
        QPalette.ColorRole.ButtonText: chosen.text,
        QPalette.ColorRole.BrightText: chosen.error,
        QPalette.ColorRole.Highlight: chosen.selection,
        QPalette.ColorRole.HighlightedText: chosen.selection_text,
        QPalette.ColorRole.ToolTipBase: chosen.raised,
        QPalette.ColorRole.ToolTipText: chosen.text,
        QPalette.ColorRole.Link: chosen.accent,
        QPalette.ColorRole.LinkVisited: chosen.accent,
        QPalette.ColorRole.Accent: chosen.accent,
        QPalette.ColorRole.Light: chosen.raised,
        QPalette.ColorRole.Midlight: chosen.line,
        QPalette.ColorRole.Mid: chosen.edge,
        QPalette.ColorRole.Dark: chosen.line,
        QPalette.ColorRole.Shadow: chosen.panel,
    }.items():
        made.setColor(role, colour)
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, chosen.faint)
    return made
