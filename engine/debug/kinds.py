"""The kinds of faults: what each is called, what can be set of it, and what it can be done to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..observe.facts import Means
from . import chunking, corruption, cutting, datagrams, slowness
from .injuries import BOTH, END, IN, OUT, RECEIVED, SENT, START, Injury
from .parameters import BYTES, CHOICE, COUNT, OFFSETS, RATE, SECONDS, SHARE, Parameter

DAY = 86_400.0
GIGABYTE = 1 << 30
ACCEPT_ERRORS = ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM")


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind. The first parameter is the one that is written without its name."""

    make: type[Injury]
    explanation: str
    parameters: tuple[Parameter, ...]
    streams: bool = True
    datagrams: bool = False
    conditional: bool = True
    """Whether there is a request when it happens, which a condition could be about."""

    @property
    def means(self) -> Means:
        """As which it is told."""
        return self.make.means

    @property
    def word(self) -> str:
        """Its name."""
        return self.means.word

    def suits(self, transport: str) -> bool:
        """Whether it can be done on tcp, udp, unix or unixgram; "": nobody knows yet."""
        return not transport or (self.datagrams if transport in ("udp", "unixgram") else self.streams)

    def defaults(self) -> dict[str, Any]:
        """All parameters as they are if nobody says anything."""
        return {parameter.name: parameter.default for parameter in self.parameters}


def _way(default: str = BOTH) -> Parameter:
    choices = (default, *(way for way in (BOTH, IN, OUT) if way != default))
    return Parameter("way", CHOICE, default, "bytes that come in, that go out, or both", choices=choices)


def _after(default: int) -> Parameter:
    return Parameter("after", BYTES, default, "bytes that pass before", 0, GIGABYTE)


_WITHIN = Parameter("within", SECONDS, 0.1, "how long to wait for the next one at most", 0.001, DAY)

KINDS = (
    FaultKind(
        slowness.Latency,
        "waits before the handler, after each chunk read, or before each chunk sent",
        (
            Parameter("time", SECONDS, 0.2, "how long", 0, DAY),
            Parameter("jitter", SECONDS, 0.0, "how much longer or shorter it may be, by the dice", 0, DAY),
            Parameter("at", CHOICE, RECEIVED, "before the handler, or which bytes", choices=(RECEIVED, SENT, START)),
        ),
        datagrams=True,
    ),
    FaultKind(
        slowness.Bandwidth,
        "lets so many bytes a second through",
        (Parameter("rate", RATE, 10_240.0, "bytes a second", 1, GIGABYTE), _way()),
        datagrams=True,
    ),
    FaultKind(
        chunking.Split,
        "the handler reads little pieces, and what it sends leaves in little pieces",
        (
            Parameter("size", BYTES, 3, "bytes of a piece", 1, 1 << 20),
            _way(),
            Parameter("gap", SECONDS, 0.002, "between two pieces that leave", 0, DAY),
        ),
    ),
    FaultKind(
        chunking.Merge,
        "chunks are put together before the handler reads them, or before they leave",
        (Parameter("size", BYTES, 4096, "bytes at which they go on", 1, 1 << 20), _WITHIN, _way()),
    ),
    FaultKind(
        cutting.Truncate,
        "what follows is never seen: the handler reads the end, or the client does",
        (_after(100), _way(OUT)),
        datagrams=True,
    ),
    FaultKind(cutting.HalfClose, "one direction of the connection ends, the other goes on", (_after(0), _way(OUT))),
    FaultKind(
        cutting.Reset,
        "resets the connection (RST)",
        (
            _after(0),
            Parameter(
                "at", CHOICE, SENT, "before or after the handler, or which bytes", choices=(SENT, RECEIVED, START, END)
            ),
        ),
    ),
    FaultKind(datagrams.Lose, "the datagram never arrives", (_way(IN),), streams=False, datagrams=True),
    FaultKind(datagrams.Duplicate, "the datagram arrives twice", (_way(IN),), streams=False, datagrams=True),
    FaultKind(datagrams.Reorder, "the datagram arrives after the next one", (_WITHIN,), streams=False, datagrams=True),
    FaultKind(
        corruption.Corrupt,
        "flips a bit in some bytes",
        (
            Parameter("rate", SHARE, 0.01, "how many of all bytes", 0, 1),
            Parameter("offsets", OFFSETS, "", "which bytes, as in 0,4,10-12, instead of a share"),
            _way(),
        ),
        datagrams=True,
    ),
    FaultKind(
        datagrams.NotAccepted,
        "accepting fails so often that the server backs off, then succeeds",
        (
            Parameter("times", COUNT, 3, "how often in a row", 1, 1000),
            Parameter("error", CHOICE, "EMFILE", "what accept raises", choices=ACCEPT_ERRORS),
        ),
        conditional=False,
    ),
    FaultKind(
        chunking.ShortWrite,
        "send takes less than it is given, and says so",
        (Parameter("size", BYTES, 1, "bytes that it takes at most", 1, 1 << 20),),
    ),
)  # fmt: skip
"""In the order in which they act on what passes."""
BY_WORD = {kind.word: kind for kind in KINDS}
