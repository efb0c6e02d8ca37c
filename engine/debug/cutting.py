"""Faults that end something after so many bytes: what is seen, a direction, the connection."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterable, Iterator
from typing import Any

from ..observe.facts import Means
from . import endings
from .injuries import END, IN, OUT, RECEIVED, SENT, START, Injury, Receive

PIECE, MOST_DISCARDED = 1 << 16, 256
"""Bytes read at once, and how often, of what nobody is to see."""


class Counted(Injury):
    """Something happens after so many bytes."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._left = {IN: self.values.get("after", 0), OUT: self.values.get("after", 0)}

    def due(self, way: str) -> bool:
        """Whether it is to happen now, before further bytes pass."""
        return self.goes(way) and not self._left[way]

    def receiving(self, receive: Receive) -> Receive:
        def until(size: int) -> bytes:
            if self.due(IN):
                return self.instead(size, receive)
            data = receive(min(size, self._left[IN]))
            self._left[IN] -= len(data)
            return data

        return until if self.goes(IN) else receive

    def instead(self, size: int, receive: Receive) -> bytes:
        """What the handler reads once it has happened."""
        return b""

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if not self.goes(OUT):
                yield chunk
                continue
            passes = chunk[: self._left[OUT]]
            self._left[OUT] -= len(passes)
            if passes:
                yield passes
            if self.due(OUT):
                yield from self.beyond(chunk[len(passes) :])

    def beyond(self, rest: bytes) -> Iterator[bytes]:
        """What is sent of the rest."""
        return iter(())


class Truncate(Counted):
    """What follows is never seen."""

    means = Means.TRUNCATE
    _receive: Receive | None = None

    def instead(self, size: int, receive: Receive) -> bytes:
        self.tell(f"{RECEIVED} after {self.values['after']} B")
        self._receive = receive
        self.end()
        return b""

    def end(self) -> None:
        # What stayed unread would make the kernel reset the connection.
        receive, left = self._receive, MOST_DISCARDED
        while receive is not None and left and self.delays.readable(self.request.given, 0) and receive(PIECE):
            left -= 1

    def beyond(self, rest: bytes) -> Iterator[bytes]:
        if rest:
            self.tell(f"{SENT} after {self.values['after']} B", len(rest))
        return iter(())

    def datagram(self, data: bytes) -> bytes:
        if not self.goes(IN) or len(data) <= self.values["after"]:
            return data
        self.tell(f"{RECEIVED} {len(data)} → {self.values['after']} B", len(data) - self.values["after"])
        return data[: self.values["after"]]


class HalfClose(Counted):
    """One direction ends, the other goes on."""

    means = Means.HALF_CLOSE

    def _shut(self, how: int, where: str) -> None:
        self.tell(f"{where} after {self.values['after']} B")
        with contextlib.suppress(OSError):  # the peer was quicker
            self.request.given.shutdown(how)

    def instead(self, size: int, receive: Receive) -> bytes:
        self._shut(socket.SHUT_RD, RECEIVED)
        return b""

    def beyond(self, rest: bytes) -> Iterator[bytes]:
        self._shut(socket.SHUT_WR, SENT)
        if rest:
            yield rest  # which the kernel refuses


class Reset(Counted):
    """The connection is reset."""

    means = Means.RST

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._done = False

    def goes(self, way: str) -> bool:
        return bool(self.values["at"] == (RECEIVED if way == IN else SENT))

    def _reset(self, where: str) -> None:
        self._done = True
        self.tell(f"{where} {self.values['after']} B" if self.values["at"] in (RECEIVED, SENT) else where)
        endings.reset(self.request)

    def begin(self) -> None:
        if self.values["at"] == START:
            self._reset("before the handler")

    def end(self) -> None:
        if self.values["at"] == END and not self._done:
            self._reset("after the handler")

    def receiving(self, receive: Receive) -> Receive:
        counted = super().receiving(receive)

        def until(size: int) -> bytes:
            if self._done:
                raise _reset_error()
            return counted(size)

        return until

    def instead(self, size: int, receive: Receive) -> bytes:
        self._reset(f"{RECEIVED}, after")
        raise _reset_error()

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        if self._done:
            raise _reset_error()
        yield from super().sending(chunks)

    def beyond(self, rest: bytes) -> Iterator[bytes]:
        self._reset(f"{SENT}, after")
        raise _reset_error()


def _reset_error() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
