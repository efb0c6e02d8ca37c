"""Makes the listening sockets, and turns every way in which that fails into one sentence that says what to do."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import threading
from collections.abc import Mapping
from typing import Any

from ..servers.hardened import HardenedMixIn
from ..servers.paths import answers
from .errors import HostingError
from .holders import free_port, holder_of, lowest_free_port
from .profile import Profile

PATH_LIMIT = 107
NAME_PATIENCE = 2.0
LOOPBACK_NAMES = ("localhost", "ip6-localhost")


def bind(profile: Profile, keys: Mapping[int, str], again: str | tuple[Any, ...] | None = None) -> socket.socket:
    """The bound, listening socket for a profile. `keys` maps our hosts' pids to the servers they belong to.

    `again` is the address of the run before: a restart gets the same port.
    """
    if profile.family in ("unix", "unixgram"):
        return _bind_path(profile)
    return _bind_port(profile, keys, again)


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    return host in LOOPBACK_NAMES or host.startswith("127.") or host == "::1"


def show_address(address: Any) -> str:
    """An address as people write it."""
    if isinstance(address, tuple):
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        return f"{host}:{address[1]}"
    if isinstance(address, bytes):
        return "@" + os.fsdecode(address[1:])
    return str(address)


# Ports


def _bind_port(profile: Profile, keys: Mapping[int, str], again: str | tuple[Any, ...] | None) -> socket.socket:
    kind = socket.SOCK_DGRAM if profile.family == "udp" else socket.SOCK_STREAM
    port = again[1] if isinstance(again, tuple) else profile.port
    family, address = _resolve(profile.host, port, kind)
    listener = socket.socket(family, kind)
    try:
        _set_options(listener, profile, always_reuse=again is not None)
        listener.bind(address)
        _listen(listener, profile)
    except OSError as error:
        listener.close()
        raise _port_error(error, profile.host, port, kind, keys) from error
    return listener


def _resolve(host: str, port: int, kind: int) -> tuple[int, Any]:
    if not 0 <= port <= 65535:
        raise HostingError("port_out_of_range", f"Port {port} does not exist; choose one from 0 (any free) to 65535.")
    found = _look_up(host or "0.0.0.0", port, kind)
    if not found:
        sentence = f"{host!r} is no address of this machine and no name that resolves; use 127.0.0.1 to stay local."
        raise HostingError("bad_address", sentence)
    family, _, _, _, address = found[0]
    return family, address


def _look_up(host: str, port: int, kind: int) -> list[Any]:
    """What a host is, [] if nothing. A name is asked of others, who may take their time; the supervisor has none."""
    found: list[Any] = []

    def ask(flags: int) -> None:
        with contextlib.suppress(OSError, UnicodeError):
            found.extend(socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE | flags))

    ask(socket.AI_NUMERICHOST)
    if not found:
        asking = threading.Thread(target=ask, args=(0,), daemon=True)
        asking.start()
        asking.join(NAME_PATIENCE)
    return found


def _set_options(listener: socket.socket, profile: Profile, *, always_reuse: bool) -> None:
    if always_reuse or profile.attributes.get("allow_reuse_address"):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if profile.attributes.get("allow_reuse_port"):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def _listen(listener: socket.socket, profile: Profile) -> None:
    """Listen at once: clients that come while the handler is still imported wait instead of being refused."""
    if profile.family in ("tcp", "unix"):
        queue = HardenedMixIn.request_queue_size if profile.hardened else 5
        listener.listen(profile.attributes.get("request_queue_size") or queue)
    if profile.family == "tcp":
        # Connections inherit it. Without it those of a host that crashed would keep its port from being bound again.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def _port_error(error: OSError, host: str, port: int, kind: int, keys: Mapping[int, str]) -> HostingError:
    if error.errno == errno.EADDRINUSE:
        return _in_use(host, port, kind, keys)
    if error.errno in (errno.EACCES, errno.EPERM):
        sentence = f"Port {port} needs administrator rights; choose a port from 1024 up."
        return HostingError("privileged_port", sentence, offer=lowest_free_port(host, max(port, 1024) + 7000, kind))
    if error.errno == errno.EADDRNOTAVAIL:
        sentence = f"{host} is no address of this machine; use 127.0.0.1 to stay local."
        return HostingError("bad_address", sentence)
    return HostingError("bad_address", f"{host}:{port} cannot be used: {error.strerror or error}.")


def _in_use(host: str, port: int, kind: int, keys: Mapping[int, str]) -> HostingError:
    offer = lowest_free_port(host, port + 1, kind) or free_port(host, kind)
    holder = holder_of(port, kind)
    who = "another program"
    extras: dict[str, Any] = {"offer": offer, "port": port}
    if holder is not None:
        key = keys.get(holder.pid)
        who = f"the server {key}" if key else f"{holder.program} (pid {holder.pid})"
        extras["holder"] = {"pid": holder.pid, "program": holder.program, "server": key}
    return HostingError("port_in_use", f"Port {port} is used by {who}; port {offer} is free.", **extras)


# Paths


def _bind_path(profile: Profile) -> socket.socket:
    kind = socket.SOCK_DGRAM if profile.family == "unixgram" else socket.SOCK_STREAM
    address = _check_path(profile.path, kind)
    listener = socket.socket(socket.AF_UNIX, kind)
    try:
        listener.bind(address)
        _listen(listener, profile)
    except OSError as error:
        listener.close()
        raise _path_error(error, profile.path) from error
    return listener


def _check_path(path: str, kind: int) -> str:
    if not path:
        raise HostingError("bad_address", "A Unix socket needs a path; write one, or @name for an abstract socket.")
    if "\0" in path:
        raise HostingError("bad_address", "A path cannot contain a NUL character; write it without.")
    size = len(os.fsencode(path))
    if size > PATH_LIMIT:
        sentence = f"The path has {size} bytes, a Unix socket takes at most {PATH_LIMIT}; choose a shorter one."
        raise HostingError("path_too_long", sentence)
    if path.startswith("@"):
        return "\0" + path[1:]
    directory = os.path.dirname(path) or "."
    if not os.path.isdir(directory):
        raise HostingError("no_directory", f"There is no directory {directory}; make it or choose another path.")
    with contextlib.suppress(FileNotFoundError):
        _refuse_existing(path, os.lstat(path), kind)
    return path


def _refuse_existing(path: str, status: os.stat_result, kind: int) -> None:
    if not stat.S_ISSOCK(status.st_mode):
        raise HostingError("not_a_socket", f"{path} exists and is not a socket; choose another path.", path=path)
    if answers(path, kind):
        raise HostingError("path_in_use", f"Another program listens at {path}; choose another path.", path=path)
    sentence = f"{path} is left over from a program that has ended; remove the file and start again."
    raise HostingError("stale_socket", sentence, path=path, can_remove=True)


def _path_error(error: OSError, path: str) -> HostingError:
    if error.errno == errno.EADDRINUSE:
        return HostingError("path_in_use", f"Another program listens at {path}; choose another path.", path=path)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return HostingError("no_directory", f"No right to make {path}; choose a directory of yours.")
    return HostingError("bad_address", f"{path} cannot be used: {error.strerror or error}.")


def remove_stale(path: str) -> None:
    """Remove a socket file, once more making sure that it is one and that nobody listens. Raises HostingError."""
    with contextlib.suppress(FileNotFoundError):
        status = os.lstat(path)
        try:
            _refuse_existing(path, status, socket.SOCK_STREAM)
        except HostingError as error:
            if error.code != "stale_socket":
                raise
            os.unlink(path)
