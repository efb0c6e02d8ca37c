"""Listening sockets: of which family, made by whom else, and shared with whom."""

from __future__ import annotations

import errno
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from ..observe.logs import Log

if TYPE_CHECKING:
    from .tcp import TCPServer

Server = TypeVar("Server", bound="TCPServer")

FIRST_FD = 3
"""The first descriptor that systemd passes."""
_UNIX = getattr(socket, "AF_UNIX", None)
_ANYWHERE = ("", "::", "0.0.0.0")
_LISTEN = "0A"

log = Log("socketscope.servers")


def check_seconds(name: str, value: object) -> None:
    """Raise ValueError, naming the argument, if `value` is neither None nor a time that can be waited."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (number and 0 < value <= threading.TIMEOUT_MAX):  # type: ignore[operator]  # a number
        raise ValueError(f"{name} must be None or a number of seconds above 0, not {value!r}")


# Families


def family_of(server: TCPServer) -> tuple[int, Any]:
    """The family for a server's address, and the address itself. Raises socket.gaierror or TypeError as `bind` does."""
    address = server.server_address
    if isinstance(address, str | bytes):
        return _path_family(server), address
    host, port = address[:2]
    if server.dual_stack:
        if host in _ANYWHERE:
            return _anywhere(port, server.socket_type)
        if not isinstance(host, str) or ":" not in host:
            raise ValueError(f"dual_stack needs the host '' or '::' to serve IPv4 and IPv6, not {host!r}")
    found = socket.getaddrinfo(host or None, port, type=server.socket_type, flags=socket.AI_PASSIVE)
    family, _, _, _, resolved = found[0]
    return family, resolved


def _path_family(server: TCPServer) -> int:
    if _UNIX is None or server.dual_stack:
        raise ValueError(f"{server.server_address!r} is a path; an internet server needs (host, port)")
    return int(_UNIX)


def _anywhere(port: Any, kind: int) -> tuple[int, Any]:
    """All addresses: of both families if this system has both."""
    if socket.has_ipv6:
        try:
            with socket.socket(socket.AF_INET6, kind) as probe:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                probe.bind(("::", 0))
            return socket.AF_INET6, ("::", port)
        except OSError as error:
            log.info("No IPv6 here (%s): serving IPv4 only.", error.strerror)
    return socket.AF_INET, ("0.0.0.0", port)


# Sockets made by others


def check_socket(cls: type[TCPServer], sock: object) -> None:
    """Raise TypeError or ValueError with a sentence if `sock` is nothing for servers of class `cls`."""
    if not isinstance(sock, socket.socket):
        raise TypeError(f"sock must be a socket, not {type(sock).__name__}")
    if sock.fileno() < 0:
        raise ValueError("sock has been closed; give an open, bound socket")
    if not _fits(cls, sock):
        raise ValueError(f"sock is {_kind(sock.family, sock.type)}; {cls.__name__} needs {_kind_of(cls)}")
    if _is_unbound(sock):
        raise ValueError("sock has no address; bind it first")


def _fits(cls: type[TCPServer], sock: socket.socket) -> bool:
    by_path = cls.address_family == _UNIX
    return sock.type == cls.socket_type and (sock.family == _UNIX) == by_path


def _kind_of(cls: type[TCPServer]) -> str:
    return _kind(cls.address_family, cls.socket_type)


def _kind(family: int, kind: int) -> str:
    unix = "a Unix" if family == _UNIX else "an internet"
    return f"{unix} {'stream' if kind == socket.SOCK_STREAM else 'datagram'} socket"


def _is_unbound(sock: socket.socket) -> bool:
    address = sock.getsockname()
    return not address if isinstance(address, str | bytes) else address[1] == 0


def listens(sock: socket.socket) -> bool:
    """Whether somebody has called `listen` on it."""
    try:
        return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:  # not every system tells
        return False


def adopt(server: TCPServer, sock: socket.socket) -> None:
    """Put `sock` in the place of a new server's own socket, as if it had bound that itself."""
    server.socket.close()
    server.socket = sock
    server.address_family = sock.family
    server._ss_adopted = True
    try:
        server.server_bind()
        server.server_activate()
    except BaseException:
        server.server_close()
        raise
    server._ss_announce()


def from_fd(cls: type[Server], fd: int, handler: Callable[[Any, Any, Any], Any], keywords: dict[str, Any]) -> Server:
    """See `TCPServer.from_fd`."""
    sock = socket_of(fd)
    try:
        check_socket(cls, sock)
        server = cls.from_socket(sock, handler, **keywords)
    except BaseException:
        if sock.fileno() >= 0:
            sock.detach()  # the descriptor stays the caller's
        raise
    return server


def socket_of(fd: int) -> socket.socket:
    """The socket behind a descriptor, which is not passed on to programs. Raises ValueError if there is none."""
    if type(fd) is not int or fd < 0:
        raise ValueError(f"fd must be the number of an open descriptor, from 0 on, not {fd!r}")
    try:
        sock = socket.socket(fileno=fd)
    except OSError as error:
        said = "is no socket" if error.errno == errno.ENOTSOCK else "is not open"
        raise ValueError(f"fd {fd} {said}; it must be an open socket") from error
    sock.set_inheritable(False)
    return sock


# systemd


def systemd_fd(cls: type[TCPServer], name: str | None) -> int:
    """The one descriptor that systemd has passed for a server of class `cls`. Raises ValueError with a sentence."""
    passed = _passed()
    named = [(fd, known) for fd, known in passed if name is None or known == name]
    if not named:
        known = ", ".join(sorted({known for _, known in passed}))
        raise ValueError(f"systemd passed no socket named {name!r}; it passed {known}")
    fitting = [fd for fd, _ in named if _fd_fits(cls, fd)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise ValueError(f"systemd passed no socket that fits: {cls.__name__} needs {_kind_of(cls)}")
    said = "give its name" if name is None else "give each a FileDescriptorName of its own"
    raise ValueError(f"systemd passed {len(fitting)} sockets that {cls.__name__} could serve; {said}")


def _passed() -> list[tuple[int, str]]:
    """Descriptors and their names, as `sd_listen_fds_with_names` would tell."""
    count, pid = os.environ.get("LISTEN_FDS", ""), os.environ.get("LISTEN_PID", "")
    if not count.isascii() or not count.isdecimal() or not int(count):
        raise ValueError("systemd passed no sockets (LISTEN_FDS is not set); start this program by a .socket unit")
    if pid != str(os.getpid()):
        raise ValueError(f"systemd passed its sockets to process {pid or '(none)'}, and this is {os.getpid()}")
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    names += ["unknown"] * (int(count) - len(names))
    return [(FIRST_FD + index, names[index] or "unknown") for index in range(int(count))]


def _fd_fits(cls: type[TCPServer], fd: int) -> bool:
    sock = socket_of(fd)
    try:
        return _fits(cls, sock)
    finally:
        sock.detach()


# Shared ports


def warn_of_sharing(sock: socket.socket) -> None:
    """Log a warning if another process is bound to this socket's port, too. On Linux; elsewhere nobody can tell."""
    if sys.platform != "linux":
        return
    port = sock.getsockname()[1]
    if set(_holders(port, sock.type)) - _own_inodes():
        log.warning(
            "Port %d is shared with another process (SO_REUSEPORT): each gets a part of the clients, and those queued "
            "at one are reset when it closes.",
            port,
        )


def _holders(port: int, kind: int) -> Iterator[str]:
    """Inodes of the sockets that are bound to a port, and listen if they are streams."""
    stream = kind == socket.SOCK_STREAM
    for table in ("tcp", "tcp6") if stream else ("udp", "udp6"):
        try:
            with open(f"/proc/net/{table}", encoding="ascii") as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        for row in rows:
            if int(row[1].rpartition(":")[2], 16) == port and (not stream or row[3] == _LISTEN):
                yield row[9]


def _own_inodes() -> set[str]:
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:  # that of the listing itself
            continue
        if target.startswith("socket:["):
            found.add(target[len("socket:[") : -1])
    return found
