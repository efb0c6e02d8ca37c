"""The chunks of the selected request as a table: when, which way, how many bytes, how they begin."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.models.columns import RIGHT, Column, Moment
from app.models.conversation import EMPTY, Chunk, Conversation, converse
from app.models.damage import Damage
from app.models.recordtable import RecordTable
from app.text import QT_TRANSLATE_NOOP, clock, milliseconds, number, safe_text
from engine.capture.reader import CaptureReader
from engine.capture.records import RequestRecord

FIRST_BYTES = 65536
"""Loaded at first; "load more" asks for the rest."""
EVERYTHING = 1 << 40
BEGINNING = 48

CHUNK_COLUMNS: tuple[Column[Chunk], ...] = (
    Column(
        "way",
        QT_TRANSLATE_NOOP("ChunksModel", "way"),
        QT_TRANSLATE_NOOP("ChunksModel", "← received by the server, → sent by it"),
        44,
        lambda c, m: "← in" if c.received else "→ out",
    ),
    Column(
        "time",
        QT_TRANSLATE_NOOP("ChunksModel", "time"),
        QT_TRANSLATE_NOOP("ChunksModel", "Time of day"),
        112,
        lambda c, m: clock(c.at, m.wall_offset),
        mono=True,
    ),
    Column(
        "after",
        QT_TRANSLATE_NOOP("ChunksModel", "+ms"),
        QT_TRANSLATE_NOOP("ChunksModel", "Milliseconds after the request was accepted"),
        72,
        lambda c, m: milliseconds(max(0, c.at - m.now)),
        align=RIGHT,
        mono=True,
    ),
    Column(
        "size",
        QT_TRANSLATE_NOOP("ChunksModel", "bytes"),
        QT_TRANSLATE_NOOP("ChunksModel", "Bytes of one recv or send, or of one datagram"),
        72,
        lambda c, m: number(c.size),
        align=RIGHT,
        mono=True,
    ),
    Column(
        "begin",
        QT_TRANSLATE_NOOP("ChunksModel", "begins with"),
        QT_TRANSLATE_NOOP("ChunksModel", "The first bytes as text, control characters escaped"),
        240,
        lambda c, m: safe_text(c.data[:BEGINNING]),
        mono=True,
    ),
)


class ChunksModel(RecordTable[Chunk]):
    """The conversation of one request, as far as it is loaded."""

    conversation_changed = Signal(Conversation)

    def __init__(self, reader: CaptureReader | None = None, parent: QObject | None = None) -> None:
        super().__init__(CHUNK_COLUMNS, "ChunksModel", parent)
        self.conversation = EMPTY
        self.damage = Damage(self)
        self._reader = reader
        self._record: RequestRecord | None = None
        self._limit = FIRST_BYTES

    def set_reader(self, reader: CaptureReader | None) -> None:
        """Show another capture."""
        self.damage.forget()
        self._reader = reader
        self.set_request(None)

    def set_request(self, request: int | None) -> None:
        """Show one request's chunks, from the first 64 KiB on."""
        self._limit = FIRST_BYTES
        self._record = None
        with self.damage.noticed():
            self._record = None if request is None or self._reader is None else self._reader.request(request)
        self._load()

    def refresh(self) -> None:
        """Look whether the request has got more bytes; cheap when it has closed."""
        before = self._record
        if before is None or self._reader is None or before.closed is not None:
            return
        with self.damage.noticed():
            self._record = self._reader.request(before.id) or before
        if self._record and (self._record.bytes_in, self._record.bytes_out) != (before.bytes_in, before.bytes_out):
            self._load()

    def load_more(self) -> None:
        """Load the rest of a large conversation."""
        self._limit = EVERYTHING
        self._load()

    @property
    def loaded_all(self) -> bool:
        """Whether every stored byte is here."""
        return sum(len(chunk.data) for chunk in self.conversation.chunks) < self._limit

    def _load(self) -> None:
        self.conversation = EMPTY
        if self._record is not None and self._reader is not None:
            with self.damage.noticed():
                chunks = self._reader.chunks(self._record.id, self._limit)
                self.moment = Moment(self._record.opened, self._reader.wall_offset)
                self.conversation = converse(self._record.opened, chunks)
        self.replace(self.conversation.chunks)
        self.conversation_changed.emit(self.conversation)
