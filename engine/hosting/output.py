"""Drains what a host prints: whole lines of bounded length, of a flood only as many as anybody could read."""

from __future__ import annotations

import os
from dataclasses import dataclass

READ_SIZE = 1 << 16
READS_AT_ONCE = 16
LINE_LIMIT = 4096
LINES_PER_SECOND = 10_000
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line, or (stream 0) our word about lines that were left out."""

    at: int
    stream: int
    text: str


class LineDrain:
    """Reads one pipe without waiting. `ended`: nobody holds the other end any more."""

    def __init__(self, fd: int, stream: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._stream = stream
        self._rest = bytearray()
        self._window = 0
        self._taken = 0
        self._left_out = 0
        self.total = 0
        self.ended = False

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._fd

    def receive(self, at: int) -> list[Line]:
        """The lines that have arrived."""
        lines = self._left_out_line(at)
        for _ in range(READS_AT_ONCE):
            data = self._read()
            if not data:
                break
            self.total += len(data)
            lines += self._split(data, at)
        if self.ended:
            lines += self._take([bytes(self._rest)] if self._rest else [], at)
            self._rest.clear()
            lines += self._left_out_line(at, finish=True)
        return lines

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._fd)

    def _read(self) -> bytes:
        try:
            data = os.read(self._fd, READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError:
            data = b""
        self.ended = not data
        return data

    def _split(self, data: bytes, at: int) -> list[Line]:
        if self._taken >= LINES_PER_SECOND and at - self._window <= SECOND:
            return self._skip(data)
        *whole, rest = data.split(b"\n")
        if whole:
            whole[0] = bytes(self._rest) + whole[0]
            self._rest = bytearray(rest)
        else:
            self._rest += rest
        if len(self._rest) > LINE_LIMIT:
            whole.append(bytes(self._rest))
            self._rest.clear()
        return self._take(whole, at)

    def _skip(self, data: bytes) -> list[Line]:
        """A flood is counted, not cut into lines."""
        self._left_out += data.count(b"\n")
        end = data.rfind(b"\n")
        self._rest = bytearray(data[end + 1 :] if end >= 0 else b"")
        return []

    def _take(self, lines: list[bytes], at: int) -> list[Line]:
        if at - self._window > SECOND:
            self._window = at
            self._taken = 0
        room = max(0, LINES_PER_SECOND - self._taken)
        self._taken += min(len(lines), room)
        self._left_out += max(0, len(lines) - room)
        return [Line(at, self._stream, _text(line)) for line in lines[:room]]

    def _left_out_line(self, at: int, *, finish: bool = False) -> list[Line]:
        if not self._left_out or not (finish or at - self._window > SECOND):
            return []
        count, self._left_out = self._left_out, 0
        name = "standard output" if self._stream == 1 else "standard error"
        return [Line(at, 0, f"{count} more lines of {name} were left out: more than {LINES_PER_SECOND} in a second.")]


def _text(line: bytes) -> str:
    """As text that every store takes; hostile characters stay what they are."""
    cut = line[:LINE_LIMIT].removesuffix(b"\r").decode("utf-8", "backslashreplace")
    return f"{cut}… ({len(line) - LINE_LIMIT} bytes more)" if len(line) > LINE_LIMIT else cut
