"""The link to the supervisor: orders out, ticks, replies and events in, all in the GUI thread and without waiting."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic_ns
from typing import Any, Protocol

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal

from app.link.lull import Lull
from app.link.tick import Tick, Trouble
from app.text import tr
from engine.capture.reader import CaptureReader
from engine.hosting.profile import Profile

log = logging.getLogger(__name__)

Answer = Callable[[Mapping[str, Any]], None]
"""Called with a reply's members when the order was carried out."""
Refusal = Callable[[Trouble], None]
"""Called when it was not."""


class Client(Protocol):
    """What the link needs of `engine.hosting.client.SupervisorClient`."""

    capture_path: Path
    """The file that the supervisor writes."""

    @property
    def ended(self) -> bool:
        """Whether the supervisor has gone."""

    def order(self, name: str, **members: Any) -> int:
        """Send an order; returns its ticket."""

    def fileno(self) -> int:
        """What becomes readable when the supervisor says something."""

    def receive(self) -> list[dict[str, Any]]:
        """All whole messages that have come; raises OSError or ValueError when they cannot be read."""

    def close(self) -> None:
        """Say goodbye; the supervisor ends and takes its servers along."""


class Link(QObject):
    """Turns the supervisor's messages into signals and calls into orders."""

    ticked = Signal(Tick)
    replied = Signal(int, dict)
    event_received = Signal(dict)
    lost = Signal(str)
    respawned = Signal()

    def __init__(self, spawn: Callable[[], Client], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spawn = spawn
        self._client: Client | None = None
        self._notifier: QSocketNotifier | None = None
        self._reader: CaptureReader | None = None
        self._waiting: dict[int, tuple[Answer | None, Refusal | None]] = {}
        self._tick = Tick()
        self._taken = 0
        self.lull = Lull(self)
        self._open()

    @property
    def tick(self) -> Tick:
        """The latest tick."""
        return self._tick

    @property
    def spent(self) -> int:
        """How long the latest tick has been worked at, in ns."""
        return monotonic_ns() - self._taken

    @property
    def alive(self) -> bool:
        """Whether there is a supervisor to talk to."""
        return self._client is not None

    @property
    def reader(self) -> CaptureReader:
        """The capture that the supervisor writes. Ask anew each time: after a respawn it is another one."""
        if self._reader is None:
            raise RuntimeError("There is no capture before the first supervisor has started.")
        return self._reader

    def respawn(self) -> None:
        """Start another supervisor after the first was lost. Its servers are stopped."""
        self.close()
        self._open()
        self.respawned.emit()

    def order(
        self, name: str, done: Answer | None = None, refused: Refusal | None = None, **members: Any
    ) -> int | None:
        """Send an order; its answer comes later, by `done` or `refused` and by `replied`. None: nobody is there."""
        if self._client is None:
            if refused is not None:
                refused(Trouble("lost", tr("The supervisor has ended. Start it again from the Server menu.")))
            return None
        try:
            ticket = self._client.order(name, **members)
        except OSError:
            self._on_lost()
            return None
        self._waiting[ticket] = (done, refused)
        return ticket

    def start(
        self, key: str, profile: Profile, done: Answer | None = None, refused: Refusal | None = None
    ) -> int | None:
        """Start a server by its profile."""
        return self.order("start", done, refused, key=key, profile=profile.to_json())

    def stop(self, key: str, done: Answer | None = None, refused: Refusal | None = None) -> int | None:
        """Stop a server in an orderly way."""
        return self.order("stop", done, refused, key=key)

    def restart(
        self, key: str, profile: Profile | None = None, done: Answer | None = None, refused: Refusal | None = None
    ) -> int | None:
        """Replace a server's process by a new one behind the same listening socket."""
        members = {} if profile is None else {"profile": profile.to_json()}
        return self.order("restart", done, refused, key=key, **members)

    def remove(self, key: str, done: Answer | None = None, refused: Refusal | None = None) -> int | None:
        """Stop a server and forget it."""
        return self.order("remove", done, refused, key=key)

    def close_request(self, request: int, how: str = "close", refused: Refusal | None = None) -> int | None:
        """Close ("close") or reset ("reset") the connection of a live request."""
        return self.order("close_request", None, refused, request=request, how=how)

    def stacks(self, key: str, done: Answer, refused: Refusal | None = None) -> int | None:
        """Ask where every thread of a server is."""
        return self.order("stacks", done, refused, key=key)

    def where(self, request: int, done: Answer, refused: Refusal | None = None) -> int | None:
        """Ask where the worker of a live request is."""
        return self.order("where", done, refused, request=request)

    def clear(self, before: int, done: Answer | None = None) -> int | None:
        """Forget every request of the capture that has a lower number."""
        return self.order("clear", done, before=before)

    def limit(self, requests: int, size: int) -> int | None:
        """Set how many requests and bytes the capture keeps."""
        return self.order("limits", requests=requests, bytes=size)

    def start_clients(
        self,
        payload: str,
        *,
        key: str = "",
        address: str = "",
        repeat: int = 1,
        clients: int = 1,
        interval_ms: int = 0,
        half_close: bool = False,
        label: str = "",
        done: Answer | None = None,
        refused: Refusal | None = None,
    ) -> int | None:
        """Let clients send `payload` (Base64) to a server by its key, or to any address. `repeat` 0: until stopped."""
        to = {"key": key} if key else {"address": address}
        return self.order(
            "clients_start", done, refused, payload=payload, repeat=repeat, clients=clients, interval_ms=interval_ms,
            half_close=half_close, label=label, **to,
        )  # fmt: skip

    def stop_clients(self, clients: int) -> int | None:
        """Stop the clients of one `start_clients`."""
        return self.order("clients_stop", clients=clients)

    def close(self) -> None:
        """Leave: the supervisor ends, and its servers with it."""
        self.lull.end()
        if self._notifier is not None:
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
            self._notifier = None
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self._waiting.clear()

    def _open(self) -> None:
        self._client = self._spawn()
        self._reader = CaptureReader(self._client.capture_path)
        self._notifier = QSocketNotifier(self._client.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_readable)
        QTimer.singleShot(0, self, self._on_readable)  # what was heard while it started

    def _on_readable(self) -> None:
        if self._client is None:
            return
        try:
            messages = self._client.receive()
        except OSError:
            self._on_lost()
            return
        except ValueError as error:
            log.error("The supervisor cannot be understood: %s", error)
            self._on_lost()
            return
        for message in messages:
            self._take(message)
        if self._has_ended():
            self._on_lost()

    def _has_ended(self) -> bool:
        """Asked anew after every batch: a slot may have closed the link meanwhile."""
        return self._client is not None and self._client.ended

    def _take(self, message: dict[str, Any]) -> None:
        if "tick" in message:
            self._taken = monotonic_ns()
            self._tick = Tick.from_json(message)
            self.lull.begin()
            self.ticked.emit(self._tick)
        elif "reply" in message:
            self._settle(message)
        else:
            self.event_received.emit(message)

    def _settle(self, reply: dict[str, Any]) -> None:
        done, refused = self._waiting.pop(reply["reply"], (None, None))
        if reply.get("ok"):
            if done is not None:
                done(reply)
        else:
            trouble = Trouble.from_json(reply.get("error") or {})
            log.info("refused: %s", trouble.sentence)
            if refused is not None:
                refused(trouble)
        self.replied.emit(reply["reply"], reply)

    def _on_lost(self) -> None:
        """The reader stays open: what was captured can still be looked at."""
        if self._notifier is not None:
            self._notifier.setEnabled(False)
        client, self._client = self._client, None
        if client is not None:
            client.close()
        self._tick = dataclasses.replace(self._tick, servers=(), paused=(), stopped=(), lines=())
        self.ticked.emit(self._tick)
        waiting, self._waiting = self._waiting, {}
        sentence = tr("The supervisor has ended, and with it every server. What was captured is still here.")
        for _done, refused in waiting.values():
            if refused is not None:
                refused(Trouble("lost", sentence))
        self.lost.emit(sentence)
