"""What a recorder does about bytes: a record a chunk, as many bytes of it as the limit leaves room for."""

from __future__ import annotations

from collections.abc import Callable

from .datagram import Datagram
from .facts import Kind
from .request import Request, now
from .rows import HEARD, PIECE, SAID, pack_chunk, pieces
from .silence import Silence

RECEIVED, SENT = int(Kind.RECEIVED), int(Kind.SENT)


class Payload(Silence):
    """The recorder's share of tap.py: `heard` and `said` are called by a tap, the others as hooks."""

    _rouse: Callable[[], None]

    def heard(self, request: Request, data: bytes) -> None:
        size = len(data)
        request.bytes_in = total = request.bytes_in + size
        if request.slot >= 0:
            self._box.received(request.slot, total - size, data)  # type: ignore[union-attr]
        if size <= PIECE and total <= self.payload_limit:
            self.journal(pack_chunk(1, HEARD, 0, size, request.id, request.thread, now()) + data)
        else:
            self._add_pieces(RECEIVED, request, data, now(), self.payload_limit - total + size)
        if self.asleep:
            self._rouse()

    def said(self, request: Request, data: bytes) -> None:
        size = len(data)
        request.bytes_out += size
        request.kept_out = kept = request.kept_out + size
        if size <= PIECE and kept <= self.payload_limit:
            self.journal(pack_chunk(1, SAID, 0, size, request.id, request.thread, now()) + data)
        else:
            self._add_pieces(SENT, request, data, now(), self.payload_limit - kept + size)
        if self.asleep:
            self._rouse()

    def received(self, request: Request, data: bytes, at: int) -> None:
        size, kept = len(data), request.bytes_in
        if request.slot >= 0 and self._box is not None:
            self._box.received(request.slot, kept - size, data)
        self._add_pieces(RECEIVED, request, data, at, self.payload_limit - kept + size)
        if self.asleep:
            self._rouse()

    def sent(self, request: Request, data: bytes, at: int) -> None:
        size = len(data)
        kept = request.kept_out = request.kept_out + size
        if isinstance(request, Datagram):
            self.speak_up(request)
        self._add_pieces(SENT, request, data, at, self.payload_limit - kept + size)
        if self.asleep:
            self._rouse()

    def _add_pieces(self, kind: int, request: Request, data: bytes, at: int, room: int) -> None:
        for record in pieces(kind, request.id, request.thread, at, data, room):
            self.journal(record)
