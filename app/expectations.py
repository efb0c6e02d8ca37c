"""Expectations: keeps them beside the workspace, has servers checked against them, and knows how each has fared."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.link.link import Link
from app.link.tick import Tick, Trouble
from app.settings import CHECK_ON_RELOAD, Settings
from app.text import tr
from app.workspace import Workspace
from engine.replay.expectations import BadExpectations, Expectation, Mask, read_expectations, write_expectations
from engine.replay.playback import Playback

log = logging.getLogger(__name__)
FILE = "expectations.json"


@dataclass(frozen=True, slots=True)
class Fared:
    """How an expectation fared last. `passed` None: that is not known."""

    passed: bool | None = None
    running: bool = False
    first: int | None = None
    """The first byte that was not as expected."""
    sentence: str = ""
    request: int | None = None
    """The request that was made to find out."""


UNKNOWN = Fared()


class Expectations(QObject):
    """One for a window."""

    changed = Signal()
    """Some have come, gone, changed or fared."""
    refused = Signal(str)

    def __init__(self, link: Link, workspace: Workspace, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._workspace = workspace
        self._settings = settings
        self._all: list[Expectation] = []
        self._fared: dict[str, Fared] = {}
        self._runs: dict[int, str] = {}
        """By the clients that check: their server's name."""
        self._early: list[Mapping[str, Any]] = []
        self._starting = 0
        self._versions: dict[str, int] = {}
        self._load()
        link.event_received.connect(self._on_event)
        link.ticked.connect(self._on_tick)

    @property
    def file(self) -> Path | None:
        """Where they are kept; None: nowhere."""
        folder = self._workspace.folder
        return folder / FILE if folder is not None else None

    @property
    def all(self) -> Sequence[Expectation]:
        """In the order in which they were saved."""
        return self._all

    def fared(self, name: str) -> Fared:
        """How one fared."""
        return self._fared.get(name, UNKNOWN)

    def of_request(self, request: int | None) -> Expectation | None:
        """The expectation that a request was made for."""
        if request is None:
            return None
        return next((one for one in self._all if self.fared(one.name).request == request), None)

    @property
    def automatic(self) -> bool:
        """Whether servers are checked after each reload."""
        return self._settings.get(CHECK_ON_RELOAD)

    def set_automatic(self, on: bool) -> None:
        """Check servers after each reload, or not."""
        self._settings.set(CHECK_ON_RELOAD, on)

    # The list

    def add(self, server: str, playback: Playback) -> Expectation:
        """Keep an answer as what `server` is to answer; the name is made from the request's number."""
        taken = {one.name for one in self._all}
        name = plain = f"{server} #{playback.request}"
        turn = 2
        while name in taken:
            name, turn = f"{plain} ({turn})", turn + 1
        made = Expectation(name, server, playback)
        self._keep([*self._all, made])
        return made

    def remove(self, name: str) -> None:
        """Expect it no more."""
        self._fared.pop(name, None)
        self._keep([one for one in self._all if one.name != name])

    def mask(self, name: str, masks: Iterable[Mask]) -> None:
        """Say which bytes of the answer may differ."""
        given = list(masks)
        self._fared.pop(name, None)
        self._keep([one.with_masks(given) if one.name == name else one for one in self._all])

    def _keep(self, expectations: list[Expectation]) -> None:
        self._all = expectations
        if self.file is not None:
            try:
                write_expectations(self.file, expectations)
            except OSError as error:
                log.warning("The expectations could not be saved: %s.", error.strerror)
        self.changed.emit()

    def _load(self) -> None:
        try:
            self._all = read_expectations(self.file) if self.file is not None else []
        except BadExpectations as error:
            log.warning("%s", error)

    # Checking

    def check(self, key: str | None = None, names: Sequence[str] | None = None) -> None:
        """Check the servers that listen (or one, by its key) against theirs (or those that are named)."""
        for server in self._link.tick.servers:
            wanted = [one.name for one in self._all if one.server == server.name and (not names or one.name in names)]
            if wanted and server.listens and key in (None, server.key):
                self._order(server.key, server.name, wanted)

    def _order(self, key: str, server: str, names: list[str]) -> None:
        for name in names:
            self._fared[name] = replace(self.fared(name), running=True)
        self._starting += 1

        def started(reply: Mapping[str, Any]) -> None:
            self._starting -= 1
            self._runs[int(reply["clients"])] = server
            early, self._early = self._early, []
            for event in early:
                self._on_event(event)

        def refused(trouble: Trouble) -> None:
            self._starting -= 1
            self._settle(names, trouble.sentence)
            self.refused.emit(trouble.sentence)

        self._link.order("check", started, refused, key=key, file=str(self.file), names=names)
        self.changed.emit()

    def _on_event(self, event: Mapping[str, Any]) -> None:
        if event.get("event") != "clients" or event.get("of") != 0:
            return
        number = event.get("clients")
        if number not in self._runs:
            if self._starting:
                self._early.append(event)
            return
        what, name = event.get("what"), str(event.get("name"))
        if what == "checked":
            first = event.get("first")
            self._fared[name] = Fared(bool(event.get("passed")), False, first, "", event.get("request"))
        elif what == "failed":
            self._fared[name] = Fared(False, False, None, str(event.get("sentence")))
        elif what == "ended":
            server = self._runs.pop(int(number))
            self._settle([one.name for one in self._all if one.server == server], tr("It was not checked."))
        self.changed.emit()

    def _settle(self, names: Iterable[str], sentence: str) -> None:
        """Nothing more will be heard of these."""
        for name in names:
            if self.fared(name).running:
                self._fared[name] = Fared(None, False, None, sentence)
        self.changed.emit()

    def _on_tick(self, tick: Tick) -> None:
        for server in tick.servers:
            before, now = self._versions.get(server.key), server.code.number
            if server.listens and now:
                self._versions[server.key] = now
                if before not in (None, now) and self.automatic:
                    self.check(server.key)
