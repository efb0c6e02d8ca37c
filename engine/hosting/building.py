"""Builds the server of a profile around a listening socket that was inherited, and closes it in order."""

from __future__ import annotations

import socket
import sys
from typing import Any

from .profile import Profile

_ROOT = __name__.partition(".")[0]

SERVER_ATTRIBUTES = {
    "allow_reuse_address": bool,
    "allow_reuse_port": bool,
    "request_queue_size": int,
    "timeout": float,
    "max_packet_size": int,
    "daemon_threads": bool,
    "block_on_close": bool,
    "max_children": int,
    "poll_interval": float,
}
"""Class attributes of servers that a profile may set; `poll_interval` is given to `serve_forever`."""

HANDLER_ATTRIBUTES = {"rbufsize": int, "wbufsize": int, "timeout": float, "disable_nagle_algorithm": bool}


def build_server(profile: Profile, handler: Any, listener: socket.socket) -> Any:
    """The server, bound and listening. The class that the profile names stays its visible name."""
    base = getattr(sys.modules[_ROOT], profile.server_class)
    members = {name: value for name, value in profile.attributes.items() if name != "poll_interval"}
    members |= {"server_bind": _adopt(listener), "address_family": listener.family, "__module__": base.__module__}
    kind = type(profile.server_class, (base,), members)
    for name, value in profile.handler_attributes.items():
        setattr(handler, name, value)
    return kind(listener.getsockname(), handler)


def _adopt(listener: socket.socket) -> Any:
    """A `server_bind` that takes the socket which the supervisor has bound."""

    def server_bind(self: Any) -> None:
        self.socket.close()
        self.socket = listener
        self.server_address = listener.getsockname()

    return server_bind


def check_attributes(profile: Profile) -> str | None:
    """A sentence about the first attribute that no server has or whose value does not fit; None if all are good."""
    pairs = (
        (profile.attributes, SERVER_ATTRIBUTES, "server"),
        (profile.handler_attributes, HANDLER_ATTRIBUTES, "handler"),
    )
    for values, known, owner in pairs:
        for name, value in values.items():
            if name not in known:
                return f"A {owner} has no attribute {name}; it may be one of {', '.join(sorted(known))}."
            if not _fits(value, known[name]):
                return f"{name} cannot be {value!r}; it takes {_TAKES[known[name]]}."
    return None


_TAKES = {bool: "true or false", int: "a whole number", float: "a number of seconds, or none"}


def _fits(value: object, kind: type) -> bool:
    if kind is bool:
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind is float:
        return value is None or isinstance(value, int | float)
    return isinstance(value, int) or value is None
