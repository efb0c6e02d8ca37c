"""The Debug Adapter Protocol over a stream socket, without ever waiting: requests out, answers and events in."""

from __future__ import annotations

import itertools
import json
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from .codec import DamagedFrame
from .frames import json_object

HEAD = b"Content-Length:"
END = b"\r\n\r\n"
HEAD_LIMIT = 512
LIMIT = 4 << 20
"""Bytes of one message."""
UNSENT_LIMIT = 4 << 20
AT_ONCE = 1 << 20

Body = dict[str, Any]
Answer = Callable[[Body | None, str], None]
"""Called with an answer's body, or with None and why there is none."""


class DapReader:
    """Puts messages together from whatever pieces a stream delivers."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Body]:
        """The messages that these bytes complete. After DamagedFrame the stream is of no more use."""
        self._buffer += data
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> Body | None:
        end = self._buffer.find(END)
        if end < 0:
            if len(self._buffer) > HEAD_LIMIT:
                raise DamagedFrame("A message without a head.")
            return None
        size = _size(bytes(self._buffer[:end]))
        start = end + len(END)
        if len(self._buffer) < start + size:
            return None
        body = bytes(self._buffer[start : start + size])
        del self._buffer[: start + size]
        return json_object(body)


def _size(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.startswith(HEAD):
            digits = line[len(HEAD) :].strip()
            if digits.isdigit() and len(digits) < 9 and int(digits) <= LIMIT:
                return int(digits)
    raise DamagedFrame("A message whose head tells no length that is allowed.")


def encode_message(message: Body) -> bytes:
    """One message with its head."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


class DapChannel:
    """One line to a debugger. `ended` turns true when the other side has gone; open questions are then answered.

    What cannot be sent at once is kept: call `flush` when the descriptor becomes writable, as long as `unsent`.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._reader = DapReader()
        self._queue: deque[memoryview] = deque()
        self._numbers = itertools.count(1)
        self._asked: dict[int, Answer] = {}
        self.unsent = 0
        self.ended = False

    def fileno(self) -> int:
        """The descriptor to wait for; -1 once closed."""
        return self._socket.fileno()

    def ask(self, command: str, answer: Answer | None = None, **arguments: Any) -> None:
        """Send a request; its answer comes later."""
        number = next(self._numbers)
        data = encode_message({"seq": number, "type": "request", "command": command, "arguments": arguments})
        if self.ended or self.unsent + len(data) > UNSENT_LIMIT:
            if answer is not None:
                answer(None, "The debugger does not listen any more.")
            return
        if answer is not None:
            self._asked[number] = answer
        self._queue.append(memoryview(data))
        self.unsent += len(data)
        self.flush()

    def flush(self) -> None:
        """Send what the socket takes now."""
        while self._queue:
            try:
                sent = self._socket.send(self._queue[0], socket.MSG_NOSIGNAL)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self._queue.clear()
                self.unsent = 0
                return
            self.unsent -= sent
            if sent == len(self._queue[0]):
                self._queue.popleft()
            else:
                self._queue[0] = self._queue[0][sent:]

    def receive(self) -> list[Body]:
        """The events that have arrived; answers go where they were asked for. Raises DamagedFrame."""
        events, read = [], 0
        while not self.ended and read < AT_ONCE:
            try:
                data = self._socket.recv(1 << 16)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                data = b""
            if not data:
                self._end()
                break
            read += len(data)
            for message in self._reader.feed(data):
                if message.get("type") == "response":
                    self._answer(message)
                elif message.get("type") == "event":
                    events.append(message)
        return events

    def close(self) -> None:
        """Close the socket; nobody answers any more."""
        self._end()
        self._socket.close()

    def _answer(self, message: Body) -> None:
        number = message.get("request_seq")
        answer = self._asked.pop(number, None) if isinstance(number, int) else None
        if answer is None:
            return
        body = message.get("body") or {}
        if message.get("success") and isinstance(body, dict):
            answer(body, "")
        else:
            answer(None, str(message.get("message") or "The debugger refused."))

    def _end(self) -> None:
        self.ended = True
        asked, self._asked = self._asked, {}
        for answer in asked.values():
            answer(None, "The process has ended.")
