"""What the program remembers between two starts: one record a setting, kept in an INI file of Qt's."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QByteArray, QObject, QSettings, QStandardPaths, Signal

T = TypeVar("T")

VARIABLE = "SOCKETSCOPE_CONFIG_DIR"


@dataclass(frozen=True)
class Setting(Generic[T]):
    """A name in the file, what holds when it is missing or nonsense, and the values that are allowed (empty: any)."""

    key: str
    default: T
    choices: tuple[T, ...] = ()


THEME = Setting("view/theme", "system", ("system", "dark", "light"))
HINT_SEEN = Setting("view/hint_seen", False)
COLUMNS = Setting("requests/columns", "")
LIMIT_REQUESTS = Setting("capture/limit_requests", 100_000)
LIMIT_MEGABYTES = Setting("capture/limit_megabytes", 256)
EDITOR = Setting("programs/editor", "")
CHECK_ON_RELOAD = Setting("replay/check_on_reload", True)

SETTINGS: tuple[Setting[Any], ...] = (
    THEME, HINT_SEEN, COLUMNS, LIMIT_REQUESTS, LIMIT_MEGABYTES, EDITOR, CHECK_ON_RELOAD,
)  # fmt: skip


def config_dir() -> Path:
    """Where settings and workspace live; the environment may say otherwise."""
    told = os.environ.get(VARIABLE)
    if told:
        return Path(told)
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation))


def state_dir() -> Path:
    """Where logs live."""
    told = os.environ.get(VARIABLE)
    if told:
        return Path(told)
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation))


class Settings(QObject):
    """Reads and writes settings by their records; tells who wants to know."""

    changed = Signal(str)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        with contextlib.suppress(OSError):  # a home that cannot be written: nothing is remembered, all else works
            path.parent.mkdir(parents=True, exist_ok=True)
        self._file = QSettings(str(path), QSettings.Format.IniFormat)

    def get(self, setting: Setting[T]) -> T:
        """The value of a setting; its default when the file has none or nonsense."""
        kind = type(setting.default)
        try:
            value = self._file.value(setting.key, setting.default, type=kind)
        except (TypeError, ValueError):
            return setting.default
        if not isinstance(value, kind) or (setting.choices and value not in setting.choices):
            return setting.default
        return value

    def set(self, setting: Setting[T], value: T) -> None:
        """Remember a value."""
        if value != self.get(setting):
            self._file.setValue(setting.key, value)
            self.changed.emit(setting.key)

    def blob(self, key: str) -> QByteArray:
        """Bytes that Qt made, such as a window's geometry; empty when there are none."""
        value = self._file.value(f"blobs/{key}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_blob(self, key: str, value: QByteArray) -> None:
        """Remember bytes that Qt made."""
        self._file.setValue(f"blobs/{key}", value)

    def sync(self) -> None:
        """Write the file now."""
        self._file.sync()
