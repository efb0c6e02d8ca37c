"""A program that sends bytes to a server as one or many clients: the demo clients and the test client.

It runs in a process of its own, reads one JSON order from standard input and writes one JSON object a line for what
happens: {"what": "sent|received|closed|failed|ended", "client", "at", "data" (Base64), "sentence"}. The order:

    {transport, address, payloads: [Base64], repeat, clients, interval_ms, half_close, wait, keep_open}

Each client sends the payloads in turn, `interval_ms` after one another, `repeat` times over (0: until told to stop),
each on a connection of its own, or with `keep_open` all on one. `half_close` ends the sending side after the last
payload of a connection, so that the server sees the end. `wait` is how long, in ms, to read then.
"""

from __future__ import annotations

import base64
import errno
import json
import os
import selectors
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

RECEIVE_SIZE = 1 << 16
CONNECT_TIMEOUT = 5.0
DATA_LIMIT = 1 << 14
"""Bytes shown of one piece; an order of the test client is looked at by people."""


@dataclass(frozen=True)
class Order:
    """What to send, and how."""

    transport: str
    address: str | tuple[str, int]
    payloads: tuple[bytes, ...]
    repeat: int = 1
    clients: int = 1
    interval: float = 0.0
    half_close: bool = False
    keep_open: bool = False
    wait: float = 1.0

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Order:
        """Read an order; raises ValueError or KeyError for a bad one."""
        address = data["address"]
        return cls(
            transport=str(data["transport"]),
            address=address if isinstance(address, str) else (str(address[0]), int(address[1])),
            payloads=tuple(base64.b64decode(payload) for payload in data["payloads"]),
            repeat=int(data.get("repeat", 1)),
            clients=max(1, min(int(data.get("clients", 1)), 1000)),
            interval=max(0, float(data.get("interval_ms", 0))) / 1000,
            half_close=bool(data.get("half_close", False)),
            keep_open=bool(data.get("keep_open", False)),
            # A server that was told of the end is waited for; one that was not may wait for us for ever.
            wait=float(data.get("wait", 5000 if data.get("half_close") else 1000)) / 1000,
        )

    @property
    def datagrams(self) -> bool:
        """Whether each payload is a datagram."""
        return self.transport in ("udp", "unixgram")


class Report:
    """Writes events to standard output, whole lines from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __call__(self, what: str, client: int, data: bytes = b"", sentence: str = "") -> None:
        event: dict[str, Any] = {"what": what, "client": client, "at": time.monotonic_ns(), "size": len(data)}
        if data:
            event["data"] = base64.b64encode(data[:DATA_LIMIT]).decode("ascii")
        if sentence:
            event["sentence"] = sentence
        line = (json.dumps(event) + "\n").encode()
        with self._lock:
            os.write(1, line)


class Client:
    """One client: its connections one after the other, its sending and reading."""

    def __init__(self, number: int, order: Order, report: Report, stop: socket.socket) -> None:
        self._number = number
        self._order = order
        self._report = report
        self._stop = stop
        self._directory: str | None = None
        self._due = time.monotonic()

    def run(self) -> None:
        """Everything that was ordered; an error of the network ends this client, not the others."""
        try:
            self._run()
        except OSError as error:
            self._report("failed", self._number, sentence=sentence_for(error, self._order.address))
        finally:
            self._remove_directory()
        self._report("ended", self._number)

    def _run(self) -> None:
        order = self._order
        if not order.keep_open:
            for payload in self._payloads():
                with self._connect() as connection:
                    self._send(connection, payload)
                    self._finish(connection)
            return
        with self._connect() as connection:
            for payload in self._payloads():
                self._send(connection, payload)
            self._finish(connection)

    def _payloads(self) -> Iterator[bytes]:
        """The payloads in turn; each client begins with another one, so that several together show a mixture."""
        payloads = self._order.payloads
        rounds = self._order.repeat * len(payloads) if self._order.repeat else sys.maxsize
        for turn in range(rounds):
            if turn and self._paused():
                return
            self._due = time.monotonic() + self._order.interval
            yield payloads[(turn + self._number) % len(payloads)]

    def _connect(self) -> socket.socket:
        order = self._order
        kind = socket.SOCK_DGRAM if order.datagrams else socket.SOCK_STREAM
        if isinstance(order.address, str):
            connection = socket.socket(socket.AF_UNIX, kind)
            if order.datagrams:
                connection.bind(self._own_path())
        else:
            connection = socket.socket(socket.AF_INET6 if ":" in order.address[0] else socket.AF_INET, kind)
        connection.settimeout(CONNECT_TIMEOUT)
        try:
            connection.connect(_kernel_address(order.address))
        except OSError:
            connection.close()
            raise
        return connection

    def _own_path(self) -> str:
        """Where answers to a Unix datagram are sent."""
        self._remove_directory()
        self._directory = tempfile.mkdtemp(prefix="socketscope-client-")
        return os.path.join(self._directory, "answers")

    def _remove_directory(self) -> None:
        if self._directory is not None:
            path = os.path.join(self._directory, "answers")
            if os.path.exists(path):
                os.unlink(path)
            os.rmdir(self._directory)
            self._directory = None

    def _send(self, connection: socket.socket, payload: bytes) -> None:
        if self._order.datagrams:
            connection.send(payload)
        else:
            connection.sendall(payload)
        self._report("sent", self._number, payload)
        if self._order.keep_open:
            self._read(connection, self._due - time.monotonic())

    def _finish(self, connection: socket.socket) -> None:
        if self._order.half_close and not self._order.datagrams:
            connection.shutdown(socket.SHUT_WR)
        self._read(connection, self._order.wait)
        self._report("closed", self._number)

    def _read(self, connection: socket.socket, seconds: float) -> None:
        """Read for a while; a server that closes ends it sooner, and so does the answer to a datagram."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not _readable(connection, self._stop, left):
                return
            data = connection.recv(RECEIVE_SIZE)
            if not data and not self._order.datagrams:
                return
            self._report("received", self._number, data)
            if self._order.datagrams:
                return

    def _paused(self) -> bool:
        """Wait until the next payload is due; True when the order is to stop."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._stop, selectors.EVENT_READ)
            return bool(selector.select(max(0.0, self._due - time.monotonic())))


def _readable(connection: socket.socket, stop: socket.socket, seconds: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        selector.register(stop, selectors.EVENT_READ)
        ready = {key.fileobj for key, _ in selector.select(seconds)}
    return connection in ready and stop not in ready


def _kernel_address(address: str | tuple[str, int]) -> str | tuple[str, int]:
    return "\0" + address[1:] if isinstance(address, str) and address.startswith("@") else address


def sentence_for(error: OSError, address: str | tuple[str, int]) -> str:
    """Why a client failed, for people."""
    where = address if isinstance(address, str) else f"{address[0]}:{address[1]}"
    if isinstance(error, ConnectionRefusedError):
        return f"Nothing listens at {where}; start the server first."
    if isinstance(error, FileNotFoundError):
        return f"There is no socket {where}; start the server first."
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "The server cut the connection."
    if isinstance(error, TimeoutError):
        return f"{where} did not answer for {CONNECT_TIMEOUT:.0f} s."
    if error.errno == errno.EMSGSIZE:
        return "The payload is too large for one datagram; send less."
    return f"{where}: {error.strerror or error}."


def run(order: Order) -> None:
    """All clients of an order, each in its thread, until they are done or standard input ends."""
    report = Report()
    stop, stopping = socket.socketpair()
    clients = [Client(number, order, report, stop) for number in range(order.clients)]
    threads = [threading.Thread(target=client.run, daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    threading.Thread(target=_stop_with_input, args=(stopping,), daemon=True).start()
    for thread in threads:
        thread.join()


def _stop_with_input(stopping: socket.socket) -> None:
    """The supervisor holds the other end of standard input: its end is the order to stop."""
    while os.read(0, 4096):
        pass
    stopping.send(b"x")


def main() -> int:
    """Read the order (one line) from standard input and carry it out."""
    with os.fdopen(os.dup(0), "rb", buffering=0, closefd=True) as source:
        line = b""
        while not line.endswith(b"\n") and (piece := source.read(1 << 16)):
            line += piece
    try:
        order = Order.from_json(json.loads(line))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        Report()("failed", 0, sentence=f"This order cannot be read: {error}.")
        return 2
    run(order)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
