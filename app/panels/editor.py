"""Opens a file at a line in the person's editor: the one set, one with a window that is there, or the system's."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from PySide6.QtCore import QProcess, QUrl
from PySide6.QtGui import QDesktopServices

from app.settings import EDITOR, Settings
from app.text import safe_text, tr

LINE_FORMS = {
    "code": ("--goto", "{file}:{line}"),
    "codium": ("--goto", "{file}:{line}"),
    "subl": ("{file}:{line}",),
    "zed": ("{file}:{line}",),
    "pycharm": ("--line", "{line}", "{file}"),
    "charm": ("--line", "{line}", "{file}"),
    "kate": ("--line", "{line}", "{file}"),
    "gedit": ("+{line}", "{file}"),
    "gnome-text-editor": ("+{line}", "{file}"),
    "emacs": ("+{line}", "{file}"),
    "emacsclient": ("--no-wait", "+{line}", "{file}"),
    "gvim": ("+{line}", "{file}"),
}


def command_for(editor: str, file: str, line: int) -> list[str]:
    """The command that opens a file at a line. `editor` may say where with {file} and {line}."""
    words = shlex.split(editor)
    if any("{file}" in word for word in words):
        return [word.format(file=file, line=line) for word in words]
    form = LINE_FORMS.get(Path(words[0]).name, ("{file}",)) if words else ()
    return [*words, *(part.format(file=file, line=line) for part in form)]


def find_editor(settings: Settings) -> str:
    """The editor to use, "" for the system's choice. A terminal's editor is of no use here."""
    wanted = (settings.get(EDITOR), os.environ.get("VISUAL", ""), os.environ.get("EDITOR", ""))
    for editor in wanted:
        name = Path(editor.split()[0]).name if editor.split() else ""
        if name in LINE_FORMS or (editor and editor == wanted[0]):
            return editor
    return next((name for name in LINE_FORMS if shutil.which(name)), "")


def open_in_editor(settings: Settings, file: str, line: int) -> str:
    """Open it; returns the sentence for the status bar."""
    shown = safe_text(f"{file}:{line}")
    if not Path(file).is_file():
        return tr("There is no file {file} any more.").format(file=safe_text(file))
    editor = find_editor(settings)
    if editor:
        program, *arguments = command_for(editor, file, line)
        opened, _pid = QProcess.startDetached(program, arguments)
    else:
        opened = QDesktopServices.openUrl(QUrl.fromLocalFile(file))
    if opened:
        return tr("Opened {place}.").format(place=shown)
    return tr("No editor could be started; choose one in the settings.")
