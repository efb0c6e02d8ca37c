"""Who holds a port, and which port is free instead."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Holder:
    """A process with a socket on a port."""

    pid: int
    program: str


def holder_of(port: int, kind: int) -> Holder | None:
    """The process that listens on a port, if this user may know it."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("udp" if kind == socket.SOCK_DGRAM else "tcp"):
            listens = connection.status in (psutil.CONN_LISTEN, psutil.CONN_NONE)
            if listens and connection.laddr and connection.laddr.port == port and connection.pid:
                return Holder(connection.pid, _program(connection.pid))
    return None


def _program(pid: int) -> str:
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).name()
    return "a program"


def lowest_free_port(host: str, start: int, kind: int) -> int | None:
    """The first port from `start` on that can be bound now; None when the next hundred are all taken."""
    ports = range(max(start, 1), min(start + 100, 65536))
    return next((port for port in ports if _can_bind(host, port, kind)), None)


def free_port(host: str, kind: int) -> int | None:
    """Any port that is free now."""
    with contextlib.suppress(OSError), socket.socket(_family(host), kind) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
    return None


def _can_bind(host: str, port: int, kind: int) -> bool:
    with contextlib.suppress(OSError), socket.socket(_family(host), kind) as probe:
        probe.bind((host, port))
        return True
    return False


def _family(host: str) -> int:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
