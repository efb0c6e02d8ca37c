"""The class under examination, in the child: builds servers of it, serves, and talks to them as clients do."""

from __future__ import annotations

import importlib
import itertools
import logging
import mmap
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any

from . import cures
from .records import Cure, NotMeasured, Traits

PATIENCE = 3.0
"""Seconds within which what must happen happens on a busy machine."""

_FAMILIES = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
_ours = importlib.import_module(__name__.partition(".")[0])


def transport_of(kind: type) -> str:
    """tcp, udp, unix or unixgram. Raises NotMeasured for anything else."""
    family, datagrams = getattr(kind, "address_family", None), getattr(kind, "socket_type", None) == socket.SOCK_DGRAM
    if family in _FAMILIES:
        return "udp" if datagrams else "tcp"
    if family == getattr(socket, "AF_UNIX", -1):
        return "unixgram" if datagrams else "unix"
    raise NotMeasured(f"{kind.__name__} is no server class on TCP, UDP or Unix sockets.")


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Look again and again until it is so; False if that took too long."""
    deadline = time.monotonic() + seconds
    tick = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        tick.wait(0.005)
    return True


def took(call: Callable[[], object], limit: float) -> float | None:
    """Seconds that a call took, or None if it has not returned within `limit`. What it raises counts as returning."""
    began = time.monotonic()
    thread = start(call)
    thread.join(limit)
    return None if thread.is_alive() else time.monotonic() - began


def start(call: Callable[[], object]) -> threading.Thread:
    """Call it in a daemon thread, which may die of what it raises."""
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread


class _Client(socket.socket):
    """A client in the server's own process: forked children have a copy of its descriptor, and must not keep it up."""

    def close(self) -> None:
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)
        super().close()


class Tally:
    """Counts what happens, in this process or in those that it forks."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8)

    def add(self) -> None:
        """Once more."""
        self._shared[:] = (self.count + 1).to_bytes(8, "little")

    @property
    def count(self) -> int:
        """How often, or nearly so."""
        return int.from_bytes(self._shared[:], "little")


class Patient:
    """Everything that a check needs of the class: `bases` has the handler classes that belong to it."""

    def __init__(self, kind: type, traits: Traits | None = None, taken: Collection[Cure] = ()) -> None:
        self.kind = cures.cured(kind, taken)
        self._cures = taken
        self.transport = transport_of(kind)
        self._traits = traits
        self.bases = _module_of(kind)
        self._numbers = itertools.count()

    @property
    def traits(self) -> Traits:
        """What the first look has found."""
        assert self._traits is not None
        return self._traits

    def cured_by(self, cure: Cure) -> bool:
        """Whether this cure is on trial."""
        return cure in self._cures

    def server(self, handler: Any, **members: Any) -> Any:
        """A server that is bound and listens, of a subclass with these members."""
        members = {"__module__": __name__, **cures.members_of(self._cures), **members}
        kind = type(self.kind.__name__, (self.kind,), members)
        return kind(self.place(), handler)

    def place(self) -> Any:
        """A new address to bind."""
        if self.transport.startswith("unix"):
            return os.path.join(tempfile.gettempdir(), f"s{next(self._numbers)}")
        return (_FAMILIES[self.kind.address_family], 0)  # type: ignore[attr-defined]  # transport_of has seen it

    def echo(self) -> Any:
        """A handler class that sends back whatever comes."""
        return self.handler(_echo_stream if self.transport in ("tcp", "unix") else _echo_datagram)

    def handler(self, handle: Callable[[Any], None], base: str = "BaseRequestHandler") -> Any:
        """A handler class that does this."""
        return type("Handler", (getattr(self.bases, base),), {"handle": handle})

    def client(self, server: Any) -> socket.socket:
        """A client's socket, connected."""
        sock = self.unconnected(server)
        sock.connect(server.socket.getsockname())
        return sock

    def unconnected(self, server: Any) -> socket.socket:
        """A client's socket, not connected; one for datagrams has a name that can be answered."""
        sock = _Client(server.socket.family, server.socket.type)
        sock.settimeout(PATIENCE)
        if self.transport == "unixgram":
            sock.bind(self.place())
        return sock

    def ask(self, server: Any, data: bytes = b"hello") -> socket.socket:
        """Send and wait for the same to come back; returns the client. Raises NotMeasured if it does not."""
        client = self.client(server)
        client.sendall(data)
        try:
            answer = client.recv(65536)
        except OSError as error:
            raise NotMeasured(f"The server does not answer: {error}.") from error
        if answer != data:
            raise NotMeasured("The server does not pass on what its handler says.")
        return client

    def serve(self, server: Any, poll_interval: float = 0.5) -> threading.Thread:
        """Serve in a thread; returns when the loop has answered a client."""
        thread = start(lambda: server.serve_forever(poll_interval))
        self.ask(server).close()
        return thread


def _echo_stream(handler: Any) -> None:
    while data := handler.request.recv(65536):
        handler.request.sendall(data)


def _echo_datagram(handler: Any) -> None:
    data, sock = handler.request
    sock.sendto(data, handler.client_address)


def _module_of(kind: type) -> ModuleType:
    """Ours or the standard library's: the one whose handlers belong to this class."""
    if any(base.__module__.startswith(_ours.__name__ + ".") for base in kind.__mro__):
        return _ours
    return importlib.import_module("socketserver")


class Ears(logging.Handler):
    """Whatever a server says on its own about what went wrong: to a log, to `handle_error`, or to an observer."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._by = {who: Tally() for who in ("the log", "handle_error", "an observer")}

    @property
    def heard(self) -> list[str]:
        """Who has been told."""
        return [who for who, tally in self._by.items() if tally.count]

    def emit(self, record: logging.LogRecord) -> None:
        """A log line."""
        self._by["the log"].add()

    def listen(self, server: Any) -> None:
        """Listen to this server."""
        if hasattr(server, "add_observer"):
            server.add_observer(self._observer())

    def members(self) -> dict[str, Any]:
        """For the server's class: `handle_error` tells us instead of printing."""
        return {"handle_error": lambda server, request, address: self._by["handle_error"].add()}

    def _observer(self) -> Any:
        heard = self._by["an observer"]

        class Listening(_ours.Observer):  # type: ignore[misc,name-defined]  # this package, by a name it learns late
            def received(self, request: Any, data: bytes, at: int) -> None:
                if getattr(data, "size", len(data)) > len(data):
                    heard.add()

            def worker_ended(self, worker: Any) -> None:
                if worker.status > 0:
                    heard.add()

            def failed(self, request: Any, stage: Any, error: BaseException) -> None:
                heard.add()

        return Listening()


@contextmanager
def ears() -> Iterator[Ears]:
    """Listen to the log."""
    handler = Ears()
    logging.getLogger().addHandler(handler)
    try:
        yield handler
    finally:
        logging.getLogger().removeHandler(handler)


def silence_threads() -> None:
    """Threads may die of what they raise: that is what is being examined."""
    threading.excepthook = lambda arguments: None
    sys.unraisablehook = lambda arguments: None
