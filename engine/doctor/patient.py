"""The class under examination, in the child: builds servers of it, serves, and talks to them as clients do."""

from __future__ import annotations

import importlib
import itertools
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from types import ModuleType
from typing import Any

from . import cures, security
from .records import Cure, NotMeasured, Traits
from .waiting import PATIENCE, start

_FAMILIES = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1", socket.AF_UNSPEC: "127.0.0.1"}
_numbers = itertools.count()
_ours = importlib.import_module(__name__.partition(".")[0])


def transport_of(kind: type) -> str:
    """tcp, udp, unix or unixgram. Raises NotMeasured for anything else."""
    family, datagrams = getattr(kind, "address_family", None), getattr(kind, "socket_type", None) == socket.SOCK_DGRAM
    if family in _FAMILIES:
        return "udp" if datagrams else "tcp"
    if family == getattr(socket, "AF_UNIX", -1):
        return "unixgram" if datagrams else "unix"
    raise NotMeasured(f"{kind.__name__} is no server class on TCP, UDP or Unix sockets.")


class Patient:
    """Everything that a check needs of the class: `bases` has the handler classes that belong to it."""

    def __init__(
        self, kind: type, traits: Traits | None = None, taken: Collection[Cure] = (), *, tls: str = ""
    ) -> None:
        """`tls`: how it speaks TLS, if nobody has looked yet."""
        self.kind = cures.cured(kind, taken)
        self._cures = taken
        self.transport = transport_of(kind)
        self._traits = traits
        self._tls = traits.tls if traits else tls
        self._context = security.server_context() if self._tls in (security.CONTEXT, security.LISTENER) else None
        self._guests: list[socket.socket] = []
        self.bases = _module_of(kind)

    @property
    def traits(self) -> Traits:
        """What the first look has found."""
        assert self._traits is not None
        return self._traits

    def cured_by(self, cure: Cure) -> bool:
        """Whether this cure is on trial."""
        return cure in self._cures

    def server(self, handler: Any, place: Any = None, **members: Any) -> Any:
        """A server that is bound, to a new place unless told, and listens, of a subclass with these members."""
        members = {"__module__": __name__, **cures.members_of(self._cures), **members}
        if self._tls == security.CONTEXT:
            members["ssl_context"] = self._context
        kind = type(self.kind.__name__, (self.kind,), members)
        server = kind(self.place() if place is None else place, handler)
        if self._tls == security.LISTENER and self._context is not None:
            security.wrap_listener(server, self._context)
        return server

    def place(self) -> Any:
        """A new address to bind."""
        if self.transport.startswith("unix"):
            return os.path.join(tempfile.gettempdir(), f"s{next(_numbers)}")
        return (_FAMILIES[self.kind.address_family], 0)  # type: ignore[attr-defined]  # transport_of has seen it

    def echo(self) -> Any:
        """A handler class that sends back whatever comes."""
        return self.handler(_echo_stream if self.transport in ("tcp", "unix") else _echo_datagram)

    def handler(self, handle: Callable[[Any], None], base: str = "BaseRequestHandler") -> Any:
        """A handler class that does this."""
        return type("Handler", (getattr(self.bases, base),), {"handle": handle})

    # -- clients -------------------------------------------------------------------------------------------------------

    def unconnected(self, server: Any) -> socket.socket:
        """A client's socket, not connected; one for datagrams has a name that can be answered."""
        sock = security.HangsUp(server.socket.family, server.socket.type)
        sock.settimeout(PATIENCE)
        if self.transport == "unixgram":
            sock.bind(self.place())
        return sock

    def mute(self, server: Any) -> socket.socket:
        """A client's socket, connected; nothing has been said, not even in TLS."""
        sock = self.unconnected(server)
        sock.connect(server.socket.getsockname())
        return sock

    def greeted(self, sock: socket.socket) -> socket.socket:
        """A connected client that has shaken hands if its server speaks TLS. Raises OSError."""
        return security.greet(sock) if self._tls else sock

    def client(self, server: Any, patience: float = PATIENCE) -> socket.socket:
        """A client that may speak, and waits for so long for each answer. Raises OSError."""
        sock = self.mute(server)
        sock.settimeout(patience)
        return self.greeted(sock)

    def knock(self, server: Any, data: bytes = b"x") -> None:
        """Somebody comes, says this, and stays until he is hung up on. Nothing waits for him: he may not be let in."""

        def come() -> None:
            with self.client(server) as client:
                self._guests.append(client)
                client.sendall(data)
                client.settimeout(None)
                while client.recv(65536):
                    pass

        start(come)

    def dismiss(self) -> None:
        """Those who have knocked leave."""
        for guest in self._guests:
            with suppress(OSError):
                socket.socket.shutdown(guest, socket.SHUT_RDWR)  # past TLS, in which a thread of theirs is reading

    def ask(self, server: Any, data: bytes = b"hello") -> socket.socket:
        """Send and wait for the same to come back; returns the client. Raises NotMeasured if it does not."""
        try:
            client = self.client(server)
            client.sendall(data)
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
