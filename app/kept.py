"""What a person sets for each server: kept with the workspace, and ordered where the supervisor does not know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal

from app.link.link import Link
from app.link.tick import Tick, Trouble
from app.workspace import Workspace


class Setting(Protocol):
    """One thing that is set."""

    @property
    def number(self) -> int:
        """Its own among those of its server."""

    def to_json(self) -> dict[str, Any]:
        """As the supervisor takes it."""


S = TypeVar("S")
N = TypeVar("N", bound=Setting)


class Kept(QObject, Generic[S]):
    """Settings of one kind. `what` names them: the member of a server in the workspace, and the order."""

    changed = Signal()
    """Those of some server, what the supervisor made of them, or the switch for all."""
    refused = Signal(str)
    """Why something was not carried out."""

    def __init__(self, what: str, link: Link, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._what = what
        self._link = link
        self._workspace = workspace
        self._loose: dict[str, tuple[S, ...]] = {}
        """Of servers that a script made: they are in no workspace."""
        self._told: dict[str, tuple[S, ...]] = {}
        link.ticked.connect(self._on_tick)
        link.respawned.connect(self._on_respawned)

    def of(self, key: str) -> tuple[S, ...]:
        """Those of a server."""
        entry = self._workspace.entry(key)
        return getattr(entry, self._what) if entry is not None else self._loose.get(key, ())

    def _keep(self, key: str, settings: tuple[S, ...]) -> None:
        if self._workspace.entry(key) is not None:
            self._workspace.keep(key, **{self._what: settings})
        else:
            self._loose[key] = settings
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        """Order those of every server that the supervisor knows and has not been told of."""
        known = {server.key for server in self._link.tick.servers}
        self._told = {key: settings for key, settings in self._told.items() if key in known}
        for key in known:
            settings = self.of(key)
            if settings != self._told.get(key, ()):
                self._told[key] = settings
                self._order(key, settings)

    def _order(self, key: str, settings: tuple[S, ...]) -> None:
        raise NotImplementedError

    def _on_tick(self, _tick: Tick) -> None:
        self._tell()

    def _on_respawned(self) -> None:
        """Another supervisor knows nothing."""
        self._told.clear()

    def _on_refused(self, trouble: Trouble) -> None:
        self.refused.emit(trouble.sentence)


class Switched(Kept[N]):
    """N settings with one switch for all. `one` names one of them, where the supervisor says what is wrong."""

    def __init__(self, what: str, one: str, link: Link, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(what, link, workspace, parent)
        self._one = one
        self._errors: dict[str, dict[int, str]] = {}
        self.on = True

    def errors_of(self, key: str) -> Mapping[int, str]:
        """What the supervisor said against those of a server, by their numbers."""
        return self._errors.get(key, {})

    def next_number(self, key: str) -> int:
        """A number that none of this server has had."""
        return 1 + max((setting.number for setting in self.of(key)), default=0)

    def put(self, key: str, setting: N) -> None:
        """Add one, or change the one with its number."""
        settings = {one.number: one for one in self.of(key)} | {setting.number: setting}
        self._keep(key, tuple(settings.values()))

    def remove(self, key: str, number: int) -> None:
        """Take one away."""
        self._keep(key, tuple(setting for setting in self.of(key) if setting.number != number))

    def switch(self, on: bool) -> None:
        """Let those that are on act, or none at all."""
        self.on = on
        self._link.order(f"{self._what}_on", on=on)
        self.changed.emit()

    def _order(self, key: str, settings: tuple[N, ...]) -> None:
        def taken(_reply: Mapping[str, Any]) -> None:
            self._blame(key, {})

        def refused(trouble: Trouble) -> None:
            number = trouble.extras.get(self._one)
            self._blame(key, {number: trouble.sentence} if isinstance(number, int) else {})
            self.refused.emit(trouble.sentence)

        members = {self._what: [setting.to_json() for setting in settings]}
        self._link.order(self._what, taken, refused, key=key, **members)

    def _blame(self, key: str, errors: dict[int, str]) -> None:
        if errors != self.errors_of(key):
            self._errors[key] = errors
            self.changed.emit()

    def _on_respawned(self) -> None:
        super()._on_respawned()
        if not self.on:
            self._link.order(f"{self._what}_on", on=False)
