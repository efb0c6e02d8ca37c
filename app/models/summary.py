"""What became of a server's requests, and how long their stages took, since it was started."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, Signal

from app.models.connections import STATES, ConnectionCounts, state_word
from app.models.damage import Damage
from app.text import QT_TRANSLATE_NOOP
from engine.capture.reader import CaptureReader, Servers
from engine.capture.records import CountersRecord
from engine.observe.histogram import Histogram
from engine.observe.stages import Stage

NOTHING = CountersRecord(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
COUNTERS: tuple[tuple[str, str, str], ...] = (
    ("accepted", QT_TRANSLATE_NOOP("SummaryModel", "accepted"), ""),
    ("live", QT_TRANSLATE_NOOP("SummaryModel", "live"), ""),
    ("handled", QT_TRANSLATE_NOOP("SummaryModel", "handled"), ""),
    ("rejected", QT_TRANSLATE_NOOP("SummaryModel", "rejected"), ""),
    ("failed", QT_TRANSLATE_NOOP("SummaryModel", "failed"), "error"),
    ("killed", QT_TRANSLATE_NOOP("SummaryModel", "killed"), "error"),
    ("reset", QT_TRANSLATE_NOOP("SummaryModel", "peer gone"), ""),
    ("timed_out", QT_TRANSLATE_NOOP("SummaryModel", "timed out"), ""),
    ("truncated", QT_TRANSLATE_NOOP("SummaryModel", "truncated"), "warn"),
)
"""What is counted, its word, and the colour that it has when there is any."""


class SummaryModel(QObject):
    """Of one server, or of all, as of the last refresh."""

    changed = Signal()

    def __init__(self, reader: CaptureReader | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.counters = NOTHING
        self.timings: dict[Stage | None, Histogram] = {}
        """None: the request from accept to close."""
        self.connections = ConnectionCounts()
        self.damage = Damage(self)
        self._reader = reader
        self._servers: Servers = None

    def set_reader(self, reader: CaptureReader | None) -> None:
        """Show another capture."""
        self.damage.forget()
        self._reader = reader
        self._forget()

    def set_server(self, servers: Servers) -> None:
        """Show these runs (capture ids, such as ServerStatus.ids); None: all."""
        if servers != self._servers:
            self._servers = servers
            self._forget()

    def refresh(self) -> None:
        """Read what has been counted until now."""
        if self._reader is not None:
            with self.damage.noticed():
                self.counters = self._reader.counters(self._servers)
                self.timings = self._reader.timings(self._servers)
                self.connections.go_on(self._reader, self._servers)
            self.changed.emit()

    def stages(self) -> list[Stage | None]:
        """Those that have been timed, the whole request first and then in the order of the pipeline."""
        return sorted(self.timings, key=lambda stage: (-1, 0) if stage is None else stage.place)

    def figures(self) -> list[tuple[str, int, str]]:
        """The counters: word, count, and the colour's name where there is a reason for one."""
        found = []
        for name, word, colour in COUNTERS:
            count = getattr(self.counters, name)
            found.append((QCoreApplication.translate("SummaryModel", word), count, colour if count else ""))
        counts = self.connections.counts  # last: what has failed is to be seen where there is room for one line
        found += [(state_word(state), counts.get(state, 0), "") for state in STATES]
        return found

    def _forget(self) -> None:
        self.counters, self.timings, self.connections = NOTHING, {}, ConnectionCounts()
        self.changed.emit()
