"""Whose doing an exception is: the peer's, who has gone; the clock's; or the program's own, a bug."""

from __future__ import annotations

import select
import socket
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from .facts import Outcome

if TYPE_CHECKING:
    from .request import Request

CUT_SHORT = frozenset({"IncompleteRead", "IncompleteReadError", "SSLEOFError", "SSLZeroReturnError"})
"""Exceptions of the standard library that say "there should have been more", without a common ancestor."""
_GONE = getattr(select, "POLLRDHUP", 0) | getattr(select, "POLLHUP", 0) | getattr(select, "POLLERR", 0)


class Cause(IntEnum):
    """The numbers are stored in captures."""

    BUG = 1
    """Nobody else is to blame."""
    PEER = 2
    """The other end of this connection has closed or reset it."""
    TIMEOUT = 3
    """Something did not come in time."""

    @property
    def word(self) -> str:
        """As filters and JSON spell it."""
        return self.name.lower()

    @property
    def outcome(self) -> Outcome:
        """How a request ends that ends by it."""
        return _OUTCOMES[self]


_OUTCOMES = {Cause.BUG: Outcome.ERROR, Cause.PEER: Outcome.RESET, Cause.TIMEOUT: Outcome.TIMED_OUT}


def cause_of(error: BaseException, request: Request) -> Cause:
    """Why `error` was raised while `request` was served.

    An error of a connection need not be one of this connection: a handler may talk to other servers, and that one of
    them refuses is no news about the peer.
    """
    if isinstance(error, TimeoutError):
        return Cause.TIMEOUT
    if isinstance(error, ConnectionRefusedError) and not isinstance(request.given, tuple):
        return Cause.BUG
    if isinstance(error, ConnectionError | EOFError) or type(error).__name__ in CUT_SHORT:
        gone = isinstance(request.given, tuple) or _met_a_reset(request) or peer_gone(request.given)
        return Cause.PEER if gone else Cause.BUG
    return Cause.BUG


def _met_a_reset(request: Request) -> bool:
    return request.trouble is not None and request.trouble[0] is Outcome.RESET


def peer_gone(given: Any) -> bool:
    """Whether the other end of a connection has ended its side or reset it; never of a datagram.

    Whether who has ended his side still reads is not to be seen before something is sent to him.
    """
    if not isinstance(given, socket.socket) or not hasattr(select, "poll"):
        return False
    poll = select.poll()
    try:
        poll.register(given, _GONE)
        return any(events & _GONE for _, events in poll.poll(0))
    except (OSError, ValueError):
        return True
