"""How to reach a server from a terminal: the command that connects to its address."""

from __future__ import annotations

import shlex

from app.link.tick import ServerStatus

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def split_address(address: str) -> tuple[str, str]:
    """Host and port of "127.0.0.1:9009" or "[::1]:9009"; a wildcard becomes this machine."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    return ANYWHERE.get(host, host), port


def connect_line(status: ServerStatus) -> str:
    """A line for a shell: `nc 127.0.0.1 9009`."""
    if status.tls:
        return shlex.join(["openssl", "s_client", "-quiet", *_tls_target(status)])
    if status.transport in ("tcp", "udp"):
        host, port = split_address(status.address)
        return shlex.join(["nc", *(["-u"] if status.transport == "udp" else []), host, port])
    abstract = status.address.startswith("@")
    path = status.address[1:] if abstract else status.address
    kind = "ABSTRACT" if abstract else "UNIX"
    if status.transport == "unixgram":  # who has no name of his own gets no answer
        return shlex.join(["socat", "-", f"{kind}-SENDTO:{path},bind={path}.client"])
    return shlex.join(["socat", "-", f"ABSTRACT-CONNECT:{path}"] if abstract else ["nc", "-U", path])


def _tls_target(status: ServerStatus) -> list[str]:
    if status.transport == "unix":
        return ["-unix", status.address]
    host, port = split_address(status.address)
    return ["-connect", f"[{host}]:{port}" if ":" in host else f"{host}:{port}"]
