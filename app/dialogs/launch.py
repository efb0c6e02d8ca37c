"""The page of a dialog that says how a host process is started: arguments, directory, environment, interpreter."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from app.text import tr
from engine.hosting.profile import Profile

from .checks import (
    check_arguments,
    check_directory,
    check_environment,
    check_interpreter,
    check_seconds,
    read_environment,
)
from .fields import Form, choose_directory, choose_file


class LaunchForm(Form):
    """How the host process starts."""

    def __init__(self, profile: Profile, add_first: Callable[[LaunchForm], None] | None = None) -> None:
        """`add_first` puts rows above these."""
        super().__init__()
        if add_first is not None:
            add_first(self)
        self.arguments = self.line(
            tr("Arguments"), tr("What the program finds in sys.argv, quoted as in a shell"), self._check_arguments
        )
        self.directory = self.path(
            tr("Working directory"),
            tr("The directory that the process starts in; empty is the one of the file"),
            lambda: check_directory(self.directory.text()),
            choose_directory(tr("Working directory")),
            hint=tr("that of the file"),
        )
        self.interpreter = self.path(
            tr("Interpreter"),
            tr("The Python, 3.11 or later, that runs your code: a virtual environment's, say"),
            lambda: check_interpreter(self.interpreter.text()),
            choose_file(tr("Interpreter"), tr("Programs (*)")),
            hint=tr("the one that runs Socketscope"),
        )
        self.environment = QPlainTextEdit()
        self.environment.setTabChangesFocus(True)
        self.environment.setFixedHeight(96)
        self.environment.setPlaceholderText("NAME=value")
        self.add(
            tr("Environment"),
            self.environment,
            tr("Variables to add to the environment, one NAME=value a line"),
            self.environment.textChanged,
            lambda: check_environment(self.environment.toPlainText()),
        )
        self.slow_after = self._seconds(
            tr("Slow after"), tr("A stage that lasts longer is told as slow, with its worker's stack; 0 is never")
        )
        self.slow_accepting = self._seconds(
            tr("Slow accepting after"),
            tr("The same for get_request, verify_request and process_request: nobody else is let in meanwhile"),
        )
        self._fill(profile)

    def put_into(self, profile: Profile) -> Profile:
        """The profile with what stands in these fields."""
        return dataclasses.replace(
            profile,
            arguments=tuple(shlex.split(self.arguments.text())),
            directory=self.directory.text().strip(),
            environment=read_environment(self.environment.toPlainText()),
            interpreter=self.interpreter.text().strip(),
            slow_after=float(self.slow_after.text()),
            slow_accepting=float(self.slow_accepting.text()),
        )

    def _seconds(self, title: str, tip: str) -> QLineEdit:
        line = self.line(title, tip, lambda: check_seconds(line.text()), hint=tr("seconds"))
        return line

    def _check_arguments(self) -> str:
        return check_arguments(self.arguments.text())

    def _fill(self, profile: Profile) -> None:
        self.arguments.setText(shlex.join(profile.arguments))
        self.directory.setText(profile.directory)
        self.interpreter.setText(profile.interpreter)
        self.slow_after.setText(f"{profile.slow_after:g}")
        self.slow_accepting.setText(f"{profile.slow_accepting:g}")
        self.environment.setPlainText("\n".join(f"{name}={value}" for name, value in profile.environment.items()))
        for row in self.rows:
            row.touched = False
