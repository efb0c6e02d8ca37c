"""What a recorder does about bytes: a record a chunk, as many bytes of it as the limit leaves room for."""

from __future__ import annotations

from collections.abc import Callable

from .datagram import Datagram
from .facts import Kind
from .request import Request
from .rows import pieces
from .untold import Untold

RECEIVED, SENT = int(Kind.RECEIVED), int(Kind.SENT)


class Payload(Untold):
    """The recorder's share of tap.py, of requests that keep no notes."""

    _rouse: Callable[[], None]

    def received(self, request: Request, data: bytes, at: int) -> None:
        size, kept = len(data), request.bytes_in
        if request.slot >= 0 and self.box is not None:
            self.box.received(request.slot, kept - size, data)
        self._add_pieces(RECEIVED, request, data, at, self.payload_limit - kept + size)
        if self.asleep:
            self._rouse()

    def sent(self, request: Request, data: bytes, at: int) -> None:
        size, kept = len(data), request.bytes_out - request.unseen
        if isinstance(request, Datagram):
            self.speak_up(request)
        self._add_pieces(SENT, request, data, at, self.payload_limit - kept + size)
        if self.asleep:
            self._rouse()

    def _add_pieces(self, kind: int, request: Request, data: bytes, at: int, room: int) -> None:
        for record in pieces(kind, request.id, request.thread, at, data, room, request.took):
            self.journal(record)
