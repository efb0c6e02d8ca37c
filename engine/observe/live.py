"""Which requests are alive, to be found by what they were given as, or by the thread that serves them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .request import Request

get_ident = threading.get_ident

# Plain dicts: each operation on them is one step for the interpreter, so that no lock is needed.
requests: dict[Any, Request] = {}
"""Live requests, by connected socket; datagrams, which share theirs, by `id` of the tuple."""
current: dict[int, Request] = {}
"""The request whose `finish_request` runs, by thread."""


def key_of(given: Any) -> Any:
    """What `requests` files a request under. `given` lives as long as its entry, so an id is safe."""
    return id(given) if isinstance(given, tuple) else given


def find(given: Any) -> Request | None:
    """The live request that was given to the server as `given`."""
    if type(given) is not tuple:
        return requests.get(given)
    request = requests.get(id(given))
    if request is None:  # a datagram, maybe, that is not known yet
        request = current.get(get_ident())
        if request is not None and request.given is not given:
            return None
    return request


def forget(request: Request) -> None:
    """Drop a request that is over."""
    requests.pop(request.key, None)


def owner(sock: Any) -> Request | None:
    """The request that a socket call belongs to.

    A connection has one. A server's datagram socket serves all: there the calling thread tells.
    """
    request = requests.get(sock)
    if request is None:
        request = current.get(get_ident())
        if request is not None and not (isinstance(request.given, tuple) and request.given[1] is sock):
            return None
    return request


def addressee(sock: Any, address: Any) -> Request | None:
    """The live datagram from `address`, for an answer sent by a thread that serves none (a proxy's pump)."""
    for request in (*requests.copy().values(), *current.copy().values()):
        if request.address == address and isinstance(request.given, tuple) and request.given[1] is sock:
            return request
    return None


def keep_own() -> None:
    """In a forked child: the other threads are not here."""
    own = current.get(get_ident())
    current.clear()
    if own is not None:
        current[get_ident()] = own
