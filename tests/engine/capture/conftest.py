"""A capture with a writer and a reader on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from engine.capture.reader import CaptureReader
from engine.capture.records import RequestRecord
from engine.capture.writer import CaptureWriter
from engine.channel.codec import Row

from .batches import PID, START, Sending

HOST = 1


class Bench:
    """One capture, one server, one host."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer = CaptureWriter(path)
        self.server = self.add_server("echo")
        self.servers = {1: self.server}
        self.sending = Sending()
        self.reader = CaptureReader(path)

    def add_server(self, name: str, transport: str = "tcp") -> int:
        """A server of this host."""
        profile: Mapping[str, object] = {"name": name}
        return self.writer.add_server(name, "ThreadingTCPServer", transport, "127.0.0.1:9", "Echo", PID, START, profile)

    def feed(self, *rows: Row, sending: Sending | None = None, dropped: int = 0) -> None:
        """One batch, from the host itself unless `sending` is a child's."""
        batch = (sending or self.sending).batch(*rows, dropped=dropped)
        self.writer.feed(HOST, self.servers, batch)

    def commit(self) -> None:
        """As the supervisor does, load included."""
        assert self.writer.commit(final=True), self.writer.fault

    def only(self) -> RequestRecord:
        """The one request, as written."""
        self.commit()
        (record,) = self.reader.requests()
        return record

    def close(self) -> None:
        """Both ends."""
        self.reader.close()
        self.writer.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "test.capture")
    yield bench
    bench.close()
