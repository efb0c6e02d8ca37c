"""The servers list: what the supervisor tells about each, and the profiles that have not been started."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.link.tick import ServerState, ServerStatus, Tick
from app.models.codeversion import is_fresh, reloaded_text
from app.models.connections import ConnectionCounts, counts_text
from app.models.damage import Damage
from app.text import safe_text, tip, tr
from engine.capture.reader import CaptureReader
from engine.hosting.profile import Profile

Index = QModelIndex | QPersistentModelIndex

POINTS = 24
"""Of a sparkline."""
EVERY = 500_000_000
"""ns between two of them."""
LOOPBACK = ("127.", "localhost", "[::1]", "::1", "@", "/")


class ServerRole(IntEnum):
    """What the delegate asks of a row."""

    KEY = Qt.ItemDataRole.UserRole + 1
    STATE = Qt.ItemDataRole.UserRole + 2
    """str: stopped, starting, listening, paused, draining, failed"""
    ADDRESS = Qt.ItemDataRole.UserRole + 3
    """str: "TCP 127.0.0.1:9009" """
    MODE = Qt.ItemDataRole.UserRole + 4
    """str: "Threading · 4 live" """
    POINTS = Qt.ItemDataRole.UserRole + 5
    """tuple[float, ...]: requests a second, oldest first"""
    ERROR = Qt.ItemDataRole.UserRole + 6
    """str: one sentence, "" when all is well"""
    FAULTS = Qt.ItemDataRole.UserRole + 8
    """int: faults that act on it"""
    OPEN = Qt.ItemDataRole.UserRole + 7
    """bool: it listens beyond this machine"""


class ServersModel(QAbstractListModel):
    """One row a server, in the order of the profiles; servers that scripts made follow their script."""

    status_changed = Signal(str)
    """Key of a server whose state, address or error changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._profiles: dict[str, Profile] = {}
        self._statuses: dict[str, ServerStatus] = {}
        self._points: dict[str, deque[float]] = {}
        self._keys: list[str] = []
        self._sampled = 0
        self._now = 0
        self.wall_offset = 0
        """The capture's, for times of day."""
        self.reader: CaptureReader | None = None
        """Where live connections are counted when somebody asks for a server's tip."""
        self.damage = Damage(self)
        self._faults: Mapping[str, int] = {}

    def set_faults(self, faults: Mapping[str, int]) -> None:
        """How many faults act, by key."""
        self._faults = faults
        if self._keys:
            self.dataChanged.emit(self.index(0), self.index(len(self._keys) - 1))

    def set_profiles(self, profiles: Sequence[tuple[str, Profile]]) -> None:
        """The workspace's servers: (key, profile) in order."""
        self._profiles = dict(profiles)
        self._arrange()
        if self._keys:
            self.dataChanged.emit(self.index(0), self.index(len(self._keys) - 1))

    def refresh(self, tick: Tick) -> None:
        """Take over what the supervisor tells."""
        before, self._now = self._statuses, tick.at
        self._statuses = {status.key: status for status in tick.servers}
        self._sample(tick.at)
        self._arrange()
        sampled = self._sampled == tick.at
        for row, key in enumerate(self._keys):
            stands = _standing(self._statuses.get(key)) == _standing(before.get(key))
            # Numbers that people read change as often as the sparkline does.
            if sampled or not stands:
                self.dataChanged.emit(self.index(row), self.index(row))
            if not stands:
                self.status_changed.emit(key)

    def status(self, key: str) -> ServerStatus | None:
        """What the supervisor last told about a server, None when it was never started."""
        return self._statuses.get(key)

    def profile(self, key: str) -> Profile | None:
        """The profile of a server, of the script's for one that a script made."""
        return self._profiles.get(key) or self._profiles.get(key.partition("/")[0])

    def key_at(self, row: int) -> str:
        """The key of a row, "" beyond the rows."""
        return self._keys[row] if 0 <= row < len(self._keys) else ""

    def row_of(self, key: str) -> int:
        """The row of a key, -1 when there is none."""
        return self._keys.index(key) if key in self._keys else -1

    def _sample(self, at: int) -> None:
        if at - self._sampled < EVERY:
            return
        self._sampled = at
        for key, status in self._statuses.items():
            self._points.setdefault(key, deque([0.0] * POINTS, POINTS)).append(status.rate if status.state.up else 0.0)

    def _arrange(self) -> None:
        """Rows come and go one by one, so that selection and scrolling stay."""
        wanted = self._wanted()
        for row in range(len(self._keys) - 1, -1, -1):
            if self._keys[row] not in wanted:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._keys[row]
                self.endRemoveRows()
        for row, key in enumerate(wanted):
            if row < len(self._keys) and self._keys[row] == key:
                continue
            if key in self._keys:
                self._move(self._keys.index(key), row)
            else:
                self.beginInsertRows(QModelIndex(), row, row)
                self._keys.insert(row, key)
                self.endInsertRows()

    def _move(self, source: int, target: int) -> None:
        self.beginMoveRows(QModelIndex(), source, source, QModelIndex(), target)
        self._keys.insert(target, self._keys.pop(source))
        self.endMoveRows()

    def _wanted(self) -> list[str]:
        made: dict[str, list[str]] = {}
        for key, status in self._statuses.items():
            if status.script is not None or key not in self._profiles:
                made.setdefault(status.script or "", []).append(key)
        own = [found for key in self._profiles for found in (key, *made.pop(key, ()))]
        return own + [key for keys in made.values() for key in keys if key not in own]

    # Qt's overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own default
        return 0 if parent.isValid() else len(self._keys)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        key = self._keys[index.row()]
        status, profile = self._statuses.get(key), self.profile(key)
        if role == ServerRole.KEY:
            return key
        if role == ServerRole.FAULTS:
            return self._faults.get(key, 0)
        if role == ServerRole.POINTS:
            return tuple(self._points.get(key, ()))
        if role == ServerRole.STATE:
            held = status is not None and status.paused and status.state is ServerState.LISTENING
            return "paused" if held else str(status.state if status else ServerState.STOPPED)
        texts: dict[int, Callable[[ServerStatus | None, Profile | None], str]] = {
            Qt.ItemDataRole.DisplayRole: _name,
            Qt.ItemDataRole.AccessibleTextRole: _spoken,
            ServerRole.ADDRESS: _address,
            ServerRole.MODE: _mode,
            ServerRole.ERROR: _error,
        }
        if role == ServerRole.MODE and status is not None and is_fresh(status.code, self._now):
            words = (_concurrency(status, profile), reloaded_text(status.code, self.wall_offset))
            return " · ".join(part for part in words if part)
        if role in texts:
            return texts[role](status, profile)
        if role == ServerRole.OPEN:
            return _open(status, profile)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(", ".join(part for part in (_spoken(status, profile), self._standings(status)) if part))
        return None

    def _standings(self, status: ServerStatus | None) -> str:
        """How many of its live connections are new, active, idle."""
        found = ConnectionCounts()
        if self.reader is not None and status is not None and status.state.up and status.live:
            with self.damage.noticed():
                while not found.go_on(self.reader, status.ids):
                    pass
        return counts_text(found.counts)


def _standing(status: ServerStatus | None) -> tuple[object, ...]:
    if status is None:
        return ()
    return status.state, status.address, status.error, status.id, status.paused, status.code


def _name(status: ServerStatus | None, profile: Profile | None) -> str:
    # A server that a script made has a name of its own; a profile's is what the person typed.
    if status is not None and status.script is not None:
        return safe_text(status.name)
    return safe_text(profile.name if profile else status.name if status else "")


def _bound(profile: Profile) -> str:
    if profile.kind == "script":
        return profile.script or f"-m {profile.module}"
    if profile.family.startswith("unix"):
        return profile.path
    return f"{profile.host}:{profile.port or tr('any port')}"


def _address(status: ServerStatus | None, profile: Profile | None) -> str:
    if status is not None and status.address:
        return safe_text(f"{status.transport.upper()} {status.address}")
    if profile is None:
        return ""
    family = tr("script") if profile.kind == "script" else profile.family.upper()
    return safe_text(f"{family} {_bound(profile)}")


def _mode(status: ServerStatus | None, profile: Profile | None) -> str:
    return " · ".join(part for part in (_concurrency(status, profile), _activity(status)) if part)


def _concurrency(status: ServerStatus | None, profile: Profile | None) -> str:
    if status is not None and (status.address or profile is None or profile.kind != "script"):
        how = status.concurrency
    else:
        how = profile.concurrency if profile and profile.kind == "server" else ""
    words = {
        "single": tr("Single"),
        "threading": tr("Threading"),
        "forking": tr("Forking"),
        "pool": tr("Thread pool"),
        "prefork": tr("Pre-forked"),
    }
    return words.get(how, "")


def _activity(status: ServerStatus | None) -> str:
    if status is None or status.state is ServerState.STOPPED:
        return tr("stopped")
    if status.state is not ServerState.LISTENING:
        words = {"starting": tr("starting"), "draining": tr("finishing its requests"), "failed": tr("failed")}
        return words[status.state]
    if status.paused:
        return tr("{count} paused").format(count=status.paused)
    if status.concurrency == "forking" and status.max_children:
        text = tr("{live} live, {children} of {most} children")
        return text.format(live=status.live, children=status.children, most=status.max_children)
    if status.concurrency == "prefork":
        return tr("{live} live, {children} workers").format(live=status.live, children=status.children)
    if status.queue is not None and status.queue.depth:
        text = tr("{count} live, backlog {depth}/{limit}")
        return text.format(count=status.live, depth=status.queue.depth, limit=status.queue.limit)
    if status.live:
        return tr("{count} live").format(count=status.live)
    if status.rate >= 1:
        return tr("{rate}/s").format(rate=f"{status.rate:.0f}")
    return tr("listening") if status.listens else tr("running")


def _error(status: ServerStatus | None, profile: Profile | None) -> str:
    return safe_text(status.error.sentence) if status is not None and status.error is not None else ""


def _spoken(status: ServerStatus | None, profile: Profile | None) -> str:
    reason = safe_text(status.stopped_reason) if status is not None else ""
    words = (_name(status, profile), _address(status, profile), _mode(status, profile))
    parts = (*words, reason, _error(status, profile))
    return ", ".join(part for part in parts if part)


def _open(status: ServerStatus | None, profile: Profile | None) -> bool:
    if status is not None and status.address:
        return not status.transport.startswith("unix") and not status.address.startswith(LOOPBACK)
    if profile is None or profile.kind == "script":
        return False
    return not profile.family.startswith("unix") and not profile.host.startswith(LOOPBACK)
