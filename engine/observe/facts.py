"""Facts as they travel: what a row of a batch means, column by column.

A row is seven signed 64-bit integers, and bytes if it has any; how rows are packed is said in rows.py. All times are
`time.monotonic_ns()`. The table of columns, by kind (`-` is always 0):

| kind | request | code | worker | started | ended | value | data |
|---|---|---|---|---|---|---|---|
| SERVER_STARTED | - | server | thread | at | - | pid | JSON object, see place.py |
| SERVER_STOPPED | - | server | thread | at | - | pid | - |
| WORKER_STARTED | - | server | thread, or the child's pid | at | - | pid | name, UTF-8 |
| WORKER_ENDED | - | server | thread, or the child's pid | at | CPU ns | wait status of a child, else -1 | peak memory |
| REQUEST_OPENED | id | server | thread | at | - | - | peer, NUL, local: UTF-8 |
| REQUEST_CLOSED | id | Outcome | thread | at | - | - | - |
| STAGE | id | Stage | thread | started | ended, 0 while it runs | CPU ns, -1 unknown | - |
| RECEIVED, SENT | id | Piece flags | thread | at | took, ns | true size of the whole chunk | the bytes |
| FAILED | id | Stage | thread | at | - | 1 if it reached the handler's caller | JSON object, see debug/failures.py |
| INTERFERED | id | Means | thread | at | - | how long or how much, 0 where that says nothing | detail, UTF-8 |
| SLOW | id | Stage | thread | started | noticed | the limit that it passed, ns | JSON, see debug/whereabouts.py |

`request` is unique in a host: the pid of the process that accepted it in the upper 32 bits, a running number from 1 in
the lower. Request 0 is the server itself (a failure in `service_actions`, say). `server` counts a host's servers from
1. `thread` is the native id of the thread that the fact happened in; with the pid in the batch's header it names the
worker. CPU and peak memory of a WORKER_ENDED are a child's, 0 and empty where unknown; the memory in bytes, as decimal
digits. RECEIVED and SENT name the request's worker even if another thread of it called; `took` is how long that call
lasted, and with the chunk's first row only. A failure of request 0 has the
server's number as member `server` of its JSON object.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Kind(IntEnum):
    """What happened. The numbers travel between processes of one version only, and are not stored."""

    SERVER_STARTED = 1
    SERVER_STOPPED = 2
    WORKER_STARTED = 3
    WORKER_ENDED = 4
    REQUEST_OPENED = 5
    REQUEST_CLOSED = 6
    STAGE = 7
    RECEIVED = 8
    SENT = 9
    FAILED = 10
    INTERFERED = 11
    SLOW = 12


class Outcome(IntEnum):
    """How a request ended. The numbers are stored in captures."""

    DONE = 1
    REJECTED = 2
    ERROR = 3
    RESET = 4
    TIMED_OUT = 5
    KILLED = 6


class Means(IntEnum):
    """What was done to a request, by a person at a gate or by a fault. The numbers are stored in captures.

    How much goes with it: ns that it was held or delayed; bytes that were cut off, edited, sent instead.
    """

    PAUSED = 1
    EDITED = 2
    ANSWERED = 3
    DROPPED = 4
    RESET = 5
    REJECTED = 6
    LATENCY = 32
    BANDWIDTH = 33
    SPLIT = 34
    MERGE = 35
    TRUNCATE = 36
    HALF_CLOSE = 37
    RST = 38
    """A reset, by a fault."""
    LOSE = 39
    DUPLICATE = 40
    REORDER = 41
    CORRUPT = 42
    ACCEPT_ERROR = 43
    """It was not accepted at first."""
    SHORT_WRITE = 44

    @property
    def word(self) -> str:
        """As filters and JSON spell it."""
        return self.name.lower()

    @property
    def fault(self) -> bool:
        """Whether no person decided it, but a fault that one had switched on."""
        return self >= Means.LATENCY

    @property
    def bit(self) -> int:
        """Its place among all that was done to a request, as one number."""
        return 1 << self

    @classmethod
    def among(cls, bits: int) -> tuple[Means, ...]:
        """The means whose bits are set."""
        return tuple(means for means in cls if bits & means.bit)


class Piece(IntFlag):
    """What is special about the bytes of one RECEIVED or SENT row."""

    WHOLE = 0
    CONTINUES = 1
    """The same chunk goes on in this request's next row of this direction."""
    CUT = 2
    """Bytes beyond the payload limit were left out; the row's value tells the true size."""
    UNSEEN = 4
    """The size is known, the bytes are not: `sendfile` copies inside the kernel."""
    TRUNCATED = 8
    """The kernel cut this datagram to the buffer that the server gave; value is the true size where it is known."""
    NOTHING = 16
    """No bytes passed on this connection: the peer had ended its side, or the call failed. What counts is how long."""
