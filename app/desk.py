"""What can be done with servers: set up, start, stop, restart, remove, and the demo clients of the examples."""

from __future__ import annotations

import base64
import dataclasses
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.examples import Example, Talk, example
from app.link.link import Link
from app.link.tick import ServerState, ServerStatus, Tick, Trouble
from app.models.selection import Selection
from app.owncopies import own_copy
from app.text import tr
from app.workspace import Workspace
from engine.hosting.profile import Profile

NOT_RELOADED = "not_reloaded"
"""Code of the warning that saved code could not be loaded."""


class Desk(QObject):
    """Carries out what actions, cards and offers ask for. Errors stay with their server until it starts."""

    troubled = Signal(str)
    """Key of a server with a new trouble, or rid of one; see `trouble`."""

    def __init__(self, link: Link, workspace: Workspace, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._workspace = workspace
        self._selection = selection
        self._troubles: dict[str, Trouble] = {}
        self._demo_clients: dict[str, list[int]] = {}
        link.lost.connect(self._on_lost)
        link.event_received.connect(self._on_event)

    def trouble(self, key: str) -> Trouble | None:
        """Why the last order for this server was refused."""
        status = self.status(key)
        return self._troubles.get(key) or (status.error if status is not None else None)

    def warning(self, key: str) -> Trouble | None:
        """What is odd about a server that is up: also that it could not be given the code that was saved last."""
        status = self.status(key)
        if status is None or status.warning is not None or not status.state.up:
            return status.warning if status is not None else None
        return _kept(status.code.error) if status.code.error is not None else None

    def status(self, key: str) -> ServerStatus | None:
        """How the server stands by the latest tick."""
        tick: Tick = self._link.tick
        return tick.server(key)

    def name(self, key: str) -> str:
        """What a server is called: a script's server has a name of its own."""
        status, entry = self.status(key), self._workspace.entry(key)
        return entry.profile.name if entry is not None else status.name if status is not None else ""

    def is_up(self, key: str) -> bool:
        """Whether it is there to be stopped."""
        status = self.status(key)
        return status is not None and ServerState(status.state).up

    def add(self, profile: Profile, *, start: bool) -> str:
        """Add a server to the workspace, select it, and start it if asked to."""
        key = self._workspace.add(profile)
        self._selection.select_server(key)
        if start:
            self.start(key)
        return key

    def edit(self, key: str, profile: Profile, *, start: bool) -> None:
        """Change a server's profile; a server that is up takes over other rules at once, all else at its next start."""
        old = self._workspace.entry(key)
        self._workspace.edit(key, profile)
        if old is not None and self.is_up(key) and _only_rules(old.profile, profile):
            self._link.order("rules", None, self._refusal(key), key=key, rules=profile.rules)
            return
        self._forget_trouble(key)
        if old is not None and self.is_up(key) and old.profile.on_save != profile.on_save:
            self._link.order("on_save", None, self._refusal(key), key=key, how=profile.on_save)
        if start and self.is_up(key):
            self.restart(key)
        elif start:
            self.start(key)

    def run_example(self, name: str) -> str:
        """Run an example with its demo clients: the one that is there already, or a new one."""
        for entry in self._workspace.entries:
            if entry.profile.example == name:
                self._selection.select_server(entry.key)
                if not self.is_up(entry.key):
                    self.start(entry.key)
                return entry.key
        found = example(name)
        if found is None:
            raise ValueError(f"There is no example {name!r}.")
        return self.add(self._example_profile(found), start=True)

    def start(self, key: str) -> None:
        """Start a server of the workspace."""
        entry = self._workspace.entry(key)
        if entry is not None:
            self._forget_trouble(key)
            self._link.start(key, entry.profile, lambda reply: self._on_started(key), self._refusal(key))

    def stop(self, key: str) -> None:
        """Stop a server, and its demo clients."""
        self.stop_demo(key)
        self._link.stop(key, refused=self._refusal(key))

    def restart(self, key: str) -> None:
        """A new process behind the same port; its clients wait instead of being refused."""
        entry = self._workspace.entry(key)
        self._forget_trouble(key)
        self._link.restart(key, entry.profile if entry else None, refused=self._refusal(key))

    def set_on_save(self, key: str, how: str) -> None:
        """Say what becomes of a server when its handler's file is saved: one of profile.ON_SAVE."""
        entry = self._workspace.entry(key)
        if entry is None:
            return
        self._workspace.edit(key, dataclasses.replace(entry.profile, on_save=how))
        if self.status(key) is not None:
            self._link.order("on_save", None, self._refusal(key), key=key, how=how)

    def remove(self, key: str) -> None:
        """Stop a server and take it out of the workspace. What it did stays in the capture."""
        self.stop_demo(key)
        self._forget_trouble(key)
        if self.status(key) is not None:
            self._link.remove(key)
        self._workspace.remove(key)
        if self._selection.server == key:
            self._selection.select_server("")

    def stop_all(self) -> None:
        """Stop every server that is up."""
        for status in self._link.tick.servers:
            if status.state.up:
                self.stop(status.script or status.key)

    def use_port(self, key: str, port: int) -> None:
        """Take the offer of a free port, and start."""
        self._change(key, port=port)

    def remove_stale_socket(self, key: str) -> None:
        """Take the offer to remove a socket file that nobody listens on, and start."""
        trouble = self.trouble(key)
        if trouble is None or not trouble.extras.get("can_remove"):
            return
        path = str(trouble.extras["path"])
        self._link.order("remove_stale", lambda _reply: self.start(key), self._refusal(key), path=path)

    def start_marked(self) -> None:
        """Start what was marked "start with the workspace"."""
        for entry in self._workspace.entries:
            if entry.autostart:
                self.start(entry.key)

    def start_demo(self, key: str) -> None:
        """Let the example's demo clients talk to it."""
        entry = self._workspace.entry(key)
        found = example(entry.profile.example) if entry is not None else None
        if found is not None and key not in self._demo_clients:
            self._demo_clients[key] = []
            for talk in found.talks:
                self._start_talk(key, talk)

    def stop_demo(self, key: str) -> None:
        """Stop them."""
        for clients in self._demo_clients.pop(key, ()):
            self._link.stop_clients(clients)

    def has_demo(self, key: str) -> bool:
        """Whether demo clients talk to it."""
        return key in self._demo_clients

    def _example_profile(self, found: Example) -> Profile:
        """With a file of the person's own, for examples are there to be changed."""
        path = str(socket_folder() / f"{found.name}.sock") if "Unix" in found.server_class else ""
        folder = self._workspace.folder
        file = own_copy(found.path, folder / "examples") if folder is not None else found.path
        return dataclasses.replace(found.profile(path=path), handler_file=str(file))

    def _start_talk(self, key: str, talk: Talk) -> None:
        self._link.start_clients(
            base64.b64encode(talk.payload).decode(),
            key=key,
            repeat=0,
            clients=talk.clients,
            interval_ms=talk.interval_ms,
            half_close=talk.half_close,
            label="demo",
            done=lambda reply: self._on_demo_started(key, reply),
        )

    def _on_demo_started(self, key: str, reply: Mapping[str, Any]) -> None:
        if key in self._demo_clients:
            self._demo_clients[key].append(reply["clients"])
        else:  # stopped in the meantime
            self._link.stop_clients(reply["clients"])

    def _change(self, key: str, **members: Any) -> None:
        entry = self._workspace.entry(key)
        if entry is not None:
            self._workspace.edit(key, dataclasses.replace(entry.profile, **members))
            self.start(key)

    def _on_started(self, key: str) -> None:
        self._forget_trouble(key)
        self.start_demo(key)

    def _refusal(self, key: str) -> Any:
        return lambda trouble: self._keep_trouble(key, trouble)

    def _keep_trouble(self, key: str, trouble: Trouble) -> None:
        self._troubles[key] = trouble
        self.troubled.emit(key)

    def _forget_trouble(self, key: str) -> None:
        if self._troubles.pop(key, None) is not None:
            self.troubled.emit(key)

    def _on_event(self, event: Mapping[str, Any]) -> None:
        if event.get("what") == "ended":
            self._demo_clients = {
                key: left
                for key, clients in self._demo_clients.items()
                if (left := [number for number in clients if number != event.get("clients")]) or not clients
            }

    def _on_lost(self) -> None:
        self._demo_clients.clear()


def _only_rules(old: Profile, new: Profile) -> bool:
    return bool(old.rules and new.rules) and dataclasses.replace(old, rules=new.rules) == new


def _kept(trouble: Trouble) -> Trouble:
    sentence = tr("Reload failed: {reason} The old code is kept.").format(reason=trouble.sentence)
    return Trouble(NOT_RELOADED, sentence, trouble.extras)


def socket_folder() -> Path:
    """A private folder with a short path for the sockets of examples."""
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"socketscope-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat(follow_symlinks=False)
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or not folder.is_dir():
        return Path(tempfile.mkdtemp(prefix="socketscope-"))  # somebody else was there first
    return folder
