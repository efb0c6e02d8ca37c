"""Where a playback goes: resolved and checked anew for each connection, so that nothing leaves this machine unasked."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

Address = str | tuple[str, int]


class Refused(ValueError):  # noqa: N818 - a fact about a target
    """Nothing is sent there; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server. `anywhere`: somebody has confirmed that it may be another machine."""

    transport: str
    address: Address
    tls: bool = False
    anywhere: bool = False

    @property
    def kind(self) -> socket.SocketKind:
        """The kind of its socket."""
        return socket.SOCK_DGRAM if self.transport in ("udp", "unixgram") else socket.SOCK_STREAM

    def resolve(self) -> tuple[socket.AddressFamily, Address]:
        """Family and numbers to connect to. Raises Refused unless it is this machine, or `anywhere`.

        A name is looked up each time, and what is checked is what is connected to: a name that means this machine now
        and another one a moment later gets nothing.
        """
        if isinstance(self.address, str):
            path = self.address
            return socket.AF_UNIX, "\0" + path[1:] if path.startswith("@") else path
        host, port = self.address
        try:
            found = socket.getaddrinfo(host, port, type=self.kind)
        except OSError as error:
            raise Refused(f"{host!r} is no address and no name that resolves ({error.strerror}).") from error
        family, _, _, _, (number, *_) = found[0]
        if not self.anywhere and not ipaddress.ip_address(str(number).partition("%")[0]).is_loopback:
            shown = host if host == number else f"{host} ({number})"
            raise Refused(f"{shown} is another machine; nothing is sent there unless you add --anywhere.")
        return family, (str(number), port)


def read_target(text: str, transport: str, *, tls: bool = False, anywhere: bool = False) -> Target:
    """A target from the text of an address: HOST:PORT, [::1]:PORT, or a path. Raises Refused for what is none."""
    if transport.startswith("unix"):
        return Target(transport, text.removeprefix("unix:"), tls, anywhere)
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise Refused(f"{text!r} is no address; write HOST:PORT, as in 127.0.0.1:9009.")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))
    return Target(transport, (host, int(port)), tls, anywhere)
