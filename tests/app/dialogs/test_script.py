"""The script dialog: a file or a module, and the command it stands for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.dialogs.script import ScriptDialog
from engine.hosting.profile import Profile

Open = Callable[..., ScriptDialog]


@pytest.fixture
def show(qtbot: QtBot) -> Open:
    def show(profile: Profile | None = None, **more: object) -> ScriptDialog:
        dialog = ScriptDialog(profile, **more)  # type: ignore[arg-type]  # a test passes what the constructor takes
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return show


def test_a_module_with_arguments(show: Open) -> None:
    dialog = show()
    dialog.kind.choose("module")
    dialog.module.setText("http.server")
    dialog.form.arguments.setText("0 --bind '127.0.0.1'")
    assert dialog.problem() == ""
    profile = dialog.profile()
    assert (profile.kind, profile.module, profile.script, profile.name) == ("script", "http.server", "", "http.server")
    assert profile.arguments == ("0", "--bind", "127.0.0.1")
    assert dialog.summary.text() == "socketscope run -m http.server 0 --bind '127.0.0.1'"


def test_a_script_gives_its_name(show: Open, tmp_path: Path) -> None:
    script = tmp_path / "my server.py"
    script.touch()
    dialog = show()
    dialog.script.setText(str(script))
    assert dialog.profile().name == "my server"
    assert dialog.profile().script == str(script)


def test_a_missing_script_is_told(show: Open) -> None:
    dialog = show()
    assert dialog.problem() == "Choose a script."
    dialog.script.setText("/no/such.py")
    assert dialog.form.row_of(dialog.script).message.text() == "There is no file /no/such.py."
    assert not dialog.buttons.start.isEnabled()


def test_a_profile_comes_back_as_it_went_in(show: Open) -> None:
    profile = Profile(name="web", kind="script", module="http.server", arguments=("0",), environment={"A": "1"})
    dialog = show(profile)
    assert dialog.profile() == profile


def test_running_tells_the_profile(qtbot: QtBot, show: Open) -> None:
    dialog = show(Profile(name="web", kind="script", module="http.server"))
    with qtbot.waitSignal(dialog.profile_accepted) as told:
        dialog.buttons.start.click()
    assert told.args is not None
    assert told.args[1] is True


@pytest.mark.parametrize("kind", ["script", "module"])
def test_one_opens_it_types_a_target_and_presses_enter(qtbot: QtBot, show: Open, tmp_path: Path, kind: str) -> None:
    script = tmp_path / "server.py"
    script.touch()
    target = {"script": str(script), "module": "http.server"}[kind]
    dialog = show(Profile(name="old", kind="script", module="none.yet" if kind == "module" else ""))
    line = dialog.focusWidget()
    assert line is {"script": dialog.script, "module": dialog.module}[kind]
    dialog.module.clear()
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert not dialog.findChildren(QFileDialog)
    QTest.keyClicks(line, target)
    with qtbot.waitSignal(dialog.profile_accepted) as told:
        QTest.keyClick(line, Qt.Key.Key_Return)
    assert told.args is not None
    assert getattr(told.args[0], kind) == target
