"""Ends the connection of a live request from outside its handler, in order or with a reset."""

from __future__ import annotations

import socket

from ..debug.endings import reset_socket
from ..observe import live


def close_request(identity: int, *, reset: bool) -> bool:
    """Close the connection of this request. False: it is over, or it is a datagram, which has none."""
    request = next((one for one in list(live.requests.values()) if one.id == identity), None)
    if request is None or not isinstance(request.given, socket.socket):
        return False
    try:
        if reset:
            reset_socket(request.given)
        else:
            request.given.shutdown(socket.SHUT_RDWR)
    except OSError:
        return False  # the other side, or the handler, was quicker
    return True
