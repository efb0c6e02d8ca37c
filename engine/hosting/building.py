"""Builds the server of a profile around a listening socket that was inherited, and closes it in order."""

from __future__ import annotations

import socket
import sys
from typing import Any

from ..servers.certificates import Certificate
from ..servers.hardened import harden
from ..servers.terms import check_pool, check_prefork
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
    "max_workers": int,
    "min_workers": int,
    "worker_idle_timeout": float,
    "queue_limit": int,
    "overflow": str,
    "thread_name_prefix": str,
    "workers": int,
    "max_requests": int,
    "worker_timeout": float,
    "stop_timeout": float,
    "poll_interval": float,
}
"""Class attributes of servers that a profile may set; `poll_interval` is given to `serve_forever`."""

HANDLER_ATTRIBUTES = {"rbufsize": int, "wbufsize": int, "timeout": float, "disable_nagle_algorithm": bool}


def build_server(profile: Profile, handler: Any, listener: socket.socket) -> Any:
    """The server, bound and listening. The class that the profile names stays its visible name."""
    base = getattr(sys.modules[_ROOT], profile.server_class)
    module = base.__module__
    members = {name: value for name, value in profile.attributes.items() if name != "poll_interval"}
    members |= {"address_family": listener.family, "__module__": module}
    kind: Any = type(profile.server_class, (harden(base) if profile.hardened else base,), members)
    return kind.from_socket(listener, handler, ssl_context=certificate_of(profile))


def certificate_of(profile: Profile) -> Certificate | None:
    """What a profile's server shows its clients; None if it speaks no TLS."""
    return Certificate(profile.tls_cert, profile.tls_key or None) if profile.tls_cert else None


def check_tls(profile: Profile) -> str | None:
    """A sentence about files that no server can speak TLS with; None if all is well."""
    certificate = certificate_of(profile)
    if certificate is None:
        return "A key without a certificate is of no use; choose the certificate, too." if profile.tls_key else None
    if profile.family in ("udp", "unixgram"):
        return f"{profile.server_class} serves datagrams, and TLS needs a stream; choose another server class."
    try:
        certificate.context()
    except ValueError as error:
        return str(error)
    return None


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
    return _check_terms(profile)


def _check_terms(profile: Profile) -> str | None:
    """A sentence about what this class has no use for, or about a value that is out of its range."""
    base = getattr(sys.modules[_ROOT], profile.server_class)
    members = {name: value for name, value in profile.attributes.items() if name != "poll_interval"}
    if missing := next((name for name in members if not hasattr(base, name)), None):
        return f"{profile.server_class} has no attribute {missing}; choose another server class, or leave it out."
    kind, check = type(base.__name__, (base,), members), _CHECKS.get(profile.concurrency)
    try:
        if check is not None:
            check(kind)
    except ValueError as error:
        return f"{error}."
    return None


_CHECKS = {"pool": check_pool, "prefork": check_prefork}
_TAKES = {bool: "true or false", int: "a whole number", float: "a number of seconds, or none", str: "text"}


def _fits(value: object, kind: type) -> bool:
    if kind is bool:
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind is str:
        return isinstance(value, str)
    if kind is float:
        return value is None or isinstance(value, int | float)
    return isinstance(value, int) or value is None
