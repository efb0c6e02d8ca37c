"""The one selection that every panel follows: server, request, stage or chunk, byte range."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from engine.observe.stages import Stage


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `start` up to `end` of what a request received (or sent), counted over its whole stream."""

    received: bool
    start: int
    end: int

    @property
    def size(self) -> int:
        """How many bytes."""
        return self.end - self.start


class Selection(QObject):
    """What is selected. Choosing something on one level forgets the levels below it.

    The signals carry `object` because a request's id may be wider than a C int, and None means "nothing".
    """

    server_changed = Signal(str)
    """Key of the server, "" for none."""
    request_changed = Signal(object)
    """int | None"""
    stage_changed = Signal(object)
    """Stage | None"""
    chunk_changed = Signal(object)
    """int | None: ChunkRecord.id of the chunk's first piece"""
    range_changed = Signal(object)
    """ByteRange | None"""
    pair_changed = Signal(object)
    """tuple[int, int] | None: the two requests that are selected together, the upper first"""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = ""
        self._request: int | None = None
        self._stage: Stage | None = None
        self._chunk: int | None = None
        self._range: ByteRange | None = None
        self._pair: tuple[int, int] | None = None

    @property
    def server(self) -> str:
        """Key of the selected server, "" for none."""
        return self._server

    @property
    def request(self) -> int | None:
        """Capture id of the selected request."""
        return self._request

    @property
    def stage(self) -> Stage | None:
        """Stage selected in the selected request."""
        return self._stage

    @property
    def chunk(self) -> int | None:
        """Id of the selected chunk's first piece."""
        return self._chunk

    @property
    def range(self) -> ByteRange | None:
        """Selected bytes of the selected request."""
        return self._range

    @property
    def pair(self) -> tuple[int, int] | None:
        """Two requests that are selected together."""
        return self._pair

    def select_pair(self, pair: tuple[int, int] | None) -> None:
        """Select two requests to be compared; the one whose details are shown stays."""
        if pair != self._pair:
            self._pair = pair
            self.pair_changed.emit(pair)

    def select_server(self, key: str) -> None:
        """Select a server, and no request."""
        if key == self._server:
            return
        self._server = key
        self.server_changed.emit(key)
        self.select_request(None)

    def select_request(self, request: int | None) -> None:
        """Select a request, and nothing in it yet."""
        if request == self._request:
            return
        self._request = request
        self.request_changed.emit(request)
        self.select_stage(None)
        self.select_chunk(None)

    def select_stage(self, stage: Stage | None) -> None:
        """Select a stage of the request."""
        if stage != self._stage:
            self._stage = stage
            self.stage_changed.emit(stage)

    def select_chunk(self, chunk: int | None) -> None:
        """Select a chunk of the request, and no bytes yet."""
        if chunk != self._chunk:
            self._chunk = chunk
            self.chunk_changed.emit(chunk)
        self.select_range(None)

    def select_range(self, bytes_: ByteRange | None) -> None:
        """Select bytes of the request."""
        if bytes_ != self._range:
            self._range = bytes_
            self.range_changed.emit(bytes_)

    def clear(self) -> None:
        """Select nothing at all."""
        self.select_server("")
        self.select_request(None)
