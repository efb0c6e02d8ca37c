"""Settings survive, and nonsense in the file does not hurt."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray
from pytestqt.qtbot import QtBot

from app.settings import HINT_SEEN, LIMIT_REQUESTS, SETTINGS, THEME, Settings, config_dir, state_dir


def test_defaults_hold_until_told_otherwise(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "new" / "a.ini")
    assert [settings.get(setting) for setting in SETTINGS] == [setting.default for setting in SETTINGS]


def test_values_survive_a_restart(tmp_path: Path, qtbot: QtBot) -> None:
    settings = Settings(tmp_path / "a.ini")
    with qtbot.waitSignal(settings.changed) as heard:
        settings.set(LIMIT_REQUESTS, 500)
    assert heard.args == [LIMIT_REQUESTS.key]
    settings.set(HINT_SEEN, True)
    settings.set_blob("geometry", QByteArray(b"\0\xff"))
    settings.sync()
    again = Settings(tmp_path / "a.ini")
    assert again.get(LIMIT_REQUESTS) == 500
    assert again.get(HINT_SEEN) is True
    assert again.blob("geometry") == b"\0\xff"


@pytest.mark.parametrize("content", [b"[view]\ntheme=purple\n[capture]\nlimit_requests=many\n", b"\0\xff[[[", b""])
def test_nonsense_means_the_default(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.ini").write_bytes(content)
    settings = Settings(tmp_path / "a.ini")
    assert settings.get(THEME) == "system"
    assert settings.get(LIMIT_REQUESTS) in (LIMIT_REQUESTS.default, 0)


def test_the_environment_chooses_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCKETSCOPE_CONFIG_DIR", str(tmp_path / "here"))
    assert config_dir() == state_dir() == tmp_path / "here"
    monkeypatch.delenv("SOCKETSCOPE_CONFIG_DIR")
    assert config_dir() != state_dir()
