"""Run a script: an unmodified program or module; every server that it makes is watched."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from app.text import QT_TR_NOOP, label, safe_text, tr
from engine.hosting.profile import Profile

from .buttons import Buttons
from .checks import check_file, check_module, check_name
from .choice import Choice
from .fields import choose_file
from .launch import LaunchForm

KINDS = (
    ("script", QT_TR_NOOP("Script"), QT_TR_NOOP("A Python file, run as python FILE would")),
    ("module", QT_TR_NOOP("Module"), QT_TR_NOOP("A module, run as python -m MODULE would")),
)


class ScriptDialog(QDialog):
    """Makes a script's profile, or changes one. Open it with `open()`; `profile_accepted` brings the result."""

    profile_accepted = Signal(Profile, bool)
    """The profile, and whether it shall be run now."""

    def __init__(
        self, profile: Profile | None = None, taken: Collection[str] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._original = profile or Profile(name="", kind="script")
        self._taken = taken
        self.setWindowTitle(tr("Run a script"))
        self.setObjectName("script-dialog")
        self.form = LaunchForm(self._original, self._add_rows)
        self.form.finish()
        self.buttons = Buttons(tr("Add") if profile is None else tr("Save"), tr("Run"))
        self.buttons.cancel.clicked.connect(self.reject)
        self.buttons.keep.clicked.connect(lambda: self._finish(start=False))
        self.buttons.start.clicked.connect(lambda: self._finish(start=True))
        self._lay_out()
        self.form.changed.connect(self._refresh)
        self._refresh()
        self.resize(640, 420)
        (self.script if self.kind.value() == "script" else self.module).setFocus()

    def profile(self) -> Profile:
        """The profile as the fields have it now."""
        script = self.kind.value() == "script"
        target = self.target()
        profile = dataclasses.replace(
            self._original,
            name=self.name.text().strip() or _name_of(target),
            kind="script",
            script=str(Path(target).expanduser()) if script else "",
            module="" if script else target,
        )
        return self.form.put_into(profile)

    def target(self) -> str:
        """The script's path, or the module's name."""
        line = self.script if self.kind.value() == "script" else self.module
        return line.text().strip()

    def problem(self) -> str:
        """The first reason why this cannot be accepted, or nothing."""
        return self.form.problem()

    def _add_rows(self, form: LaunchForm) -> None:
        self.kind = Choice(KINDS, "module" if self._original.module else "script")
        form.add(tr("What"), self.kind, tr("A file, or a module that Python finds"), self.kind.changed)
        self.script = form.path(
            tr("Script"),
            tr("The program as it is; servers that it makes with socketserver, http.server or wsgiref are watched"),
            lambda: check_file(self.script.text(), tr("a script")),
            choose_file(tr("Script"), tr("Python files (*.py);;All files (*)")),
            hint="server.py",
        )
        self.module = form.line(
            tr("Module"),
            tr("The name of a module that can be run, such as http.server"),
            lambda: check_module(self.module.text()),
            hint="http.server",
        )
        name_tip = tr("What you call it; empty is the script's own name")
        self.name = form.line(tr("Name"), name_tip, self._check_name)
        self.script.setText(self._original.script)
        self.module.setText(self._original.module)
        self.name.setText(self._original.name)

    def _check_name(self) -> str:
        name = self.name.text().strip() or _name_of(self.target())
        return check_name(name, self._taken) if name else ""

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 12)
        layout.setSpacing(0)
        layout.addWidget(self.form, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 0, 16, 0)
        foot.setSpacing(10)
        self.summary = label(name=tr("Summary"), role="mono")
        foot.addWidget(self.summary)
        foot.addWidget(self.buttons)
        layout.addLayout(foot)

    def _refresh(self) -> None:
        script = self.kind.value() == "script"
        self.form.row_of(self.script).set_shown(script)
        self.form.row_of(self.module).set_shown(not script)
        self.name.setPlaceholderText(_name_of(self.target()))
        self.form.refresh()
        problem = self.problem()
        self.buttons.enable(problem)
        self.summary.setText("" if problem else self._command())

    def _command(self) -> str:
        target = f"-m {self.target()}" if self.kind.value() == "module" else self.target()
        return safe_text(f"socketscope run {target} {self.form.arguments.text()}".strip())

    def _finish(self, *, start: bool) -> None:
        if self.problem():
            return
        self.profile_accepted.emit(self.profile(), start)
        self.accept()


def _name_of(target: str) -> str:
    return Path(target).stem if target.endswith(".py") else target
