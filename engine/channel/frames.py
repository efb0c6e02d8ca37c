"""Orders and ticks between processes: a length in four bytes, then one JSON object."""

from __future__ import annotations

import json
import socket
from collections import deque
from typing import Any

from .codec import DamagedFrame

LIMIT = 1 << 20
"""Bytes of one frame's JSON."""
UNSENT_LIMIT = 16 << 20
AT_ONCE = 1 << 20
PREFIX = 4


def encode_frame(message: dict[str, Any]) -> bytes:
    """One frame. Raises ValueError if it is larger than LIMIT or holds what JSON does not know."""
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")
    if len(body) > LIMIT:
        raise ValueError(f"A message of {len(body)} bytes; at most {LIMIT} go into a frame.")
    return len(body).to_bytes(PREFIX, "big") + body


def send_frame(sock: socket.socket, message: dict[str, Any]) -> None:
    """Send one frame over a stream socket, waiting as long as the socket is set to wait."""
    sock.sendall(encode_frame(message))


class FrameReader:
    """Puts frames together from whatever pieces a stream delivers; holds at most one unfinished frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes | bytearray | memoryview) -> list[dict[str, Any]]:
        """The messages that these bytes complete. After DamagedFrame the stream is of no more use."""
        self._buffer += data
        messages: list[dict[str, Any]] = []
        start = 0
        while (end := self._end(start)) is not None:
            messages.append(json_object(self._buffer[start + PREFIX : end]))
            start = end
        del self._buffer[:start]
        return messages

    def _end(self, start: int) -> int | None:
        head = self._buffer[start : start + PREFIX]
        if len(head) < PREFIX:
            return None
        size = int.from_bytes(head, "big")
        if size > LIMIT:
            raise DamagedFrame(f"A frame of {size} bytes; at most {LIMIT} are allowed.")
        end = start + PREFIX + size
        return end if end <= len(self._buffer) else None


def json_object(body: bytes | bytearray) -> dict[str, Any]:
    """What a frame carries. Raises DamagedFrame."""
    try:
        message = json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DamagedFrame("A frame that is not JSON.") from error
    if not isinstance(message, dict):
        raise DamagedFrame("A frame that is not a JSON object.")
    return message


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")


class JsonChannel:
    """A stream socket that carries JSON frames both ways without ever waiting.

    `ended` turns true when the other side has gone. What cannot be sent at once is kept: call `flush` when the
    descriptor becomes writable, as long as `unsent` is not 0.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._reader = FrameReader()
        self._queue: deque[memoryview] = deque()
        self.unsent = 0
        self.ended = False
        self._deaf = False

    def fileno(self) -> int:
        """The descriptor to wait for; -1 once closed."""
        return self._socket.fileno()

    def send(self, message: dict[str, Any]) -> bool:
        """Send, or keep for later. False: too much is waiting or nobody listens, and the message was not taken."""
        frame = encode_frame(message)
        if self._deaf or self.unsent + len(frame) > UNSENT_LIMIT:
            return False
        self._queue.append(memoryview(frame))
        self.unsent += len(frame)
        self.flush()
        return True

    def flush(self) -> bool:
        """Send what the socket takes now; returns whether everything has left."""
        while self._queue:
            try:
                sent = self._socket.send(self._queue[0], socket.MSG_NOSIGNAL)
            except (BlockingIOError, InterruptedError):
                return False
            except OSError:
                self._stop_sending()  # what the other side sent before it went can still be read
                return False
            self._sent(sent)
        return not self._queue

    def receive(self) -> list[dict[str, Any]]:
        """The messages that have arrived. Raises DamagedFrame if the other side does not keep to the form."""
        messages: list[dict[str, Any]] = []
        read = 0
        while not self.ended and read < AT_ONCE:
            try:
                data = self._socket.recv(1 << 16)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                data = b""
            if not data:
                self.ended = True
                self._stop_sending()
                break
            read += len(data)
            messages += self._reader.feed(data)
        return messages

    def close(self) -> None:
        """Close the socket."""
        self.ended = True
        self._stop_sending()
        self._socket.close()

    def _sent(self, count: int) -> None:
        self.unsent -= count
        if count == len(self._queue[0]):
            self._queue.popleft()
        else:
            self._queue[0] = self._queue[0][count:]

    def _stop_sending(self) -> None:
        self._deaf = True
        self._queue.clear()
        self.unsent = 0
