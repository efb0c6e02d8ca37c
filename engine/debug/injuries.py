"""What faults do to a request: one class a kind; an injury is one fault at work on one request.

An injury changes what the handler reads by wrapping the call that reads, and what it sends by passing chunks on in its
own way. So several compose: each sees what the one before it has left.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import math
import os
import socket
import termios
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random
from typing import Any

from ..observe.facts import Means
from ..observe.request import Request, now
from . import endings
from .delays import Delays
from .parameters import read_offsets

IN, OUT, BOTH = "in", "out", "both"
START, RECEIVED, SENT, END = "start", "received", "sent", "end"
MOST_TOLD = 20
"""Delays of one request that are told; there may be thousands."""

PIECE, MOST_DISCARDED = 1 << 16, 256
"""Bytes read at once, and how often, of what nobody is to see."""

Receive = Callable[[int], bytes]


class Injury:
    """Nothing is done here; subclasses override what they want to do something in."""

    means: Means

    def __init__(self, request: Request, values: Mapping[str, Any], seed: str, delays: Delays) -> None:
        self.request = request
        self.values = values
        self.delays = delays
        self.dice = {way: Random(f"{seed}/{way}") for way in (IN, OUT)}
        """Each way has its own: how many draws the other makes changes nothing."""
        self._told = 0

    def goes(self, way: str) -> bool:
        """Whether it is for bytes that come in, or go out."""
        return self.values.get("way", BOTH) in (way, BOTH)

    def tell(self, detail: str, amount: int = 0, *, most: int = 1) -> None:
        """Tell what is done to the request, the first few times."""
        if self._told < most:
            self._told += 1
            self.request.touched(self.means, detail, amount)

    def begin(self) -> None:
        """In the worker, before the handler."""

    def datagram(self, data: bytes) -> bytes:
        """A datagram has arrived: what becomes of it."""
        return data

    def receiving(self, receive: Receive) -> Receive:
        """How the handler reads."""
        return receive

    def room(self, size: int) -> int:
        """How many bytes of that many one `send` takes."""
        return size

    def sending(self, chunks: Iterable[bytes]) -> Iterable[bytes]:
        """What goes out instead of these chunks; whoever asks for the next has sent the one before."""
        return chunks

    def left(self) -> bytes:
        """What was to be sent and has been kept back; it goes out now."""
        return b""

    def end(self) -> None:
        """In the worker, after the handler."""


class Latency(Injury):
    """Everything takes longer."""

    means = Means.LATENCY
    _late = 0
    """Bytes that arrived with others, and have been waited for with those."""

    def _wait(self, where: str, way: str) -> None:
        jitter = self.values["jitter"]
        seconds = max(0.0, self.values["time"] + self.dice[way].uniform(-jitter, jitter))
        self.tell(where, int(seconds * 1e9), most=MOST_TOLD)
        self.delays.wait(seconds)

    def begin(self) -> None:
        datagram = isinstance(self.request.given, tuple)
        if self.values["at"] == START or (datagram and self.values["at"] == RECEIVED):
            self._wait(START, IN)

    def receiving(self, receive: Receive) -> Receive:
        def slowly(size: int) -> bytes:
            data = receive(size)
            if data and self._late < len(data):
                self._late = _arrived(self.request.given) + len(data)
                self._wait(RECEIVED, IN)
            self._late -= len(data)
            return data

        return slowly if self.values["at"] == RECEIVED else receive

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self.values["at"] == SENT:
                self._wait(SENT, OUT)
            yield chunk


def _arrived(sock: Any) -> int:
    """How many bytes wait to be read."""
    pending = getattr(sock, "pending", None)
    if pending is not None:  # TLS decides what they are
        return int(pending())
    number = array("i", [0])
    fcntl.ioctl(sock.fileno(), termios.FIONREAD, number)
    return number[0]


class Bandwidth(Injury):
    """Bytes trickle, as many a second as are allowed."""

    means = Means.BANDWIDTH

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._free = {IN: 0, OUT: 0}
        """When the line is free again, ns."""
        self._slice = max(1, int(self.values["rate"]) // 20)

    def _pass(self, size: int, way: str) -> None:
        at = now()
        self._free[way] = max(at, self._free[way]) + int(size * 1e9 / self.values["rate"])
        self.tell(f"{self.values['rate']:.0f} B/s", self._free[way] - at)
        self.delays.wait((self._free[way] - at) / 1e9)

    def begin(self) -> None:
        if isinstance(self.request.given, tuple) and self.goes(IN):
            self._pass(len(self.request.given[0]), IN)

    def receiving(self, receive: Receive) -> Receive:
        def slowly(size: int) -> bytes:
            data = receive(min(size, self._slice))
            if data:
                self._pass(len(data), IN)
            return data

        return slowly if self.goes(IN) else receive

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        datagram = isinstance(self.request.given, tuple)
        for chunk in chunks:
            size = max(1, len(chunk)) if datagram or not self.goes(OUT) else self._slice
            for start in range(0, len(chunk) or 1, size):
                if self.goes(OUT):
                    self._pass(len(chunk[start : start + size]), OUT)
                yield chunk[start : start + size]


class Split(Injury):
    """Chunks come, and go, in pieces."""

    means = Means.SPLIT

    def receiving(self, receive: Receive) -> Receive:
        most = self.values["size"]

        def little(size: int) -> bytes:
            data = receive(min(size, most))
            if len(data) == most < size:
                self.tell(f"{most} B")
            return data

        return little if self.goes(IN) else receive

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        size = self.values["size"]
        for chunk in chunks:
            if len(chunk) <= size or not self.goes(OUT):
                yield chunk
                continue
            self.tell(f"{size} B")
            with contextlib.suppress(OSError):  # a Unix socket does not wait for more anyway
                self.request.given.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for start in range(0, len(chunk), size):
                if start:
                    self.delays.wait(self.values["gap"])
                yield chunk[start : start + size]


class Merge(Injury):
    """Chunks are put together."""

    means = Means.MERGE

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._kept = bytearray()

    def receiving(self, receive: Receive) -> Receive:
        def much(size: int) -> bytes:
            data = receive(size)
            wanted, ends = min(size, self.values["size"]), now() + int(self.values["within"] * 1e9)
            while data and len(data) < wanted and (left := ends - now()) > 0:
                if not self.delays.readable(self.request.given, left / 1e9) or not (more := receive(size - len(data))):
                    break
                self.tell(f"{RECEIVED} {len(data)} + {len(more)} B")
                data += more
            return data

        return much if self.goes(IN) else receive

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if not self.goes(OUT):
                yield chunk
                continue
            if self._kept:
                self.tell(f"{SENT} {len(self._kept)} + {len(chunk)} B")
            self._kept += chunk
            if len(self._kept) >= self.values["size"]:
                yield self.left()

    def left(self) -> bytes:
        kept, self._kept = bytes(self._kept), bytearray()
        return kept


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


class Corrupt(Injury):
    """Bits are flipped: at the offsets that are given, else at so many of all. Where, does not depend on chunks."""

    means = Means.CORRUPT

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._at = {IN: 0, OUT: 0}
        self._offsets = frozenset(read_offsets(self.values["offsets"]))
        self._next = {way: self._skip(way) for way in (IN, OUT)}

    def _skip(self, way: str) -> int:
        """How many bytes pass unharmed."""
        rate = self.values["rate"]
        if rate >= 1:
            return 0
        return int(math.log(1 - self.dice[way].random()) / math.log(1 - rate)) if rate > 0 else 1 << 62

    def _spoil(self, data: bytes, way: str) -> bytes:
        spoilt, start = bytearray(data), self._at[way]
        self._at[way] += len(data)
        if self._offsets:
            hit = [at - start for at in self._offsets if start <= at < start + len(data)]
        else:
            hit = []
            while self._next[way] < start + len(data):
                hit.append(self._next[way] - start)
                self._next[way] += 1 + self._skip(way)
        for at in sorted(hit):
            spoilt[at] ^= 1 << self.dice[way].randrange(8)
        if hit:
            first = start + min(hit)
            self.tell(f"{RECEIVED if way == IN else SENT} byte {first}" + (" ff." if len(hit) > 1 else ""), len(hit))
        return bytes(spoilt)

    def datagram(self, data: bytes) -> bytes:
        return self._spoil(data, IN) if self.goes(IN) else data

    def receiving(self, receive: Receive) -> Receive:
        return (lambda size: self._spoil(receive(size), IN)) if self.goes(IN) else receive

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            yield self._spoil(chunk, OUT) if self.goes(OUT) else chunk


class ShortWrite(Injury):
    """`send` takes less than it is given."""

    means = Means.SHORT_WRITE

    def room(self, size: int) -> int:
        if size > self.values["size"]:
            self.tell(f"{size} → {self.values['size']} B")
        return min(size, int(self.values["size"]))
