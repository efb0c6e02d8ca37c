"""Ends the connection of a live request from outside its handler, in order or with a reset."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from typing import Any

from ..observe import live


def close_request(identity: int, *, reset: bool) -> bool:
    """Close the connection of this request. False: it is over, or it is a datagram, which has none."""
    request = next((one for one in list(live.requests.values()) if one.id == identity), None)
    if request is None or not isinstance(request.given, socket.socket):
        return False
    try:
        if reset:
            _reset(request.given)
        else:
            request.given.shutdown(socket.SHUT_RDWR)
    except OSError:
        return False  # the other side, or the handler, was quicker
    return True


def _reset(sock: Any) -> None:
    """Have the kernel send a reset: it does when the last descriptor of a socket goes that lingers for no time.

    The handler's own descriptor stays valid: it becomes a socket whose other end is closed.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours, socket.socket(fileno=os.dup(sock.fileno())) as old:
        os.dup2(ours.fileno(), sock.fileno(), inheritable=False)
        with contextlib.suppress(OSError):
            old.shutdown(socket.SHUT_RD)  # wakes a handler that waits in recv, and so lets go of the socket
