"""The workspace: kept whole, or moved aside with a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.workspace import Workspace, write_whole
from engine.hosting.profile import Profile


def test_servers_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "workspace.json"
    workspace = Workspace(path)
    first = workspace.add(Profile(name="a", arguments=("x",)))
    second = workspace.add(Profile(name="b", port=9009), autostart=True)
    workspace.edit(first, Profile(name="c"))
    again = Workspace(path)
    assert again.load() == ""
    assert again.entries == workspace.entries
    assert [entry.key for entry in again.entries] == [first, second]
    assert [entry.autostart for entry in again.entries] == [False, True]
    workspace.remove(first)
    assert again.load() == ""
    assert [entry.profile.name for entry in again.entries] == ["b"]


def test_changes_are_told(tmp_path: Path, qtbot: QtBot) -> None:
    workspace = Workspace(tmp_path / "w.json")
    with qtbot.waitSignals([workspace.added, workspace.changed]):
        key = workspace.add(Profile(name="a"))
    with qtbot.waitSignals([workspace.edited, workspace.changed]):
        workspace.edit(key, Profile(name="b"))
    with qtbot.waitSignals([workspace.removed, workspace.changed]):
        workspace.remove(key)
    with qtbot.assertNotEmitted(workspace.changed):
        workspace.remove(key)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"version": 99, "servers": []}', '{"version": 1, "servers": 3}',
     '{"version": 1, "servers": [1]}',
     '{"version": 1, "servers": [{"key": "a", "profile": {"nonsense": 1}}]}',
     '{"version": 1, "servers": [{"key": "a", "profile": {}}]}', "\ud800".encode("utf-8", "surrogatepass")],
)  # fmt: skip
def test_a_damaged_file_is_moved_aside(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "workspace.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    workspace = Workspace(path)
    sentence = workspace.load()
    assert "moved aside" in sentence
    assert workspace.entries == ()
    assert not path.exists()
    assert (tmp_path / "workspace.damaged.json").exists()


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_the_file_is_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "workspace.json"
    Workspace(path).add(Profile(name="a"))
    document = json.loads(path.read_text("utf-8"))
    assert document["version"] == 1
    assert document["servers"][0]["profile"]["name"] == "a"
