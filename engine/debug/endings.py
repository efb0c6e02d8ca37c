"""Ends a request in place of its handler: orderly, with a reset, or with an answer that a person wrote."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from typing import Any

from ..observe.facts import Outcome
from ..observe.request import Request
from .interposed import beneath, send_all


def drop(request: Request) -> None:
    """Nothing more is received or sent; the peer sees the end."""
    request.outcome = Outcome.REJECTED
    if isinstance(request.given, socket.socket):
        with contextlib.suppress(OSError):  # the peer was quicker
            request.given.shutdown(socket.SHUT_RDWR)


def reset(request: Request) -> None:
    """The peer sees "connection reset"."""
    request.outcome = Outcome.RESET
    if isinstance(request.given, socket.socket):
        with contextlib.suppress(OSError):
            reset_socket(request.given)


def answer(request: Request, data: bytes) -> None:
    """Send `data`, as if the handler had, and then drop."""
    given = request.given
    with contextlib.suppress(OSError):
        if isinstance(given, tuple):
            beneath(given[1]).sendto(given[1], data, request.address)
        else:
            send_all(given, data)
            given.shutdown(socket.SHUT_WR)
    request.outcome = Outcome.DONE


def reset_socket(sock: Any) -> None:
    """Have the kernel send a reset: it does when the last descriptor of a socket goes that lingers for no time.

    The handler's own descriptor stays valid: it becomes a socket whose other end is closed. Raises OSError.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours, socket.socket(fileno=os.dup(sock.fileno())) as old:
        os.dup2(ours.fileno(), sock.fileno(), inheritable=False)
        with contextlib.suppress(OSError):
            old.shutdown(socket.SHUT_RD)  # wakes a handler that waits in recv, and so lets go of the socket
