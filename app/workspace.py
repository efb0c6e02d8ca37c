"""The workspace: the servers that a person set up, kept in one JSON file that is written whole or not at all."""

from __future__ import annotations

import json
import logging
import os
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.models.faults import FaultSetting
from app.models.gates import GateSetting
from app.models.linepoints import LineSetting
from app.text import tr
from engine.hosting.profile import Profile

log = logging.getLogger(__name__)

VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One server of the workspace. `key` names it for good; the profile may be edited."""

    key: str
    profile: Profile
    autostart: bool = False
    gates: tuple[GateSetting, ...] = ()
    """Where its requests are held."""
    lines: tuple[LineSetting, ...] = ()
    """Where its threads stop."""
    watches: tuple[str, ...] = ()
    """Expressions to look at wherever one stops."""
    faults: tuple[FaultSetting, ...] = ()
    """What is done to them."""


class Workspace(QObject):
    """The servers in the order in which they are listed. They come back stopped, but for those marked `autostart`."""

    changed = Signal()
    added = Signal(str)
    removed = Signal(str)
    edited = Signal(str)

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._entries: dict[str, Entry] = {}

    @property
    def folder(self) -> Path | None:
        """Where the person's own files are kept; None for a workspace that is never saved."""
        return self._path.parent if self._path is not None else None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All servers, in order."""
        return tuple(self._entries.values())

    def entry(self, key: str | None) -> Entry | None:
        """The server with this key."""
        return self._entries.get(key) if key is not None else None

    def add(self, profile: Profile, *, autostart: bool = False) -> str:
        """Add a server at the end; returns its key."""
        key = uuid.uuid4().hex[:12]
        self._entries[key] = Entry(key, profile, autostart)
        self.added.emit(key)
        self._on_changed()
        return key

    def edit(self, key: str, profile: Profile, *, autostart: bool | None = None) -> None:
        """Give a server another profile."""
        old = self._entries[key]
        kept = old.autostart if autostart is None else autostart
        self._entries[key] = replace(old, profile=profile, autostart=kept)
        self.edited.emit(key)
        self._on_changed()

    def keep(self, key: str, **members: Any) -> None:
        """Keep with a server what a person has set for it: `gates`, `lines`, `watches` or `faults`."""
        self._entries[key] = replace(self._entries[key], **members)
        self._on_changed()

    def remove(self, key: str) -> None:
        """Forget a server."""
        if self._entries.pop(key, None) is not None:
            self.removed.emit(key)
            self._on_changed()

    def load(self) -> str:
        """Read the file. Returns "" or one sentence about a file that could not be read and was moved aside."""
        if self._path is None or not self._path.exists():
            return ""
        try:
            entries = _read(self._path)
        except (OSError, ValueError) as error:
            return self._move_aside(error)
        self._entries = {entry.key: entry for entry in entries}
        self.changed.emit()
        return ""

    def save(self) -> None:
        """Write the file. Raises OSError; the file that was there is then still there."""
        if self._path is not None:
            servers = [_to_json(entry) for entry in self.entries]
            write_whole(self._path, json.dumps({"version": VERSION, "servers": servers}, indent=1).encode())

    def _on_changed(self) -> None:
        self.changed.emit()
        try:
            self.save()
        except OSError as error:
            log.warning("The workspace could not be saved: %s.", error.strerror)

    def _move_aside(self, error: Exception) -> str:
        assert self._path is not None
        aside = self._path.with_suffix(".damaged.json")
        log.info("workspace unreadable: %r", error)
        try:
            self._path.replace(aside)
        except OSError:
            return tr("The workspace file {} cannot be read.").format(self._path)
        return tr("The workspace file was damaged; it was moved aside to {}.").format(aside)


def _read(path: Path) -> list[Entry]:
    document = json.loads(path.read_text("utf-8"))
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise ValueError("This is no workspace of this version.")
    servers = document.get("servers")
    if not isinstance(servers, list):
        raise ValueError("A workspace lists its servers.")
    return [_entry(server) for server in servers]


def _to_json(entry: Entry) -> dict[str, Any]:
    plain = {"key": entry.key, "autostart": entry.autostart, "profile": entry.profile.to_json()}
    kept: dict[str, tuple[GateSetting | LineSetting | FaultSetting, ...]] = {
        "gates": entry.gates, "lines": entry.lines, "faults": entry.faults,
    }  # fmt: skip
    plain |= {name: [one.to_json() for one in some] for name, some in kept.items() if some}
    return plain | ({"watches": list(entry.watches)} if entry.watches else {})


def _entry(data: Any) -> Entry:
    if not isinstance(data, dict) or not isinstance(data.get("profile"), dict):
        raise ValueError("A server of a workspace has a profile.")
    try:
        profile = Profile.from_json(data["profile"])
    except TypeError as error:
        raise ValueError(f"A profile is incomplete: {error}") from error
    return Entry(
        str(data["key"]),
        profile,
        data.get("autostart") is True,
        tuple(GateSetting.from_json(gate) for gate in _listed(data, "gates")),
        tuple(LineSetting.from_json(line) for line in _listed(data, "lines")),
        tuple(str(text) for text in _listed(data, "watches")),
        tuple(FaultSetting.from_json(fault) for fault in _listed(data, "faults")),
    )


def _listed(data: dict[str, Any], name: str) -> list[Any]:
    given = data.get(name, [])
    if not isinstance(given, list):
        raise ValueError(f"The {name} of a server are a list.")
    return given


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that at every moment the old or the new content is there, complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
