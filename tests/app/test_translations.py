"""Every word of the window can be translated: what lupdate finds in the source is what the window asks for."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QDockWidget,
    QGroupBox,
    QLabel,
    QLineEdit,
    QTabBar,
    QTableView,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import translations
from app.dialogs.attributes import ATTRIBUTES
from app.dialogs.script import ScriptDialog
from app.dialogs.server import ServerDialog

from .stage import Stage

APP = Path(translations.__file__).parent
MARK = "¤"
DATA = {
    "Socketscope",
    "socketscope run your_server.py",
    "127.0.0.1:9009",
    r"hello\r\n",
    *(one.name for one in ATTRIBUTES),
}
"""Names, commands and examples of input: the same in every language."""


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a "translation" into German that marks every text."""
    folder = tmp_path_factory.mktemp("translations")
    source = folder / "socketscope_de.ts"
    _tool("pyside6-lupdate", *map(str, sorted(APP.rglob("*.py"))), "-ts", str(source))
    tree = ET.parse(source)
    for message in tree.iter("message"):
        translation = message.find("translation")
        assert translation is not None
        translation.attrib.clear()
        translation.text = MARK + message.findtext("source", "")
    tree.write(source, encoding="utf-8", xml_declaration=True)
    _tool("pyside6-lrelease", str(source), "-qm", str(source.with_suffix(".qm")))
    return folder


def _tool(name: str, *arguments: str) -> None:
    command = Path(sys.executable).with_name(name)
    if not command.exists():
        pytest.skip(f"{name} is not installed")
    subprocess.run([command, *arguments], check=True, capture_output=True, timeout=60)


@pytest.fixture
def translated(pseudo: Path, qapp: QCoreApplication) -> Iterator[None]:
    """The application speaks the pseudo language."""
    installed = translations.install(qapp, QLocale("de_DE"), pseudo)
    assert installed
    yield
    for translator in installed:
        qapp.removeTranslator(translator)


def texts(root: QWidget) -> Iterator[tuple[str, str]]:
    """Where, and what it says: every text of ours on or in a widget and below it."""
    for widget in [root, *root.findChildren(QWidget)]:
        if widget.objectName().startswith("qt_") or isinstance(widget.parent(), QTabBar):
            continue  # Qt's own, in Qt's own words
        kind = type(widget).__name__
        yield f"{kind} name", widget.accessibleName()
        yield f"{kind} title", widget.windowTitle()
        if isinstance(widget, (QLabel, QAbstractButton)):
            yield kind, widget.text()
        if isinstance(widget, QGroupBox):
            yield kind, widget.title()
        if isinstance(widget, QLineEdit):
            yield f"{kind} hint", widget.placeholderText()
        if isinstance(widget, QTabWidget):
            yield from ((f"{kind} tab", widget.tabText(at)) for at in range(widget.count()))
        if isinstance(widget, QTableView):
            yield from ((f"{kind} column", str(title or "")) for title in _titles(widget))
    for action in root.findChildren(QAction):
        yield "action", action.text()


def _titles(table: QTableView) -> list[object]:
    model = table.model()
    return [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]


def untranslated(root: QWidget) -> list[tuple[str, str]]:
    """What has words but no mark."""
    return sorted(
        {(where, text) for where, text in texts(root) if _has_words(text) and MARK not in text and text not in DATA}
    )


def _has_words(text: str) -> bool:
    return any(len(word) > 1 and word.isalpha() for word in text.split())


class TestTranslated:
    """The window and its dialogs, built while the pseudo language is spoken."""

    def test_every_text_of_the_window(self, translated: None, stage: Stage) -> None:
        for dock in stage.window.findChildren(QDockWidget):
            dock.build()  # type: ignore[attr-defined]  # every dock of the window is one of ours
        stage.window.bar.refresh()
        assert untranslated(stage.window) == []

    @pytest.mark.parametrize("dialog", [ServerDialog, ScriptDialog])
    def test_every_text_of_a_dialog(
        self, translated: None, dialog: type[ServerDialog | ScriptDialog], qtbot: QtBot
    ) -> None:
        made = dialog()
        qtbot.addWidget(made)
        assert untranslated(made) == []


def test_without_a_translation_everything_stays(qapp: QCoreApplication, tmp_path: Path) -> None:
    assert translations.install(qapp, QLocale("tlh"), tmp_path) == []
