"""The part of the server dialog that says what serves: a file, and one of the handler classes found by reading it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QComboBox

from app.text import safe_text, tr
from engine.hosting.handlers import HandlerClass, HandlerFileError, find_handlers
from engine.hosting.profile import Profile

from .checks import check_file
from .fields import Form, choose_file

Found = tuple[list[HandlerClass], str]


class HandlerRows:
    """The rows of a form that hold the handler. The file is read, never imported."""

    def __init__(self, form: Form, profile: Profile) -> None:
        self._read: tuple[str, int, Found] = ("", 0, ([], ""))
        self._family = profile.family
        self._wanted = profile.handler_class
        self.file = form.path(
            tr("Handler file"),
            tr("A Python file with a request handler class; it is read here, and imported by the server only"),
            self._check_file,
            choose_file(tr("Handler file"), tr("Python files (*.py)")),
            hint="server.py",
        )
        self.choice = QComboBox()
        tip = tr("The class whose handle() serves each request; the list holds those that stand in the file")
        form.add(tr("Handler class"), self.choice, tip, self.choice.currentIndexChanged, self._check_class)
        self._rows = (form.row_of(self.file), form.row_of(self.choice))
        self.file.textChanged.connect(self._fill)
        self.file.setText(profile.handler_file)
        # A file that was dropped here is told at once what is wrong with it; an empty line is not.
        form.row_of(self.file).touched = bool(profile.handler_file)
        form.row_of(self.choice).touched = False

    def chosen(self) -> str:
        """Name of the chosen class."""
        return str(self.choice.currentData() or "")

    def path(self) -> str:
        """The file's path."""
        path = self.file.text().strip()
        return str(Path(path).expanduser()) if path else ""

    def values(self) -> dict[str, Any]:
        """The members of the profile that stand here."""
        return {"handler_file": self.path(), "handler_class": self.chosen()}

    def read_again(self) -> None:
        """Look at the file again when it has changed."""
        before = self._read[1]
        self._found()
        if self._read[1] != before:
            self._fill()

    def show_family(self, family: str, *, shown: bool) -> None:
        """Check the class against the family: a stream handler cannot serve datagrams. Not `shown`: rules answer."""
        self._family = family
        for line in self._rows:
            line.set_shown(shown)

    def _check_file(self) -> str:
        return check_file(self.file.text(), tr("the file with the handler")) or self._found()[1]

    def _check_class(self) -> str:
        classes, problem = self._found()
        if problem or not classes:
            return ""
        kind = next((c.kind for c in classes if c.name == self.chosen()), "unknown")
        wanted = "stream" if self._family in ("tcp", "unix") else "datagram"
        if kind in ("unknown", wanted):
            return ""
        return tr("{name} handles a {kind}; this family needs a {wanted} handler.").format(
            name=safe_text(self.chosen()), kind=kind, wanted=wanted
        )

    def _found(self) -> Found:
        path = Path(self.file.text().strip()).expanduser()
        try:
            changed = path.stat().st_mtime_ns
        except (OSError, ValueError):
            return [], ""
        if self._read[:2] != (str(path), changed):
            self._read = (str(path), changed, _read_file(path))
        return self._read[2]

    def _fill(self) -> None:
        classes, _ = self._found()
        wanted = self.chosen() or self._wanted
        self.choice.clear()
        for found in classes:
            self.choice.addItem(
                tr("{name}  ·  line {line}").format(name=safe_text(found.name), line=found.line), found.name
            )
        self.choice.setEnabled(bool(classes))
        self.choice.setCurrentIndex(max(0, self.choice.findData(wanted)) if classes else -1)


def _read_file(path: Path) -> Found:
    if not path.is_file():
        return [], ""
    try:
        classes = find_handlers(path)
    except HandlerFileError as error:
        return [], safe_text(error.sentence)
    except OSError as error:
        return [], tr("{path} cannot be read: {reason}.").format(path=safe_text(str(path)), reason=error.strerror)
    if not classes:
        return [], tr("{path} has no class with a handle() method.").format(path=safe_text(path.name))
    return classes, ""
