"""Plays a playback against a server as a real client would, and keeps what is answered."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ..observe.addresses import address_text
from .clients import sentence_for
from .playback import Playback
from .targets import Address, Target
from .tlsclient import TlsClient

CONNECT_TIMEOUT = 5.0
PATIENCE = 2.0
"""How long nothing may come, seconds, before a client takes that for the end."""
QUIET = 0.25
"""How long an answer is waited for that does not come as it did, before the next chunk is sent."""
MORE = 0.03
"""How long a further datagram is waited for, when as much has come as before."""
RECEIVE_SIZE = 1 << 18
Connection = socket.socket | TlsClient


class Unreachable(ConnectionError):  # noqa: N818 - named after what happened
    """The server could not be talked to; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it. `ended` is closed, reset, or silent (the server left the connection open)."""

    answer: bytes
    local: str
    """The client's address as the server calls its peer."""
    ended: str
    took: int
    """ns from the connection to the last byte of the answer, or to the end if nothing was answered."""


def play(playback: Playback, target: Target, *, at_once: bool = True, patience: float = PATIENCE) -> Played:
    """Send it all again, with the original pauses unless `at_once`. Raises Refused or Unreachable."""
    family, address = target.resolve()
    try:
        with _connected(family, address, target) as connection:
            local = _local(connection)
            talk = _Talk(TlsClient(connection, CONNECT_TIMEOUT) if target.tls else connection, patience)
            if playback.datagrams:
                _send_datagrams(talk, playback, at_once=at_once)
            else:
                _converse(talk, playback, at_once=at_once)
            return Played(bytes(talk.answer), local, talk.ended, talk.took)
    except OSError as error:
        raise Unreachable(sentence_for(error, target.address)) from error


@contextlib.contextmanager
def _connected(family: int, address: Address, target: Target) -> Iterator[socket.socket]:
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(socket.socket(family, target.kind))
        if family == socket.AF_UNIX and target.kind == socket.SOCK_DGRAM:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="socketscope-client-"))
            connection.bind(os.path.join(folder, "answers"))
        connection.settimeout(CONNECT_TIMEOUT)
        connection.connect(address)
        if target.transport == "tcp":
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def _local(connection: socket.socket) -> str:
    return address_text(connection.getsockname()) or f"pid {os.getpid()}"


def _converse(talk: _Talk, playback: Playback, *, at_once: bool) -> None:
    """Each chunk when as much has been answered as before; the end is told when the whole answer has come."""
    began = time.monotonic()
    for step in playback.steps:
        talk.listen(step.awaits, QUIET)
        if not at_once:
            talk.listen_until(began + step.after)
        if not talk.send(step.data):
            break
    talk.listen(len(playback.answer), QUIET)
    talk.half_close()
    talk.listen_to_end()


def _send_datagrams(talk: _Talk, playback: Playback, *, at_once: bool) -> None:
    began = time.monotonic()
    for step in playback.steps:
        if not at_once:
            talk.listen_until(began + step.after)
        talk.send(step.data)
        talk.listen(len(playback.answer) or 1, talk.patience if playback.answer else QUIET)
    talk.listen(1 << 62, MORE)
    talk.ended = "closed"


class _Talk:
    """One connection, which is read while it is written to: a server that answers early must not wait for us."""

    def __init__(self, connection: Connection, patience: float) -> None:
        if isinstance(connection, socket.socket):
            connection.setblocking(False)
        self._connection = connection
        self._is_stream = connection.type == socket.SOCK_STREAM
        self._poll = select.poll()
        self.patience = patience
        self.answer = bytearray()
        self.ended = ""
        self._began = time.monotonic_ns()
        self._last = 0
        if isinstance(connection, TlsClient):
            self._drain()  # what came with the handshake is there already, and nothing would tell of it

    @property
    def took(self) -> int:
        """ns until the last byte of the answer, until now if there is none."""
        return (self._last or time.monotonic_ns()) - self._began

    def send(self, data: bytes) -> bool:
        """Send all of it; False if the server has gone meanwhile."""
        if not self._is_stream:
            self._connection.send(memoryview(data))
            return True
        rest = memoryview(data)
        while rest and not self.ended:
            try:
                rest = rest[self._connection.send(rest) :]
            except BlockingIOError:
                self._wait(self.patience, select.POLLIN | select.POLLOUT)
            except (BrokenPipeError, ConnectionResetError):
                self._drain()
                self.ended = "reset"
        return not self.ended

    def listen(self, total: int, quiet: float) -> None:
        """Until the answer has this many bytes, or nothing has come for so many seconds, or there will be no more."""
        while len(self.answer) < total and not self.ended:
            if not self._wait(quiet, select.POLLIN):
                return

    def listen_until(self, moment: float) -> None:
        """Until this time of the monotonic clock."""
        while not self.ended and (left := moment - time.monotonic()) > 0:
            self._wait(left, select.POLLIN)

    def listen_to_end(self) -> None:
        """Until the server closes, or has been silent for long."""
        while not self.ended:
            if not self._wait(self.patience, select.POLLIN):
                self.ended = "silent"

    def half_close(self) -> None:
        """Tell the server that no more will come; a TLS connection says so in its own words."""
        with contextlib.suppress(OSError):
            if isinstance(self._connection, TlsClient):
                self._connection.end()
            else:
                self._connection.shutdown(socket.SHUT_WR)

    def _wait(self, seconds: float, events: int) -> bool:
        """Wait, and take what has come; False if time has passed."""
        self._poll.register(self._connection, events)
        if not self._poll.poll(max(0.0, seconds) * 1000):
            return False
        self._drain()
        return True

    def _drain(self) -> None:
        while not self.ended:
            try:
                data = self._connection.recv(RECEIVE_SIZE)
            except BlockingIOError:
                return
            except (ConnectionResetError, BrokenPipeError):
                self.ended = "reset"
                return
            if data or not self._is_stream:
                self.answer += data
                self._last = time.monotonic_ns()
            else:
                self.ended = "closed"
