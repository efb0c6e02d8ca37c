"""The servers list: what the supervisor tells about each, and the profiles that have not been started."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.link.tick import ServerStatus, Tick
from engine.hosting.profile import Profile

Index = QModelIndex | QPersistentModelIndex


class ServerRole(IntEnum):
    """What the delegate asks of a row."""

    KEY = Qt.ItemDataRole.UserRole + 1
    STATE = Qt.ItemDataRole.UserRole + 2
    """str: stopped, starting, listening, draining, failed"""
    ADDRESS = Qt.ItemDataRole.UserRole + 3
    """str: "TCP 127.0.0.1:9009\""""
    MODE = Qt.ItemDataRole.UserRole + 4
    """str: "Threading · 4 live\""""
    POINTS = Qt.ItemDataRole.UserRole + 5
    """tuple[float, ...]: requests a second, oldest first"""
    ERROR = Qt.ItemDataRole.UserRole + 6
    """str: one sentence, "" when all is well"""
    OPEN = Qt.ItemDataRole.UserRole + 7
    """bool: it listens beyond this machine"""


class ServersModel(QAbstractListModel):
    """One row a server, in the order of the profiles; servers that scripts made follow their script."""

    status_changed = Signal(str)
    """Key of a server whose state, address or error changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        raise NotImplementedError

    def set_profiles(self, profiles: Sequence[tuple[str, Profile]]) -> None:
        """The workspace's servers: (key, profile) in order."""

    def refresh(self, tick: Tick) -> None:
        """Take over what the supervisor tells."""

    def status(self, key: str) -> ServerStatus | None:
        """What the supervisor last told about a server, None when it was never started."""
        return None

    def profile(self, key: str) -> Profile | None:
        """The profile of a server, of the script's for one that a script made."""
        return None

    def key_at(self, row: int) -> str:
        """The key of a row, "" beyond the rows."""
        return ""

    def row_of(self, key: str) -> int:
        """The row of a key, -1 when there is none."""
        return -1

    # Qt's overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return None
