"""The lines of the Output panel: the capture's, and among them the journal's, in the order in which they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from app.journal import Journal, Note
from app.models.output import Named
from app.text import tr
from engine.capture.reader import CaptureReader, Servers
from engine.capture.records import OutputRecord

OWN = 0


@dataclass(frozen=True)
class Author:
    """Whom a note is about."""

    id: int
    name: str


class OutputLines:
    """What an OutputModel reads of. `key` narrows the notes to one server's, as the model does with the lines."""

    def __init__(self, reader: CaptureReader, journal: Journal) -> None:
        self.key = ""
        self._reader = reader
        self._journal = journal
        self._read = 0
        self._authors: dict[str, int] = {}

    @property
    def wall_offset(self) -> int:
        """As the capture's."""
        return self._reader.wall_offset

    def servers(self) -> Sequence[Named]:
        """Everybody who has lines."""
        own = [Author(number, name or tr("Socketscope")) for name, number in self._authors.items()]
        return [*self._reader.servers(), *own]

    def output(self, servers: Servers, after: int, limit: int) -> list[OutputRecord]:
        """What is new; when the capture alone has a screenful, the notes wait for the next time."""
        lines = self._reader.output(servers, after, limit)
        return lines if len(lines) >= limit else self._merge(lines, after, self._read)

    def last_output(self, servers: Servers, limit: int) -> list[OutputRecord]:
        """The end of everything."""
        return self._merge(self._reader.last_output(servers, limit), 0, 0)

    def _merge(self, lines: list[OutputRecord], after: int, read: int) -> list[OutputRecord]:
        notes = self._journal.since(read)
        if notes:
            self._read = max(self._read, notes[-1].number)
        own = [self._record(note) for note in notes if not self.key or note.key in ("", self.key)]
        return _in_order(sorted([*lines, *own], key=attrgetter("at")), after) if own else lines

    def _record(self, note: Note) -> OutputRecord:
        author = self._authors.setdefault(note.name, -1 - len(self._authors))
        return OutputRecord(0, author, note.at, 0, OWN, note.sentence)


def _in_order(lines: list[OutputRecord], after: int) -> list[OutputRecord]:
    """The model asks for what comes after the last line's number: a note takes that of the line before it."""
    numbered = []
    for line in lines:
        after = max(after, line.id)
        numbered.append(OutputRecord(after, line.server, line.at, line.pid, line.stream, line.line))
    return numbered
