"""The truth about listen queues, on Linux: how full one is, and how many connections the kernel had to turn away."""

from __future__ import annotations

import socket
import sys
from dataclasses import dataclass
from struct import Struct

_TCP_INFO = getattr(socket, "TCP_INFO", None) if sys.platform == "linux" else None
_MEMINFO = 55 if sys.platform == "linux" else None
"""SO_MEMINFO, which `socket` has no name for: nine numbers about a socket, the last is what was dropped at it."""
_NETSTAT = "/proc/net/netstat"
_LISTEN = 10
_DROPS = Struct("=32xI")
_INFO = Struct("=B23xII")
"""The state, and what of a listener is not segments: `tcpi_unacked` its queue, `tcpi_sacked` the queue's limit."""


@dataclass(frozen=True, slots=True)
class AcceptQueue:
    """Connections that are complete and have not been accepted yet."""

    depth: int
    limit: int
    """What `listen` was called with, or the system's own limit (net.core.somaxconn) if that is less."""
    dropped: int | None = None
    """Attempts to connect that came to nothing since it was made: nearly all because it was full. None: unknown."""

    @property
    def full(self) -> bool:
        """Whether the next client has to wait a second or more: Linux takes one above the limit."""
        return self.depth > self.limit


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Connections that found a listen queue full, of all servers in this network namespace, not of one."""

    overflows: int
    """Those that were complete and found the accept queue full."""
    drops: int
    """Those, and all that were dropped for other reasons."""

    def __sub__(self, before: TurnedAway) -> TurnedAway:
        return TurnedAway(self.overflows - before.overflows, self.drops - before.drops)


def accept_queue(listener: socket.socket) -> AcceptQueue | None:
    """The queue of a TCP socket that listens; None if it does not, or the system does not tell."""
    if _TCP_INFO is None:
        return None
    try:
        state, depth, limit = _INFO.unpack(listener.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _INFO.size))
    except OSError:
        return None
    return AcceptQueue(depth, limit, _dropped(listener)) if state == _LISTEN else None


def drops_in(meminfo: bytes) -> int | None:
    """What was dropped at a socket, from what the system tells of its memory; None if that is not among it."""
    return int(_DROPS.unpack_from(meminfo)[0]) if len(meminfo) >= _DROPS.size else None


def _dropped(listener: socket.socket) -> int | None:
    if _MEMINFO is None:
        return None
    try:
        return drops_in(listener.getsockopt(socket.SOL_SOCKET, _MEMINFO, 2 * _DROPS.size))
    except OSError:
        return None


def turned_away() -> TurnedAway | None:
    """The system's counters since it started; subtract two of them. None if the system does not tell."""
    try:
        with open(_NETSTAT, encoding="ascii") as file:
            return parse_netstat(file.read())
    except OSError:
        return None


def parse_netstat(text: str) -> TurnedAway | None:
    """The counters in the text of `/proc/net/netstat`: names above numbers. None if they are missing."""
    lines = text.splitlines()
    for names, numbers in zip(lines[::2], lines[1::2], strict=False):
        if names.startswith("TcpExt:"):
            found = dict(zip(names.split(), numbers.split(), strict=False))
            try:
                return TurnedAway(int(found["ListenOverflows"]), int(found["ListenDrops"]))
            except (KeyError, ValueError):
                return None
    return None
