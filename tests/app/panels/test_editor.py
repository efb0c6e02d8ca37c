"""Opening a line in an editor: the right arguments for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.panels.editor import command_for, find_editor, open_in_editor
from app.settings import EDITOR, Settings


@pytest.mark.parametrize(("editor", "command"), [
    ("code", ["code", "--goto", "/a b.py:7"]),
    ("/usr/bin/gedit", ["/usr/bin/gedit", "+7", "/a b.py"]),
    ("myed --at {line} {file}", ["myed", "--at", "7", "/a b.py"]),
    ("unknown -x", ["unknown", "-x", "/a b.py"]),
])  # fmt: skip
def test_commands(editor: str, command: list[str]) -> None:
    assert command_for(editor, "/a b.py", 7) == command


def test_the_setting_goes_first_and_a_terminals_editor_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(tmp_path / "s.ini")
    monkeypatch.setenv("VISUAL", "vim")
    monkeypatch.setenv("EDITOR", "kate")
    assert find_editor(settings) == "kate"
    settings.set(EDITOR, "my own --editor")
    assert find_editor(settings) == "my own --editor"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    sentence = open_in_editor(Settings(tmp_path / "s.ini"), "/no/file.py", 3)
    assert sentence == "There is no file /no/file.py any more."
