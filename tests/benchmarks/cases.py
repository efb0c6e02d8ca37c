"""What is measured: which servers beside each other, with which handler, under which load."""

from __future__ import annotations

from dataclasses import dataclass, replace

MODULES = {"gevent": "gevent", "asyncio": "asyncio", "uvloop": "uvloop", "cheroot": "cheroot", "futures": "concurrent"}
"""What a rival needs to be installed."""


@dataclass(frozen=True)
class Contender:
    """One server. `variant`: stdlib, ours, watched (ours, in full), or the name of a rival."""

    variant: str
    kind: str

    @property
    def label(self) -> str:
        """How a person reads it."""
        return f"{self.variant} {self.kind}" if self.kind else self.variant


@dataclass(frozen=True)
class Case:
    """Servers measured in turn; the first is what the others are compared to."""

    title: str
    load: str
    """conn, req, udp or get: see load.c."""
    handler: str
    """answer: to one message, then close; echo: until the client closes; wait0.002, work0.0005: an echo that first
    waits, or computes, for so many seconds; or http."""
    contenders: tuple[Contender, ...]
    pinned: bool = True
    """Whether the server has one core and its clients have another; else all run where the kernel puts them."""

    @property
    def unit(self) -> str:
        """What is counted."""
        return {"conn": "conn/s", "get": "conn/s"}.get(self.load, "req/s")


def _case(title: str, load: str, handler: str, base: str, pool: str = "", rivals: tuple[str, ...] = ()) -> Case:
    """The standard library's class, ours of the same name and another of ours, unwatched and watched; and rivals."""
    own = [Contender(variant, kind) for kind in (base, pool) if kind for variant in ("ours", "watched")]
    return Case(
        title, load, handler, (Contender("stdlib", base), *own, *(Contender(rival, "") for rival in rivals))
    )  # fmt: skip


_RIVALS = ("futures", "asyncio", "gevent", "uvloop")
_TCP = ("ThreadingTCPServer", "ThreadPoolTCPServer")
_UNIX = ("ThreadingUnixStreamServer", "ThreadPoolUnixStreamServer")
CASES = {
    "tcp": _case("TCP, a connection a request", "conn", "answer", *_TCP, _RIVALS),
    "close": _case("TCP, a connection a request, which the client closes", "conn", "echo", *_TCP, _RIVALS),
    "free": replace(
        _case("TCP, a connection a request, all on any core", "conn", "answer", *_TCP, _RIVALS), pinned=False
    ),
    "req": _case("TCP, requests on open connections", "req", "echo", *_TCP, _RIVALS),
    "unix": _case(
        "Unix stream, a connection a request",
        "conn",
        "answer",
        "ThreadingUnixStreamServer",
        "ThreadPoolUnixStreamServer",
    ),
    "udp": _case("UDP", "udp", "echo", "UDPServer"),
    "fork": _case("Processes, a connection a request", "conn", "answer", "ForkingTCPServer", "PreforkTCPServer"),
    "http": _case("http.server, GET", "get", "http", "ThreadingHTTPServer", "ThreadPoolHTTPServer", ("cheroot",)),
    "wait": _case("TCP, a handler that waits for 2 ms", "conn", "wait0.002", *_TCP),
    "work": _case("TCP, a handler that computes for 0.5 ms", "conn", "work0.0005", *_TCP),
}
