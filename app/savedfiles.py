"""Keeps breakpoints with their lines: looks at the files that have some, and tells where a line is after a save."""

from __future__ import annotations

import os
from collections.abc import Iterable

from app.models.linepoints import LineSetting
from app.models.movedlines import moved_line
from app.models.sourcefile import SourceError, SourceFile, read_source

EVERY = 500_000_000
"""ns between two looks."""


class SavedFiles:
    """What the files with breakpoints looked like when they were read last."""

    def __init__(self) -> None:
        self._files: dict[str, SourceFile] = {}
        self._looked = -EVERY

    def due(self, now: int) -> bool:
        """Whether it is time to look again."""
        if now - self._looked < EVERY:
            return False
        self._looked = now
        return True

    def follow(self, settings: Iterable[LineSetting]) -> tuple[LineSetting, ...]:
        """The breakpoints where their lines are now. Two that come to the same line become one."""
        found: dict[tuple[str, int], LineSetting] = {}
        for setting in settings:
            line = self._line(setting)
            made = setting if line == setting.line else LineSetting.from_json(setting.to_json() | {"line": line})
            found.setdefault((made.path, made.line), made)
        return tuple(found.values())

    def settle(self, paths: Iterable[str]) -> None:
        """All breakpoints have been followed: these files are known as they are now, others no more."""
        self._files = {path: file for path in set(paths) if (file := self._read(path)) is not None}

    def _line(self, setting: LineSetting) -> int:
        old, new = self._files.get(setting.path), self._read(setting.path)
        if old is None or new is None or new is old:
            return setting.line
        return moved_line(old.lines, new.lines, setting.line)

    def _read(self, path: str) -> SourceFile | None:
        """The file as it is; the very same object while it was not saved, None when it cannot be read."""
        known = self._files.get(path)
        try:
            if known is not None and os.stat(path).st_mtime_ns == known.changed:
                return known
            return read_source(path)
        except (OSError, SourceError):
            return known
