"""Installs the translators of a language: Qt's own words, and ours from resources/translations."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "translations"


def install(application: QCoreApplication, locale: QLocale | None = None, folder: Path = FOLDER) -> list[QTranslator]:
    """Install what there is for a language, the desktop's by default; ours last, so that it is asked first."""
    locale = QLocale() if locale is None else locale
    qts = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    found = []
    for name, place in (("qtbase", qts), ("socketscope", str(folder))):
        translator = QTranslator(application)
        if translator.load(locale, name, "_", place):
            application.installTranslator(translator)
            found.append(translator)
    return found
