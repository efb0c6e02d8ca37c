"""What went wrong with servers and in the window: told in the status bar, kept where no capture tells it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.desk import Desk
from app.link.link import Link
from app.link.tick import Tick
from app.text import tr

KEPT = 2000


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence of ours. `key` and `name` are the server's that it is about, "" for none."""

    number: int
    at: int
    sentence: str
    key: str = ""
    name: str = ""
    urgent: bool = False
    """Something is wrong: the status bar tells it, too."""

    @property
    def told(self) -> str:
        """The sentence where nothing else says whose it is."""
        return f"{self.name}: {self.sentence}" if self.name else self.sentence


class Journal(QObject):
    """Compares each tick with the one before, and keeps the newest notes.

    Of a server that ever ran, the supervisor tells the story in the capture; what it cannot tell there is kept here.
    """

    written = Signal(Note)
    settled = Signal(Note)
    """A note that no longer holds: what went wrong is over."""

    def __init__(self, link: Link, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._notes: deque[Note] = deque(maxlen=KEPT)
        self._count = 0
        self._wrong: dict[str, tuple[str, Note]] = {}
        link.ticked.connect(self._on_tick)
        link.lost.connect(lambda sentence: self.write(sentence, urgent=True))
        link.respawned.connect(lambda: self.write(tr("Another supervisor has started.")))
        link.event_received.connect(self._on_event)
        desk.troubled.connect(self._judge)

    def write(self, sentence: str, key: str = "", *, urgent: bool = False, captured: bool = False) -> Note:
        """Add a note; one that the capture has is told, but not kept."""
        self._count += 1
        name = self._desk.name(key)
        note = Note(self._count, time.monotonic_ns(), sentence, key, name, urgent)
        if not captured:
            self._notes.append(note)
        self.written.emit(note)
        return note

    def since(self, number: int) -> list[Note]:
        """The kept notes after a number, oldest first."""
        return [note for note in self._notes if note.number > number]

    def _on_tick(self, tick: Tick) -> None:
        for key in {status.key for status in tick.servers} | set(self._wrong):
            self._judge(key)

    def _judge(self, key: str) -> None:
        """Say once what is wrong with a server, and tell when it is over."""
        error, warning = self._desk.trouble(key), self._desk.warning(key)
        now = error or warning
        # A warning's sentence counts the seconds: its code tells whether it is a new one.
        what = "" if now is None else now.sentence if now is error else now.code
        was, note = self._wrong.get(key, ("", None))
        if what == was:
            return
        if note is not None:
            del self._wrong[key]
            self.settled.emit(note)
        if now is not None:
            status = self._desk.status(key)
            captured = status is not None and status.id is not None
            self._wrong[key] = what, self.write(now.sentence, key, urgent=True, captured=captured)

    def _on_event(self, event: Mapping[str, Any]) -> None:
        if event.get("event") == "fault":
            self.write(str(event.get("sentence", "")), urgent=True)
