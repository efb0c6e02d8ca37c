"""Drives the headless commands as a person would: real processes, real sockets, no waiting by the clock."""

from __future__ import annotations

import base64
import contextlib
import json
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.capture.reader import CaptureReader
from engine.capture.records import RequestRecord

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = f"import sys; sys.path[0] = {str(ROOT)!r}; from engine.cli import main; sys.exit(main(sys.argv[1:]))"
DEADLINE = 20.0


def command(*words: str) -> list[str]:
    """The command line of `socketscope WORDS`."""
    return [sys.executable, "-c", PROGRAM, *words]


def call(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(command(*words), cwd=cwd, capture_output=True, text=True, timeout=DEADLINE, check=False)


class Running:
    """A command that goes on until it is told to stop."""

    def __init__(self, *words: str, cwd: Path | None = None) -> None:
        self._process = subprocess.Popen(command(*words), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pid = self._process.pid
        self.code: int | None = None
        self.errors = ""

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.code is None:
            self.stop(signal.SIGKILL)

    def line(self) -> str:
        """The next line of standard output."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], DEADLINE)[0]:
            raise TimeoutError("The command says nothing.")
        text = self._process.stdout.readline().decode()
        if not text:
            self.stop(signal.SIGKILL)
            raise AssertionError(f"The command ended: {self.errors}")
        return text

    def item(self) -> dict[str, Any]:
        """The next line as JSON."""
        found: dict[str, Any] = json.loads(self.line())
        return found

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end."""
        _, errors = self._process.communicate(timeout=DEADLINE)
        self.errors = errors.decode()
        self.code = self._process.returncode
        return self.code


def wait_closed(capture: Path, count: int = 1) -> None:
    """Wait until so many requests of a capture that is being written are over."""

    def closed() -> bool:
        with CaptureReader(capture) as reader:
            return sum(request.closed is not None for request in reader.requests()) >= count

    until(closed)


def requests_of_whole(capture: Path) -> list[RequestRecord]:
    """The requests of a capture that is whole: one file, sound, nothing still open, every fact accounted for."""
    assert not Path(f"{capture}-wal").exists()
    with contextlib.closing(sqlite3.connect(capture)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with CaptureReader(capture) as reader:
        requests, totals = reader.requests(), reader.totals()
    assert all(request.closed is not None and not request.state.live for request in requests)
    assert totals.emitted == totals.recorded + totals.dropped
    return requests


def port_of(address: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:9009`."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def show(capture: Path | str, *words: str) -> list[dict[str, Any]]:
    """The requests of a capture with their bytes."""
    done = call("show", "--json", "--bytes", *words, str(capture))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def data_of(request: dict[str, Any], direction: str) -> bytes:
    """All bytes of one direction."""
    return b"".join(base64.b64decode(c["data"]) for c in request["chunks"] if c["direction"] == direction)


def talk(kind: int, address: str | tuple[str, int], data: bytes, own_path: Path | None = None) -> tuple[str, bytes]:
    """Send, half-close if it is a stream, and read all there is; returns our name and the answer."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family, kind) as client:
        client.settimeout(DEADLINE)
        if own_path is not None:
            client.bind(str(own_path))
        client.connect(address)
        name = client.getsockname()
        client.sendall(data)
        if kind == socket.SOCK_DGRAM:
            return _name(name), client.recv(65536)
        client.shutdown(socket.SHUT_WR)
        return _name(name), b"".join(iter(lambda: client.recv(65536), b""))


def _name(address: Any) -> str:
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address)


def until(condition: Callable[[], bool], seconds: float = DEADLINE) -> float:
    """Look again and again until it is so; returns after how long it was."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError("It never came to be.")
        select.select([], [], [], 0.005)
    return time.monotonic() - began


def alive(pids: Sequence[int]) -> list[int]:
    """Those processes that still run; dead ones that nobody collected yet do not."""
    return [pid for pid in pids if _letter(pid) not in ("", "Z", "X")]


def _letter(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
