"""The file of a Unix socket: with what mode it is made, whose it is, and when it may be removed."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .tcp import TCPServer

MODES = 0o777

Owned = tuple[str, int, int, int]
"""A socket's file as it was made: absolute path, device, inode, and the process that made it."""


def check_mode(mode: object) -> None:
    """Raise ValueError if `mode` is neither None nor the permissions of a file."""
    if mode is not None and not (type(mode) is int and 0 <= mode <= MODES):
        raise ValueError(f"socket_mode must be None or permissions from 0 to 0o777, not {mode!r}")


def path_of(address: Any) -> str:
    """The path that an address names; "" if it is abstract, or chosen by the kernel."""
    path = os.fsdecode(address) if isinstance(address, str | bytes) else ""
    return "" if path.startswith("\0") else path


def bind(server: TCPServer, plain_bind: Callable[[], None], mode: int | None, replace_stale: bool) -> Owned | None:
    """Bind as `plain_bind` does. Nobody but those whom `mode` lets can ever connect, not even for a moment."""
    check_mode(mode)
    path = "" if server._ss_adopted else path_of(server.server_address)
    if not path:
        plain_bind()
        return None
    with _sole_use(os.path.dirname(path) or ".") if replace_stale else contextlib.nullcontext(False) as sole:
        if sole:
            _remove_stale(path, server.socket_type)
        _bind(server.socket.fileno(), path, plain_bind, mode)
    made = os.lstat(path)
    return os.path.abspath(path), made.st_dev, made.st_ino, os.getpid()


def _bind(fd: int, path: str, plain_bind: Callable[[], None], mode: int | None) -> None:
    if mode is not None:
        with contextlib.suppress(OSError):  # Linux makes the file with the socket's own mode, less the umask
            os.fchmod(fd, mode)
    plain_bind()
    if mode is not None:
        os.chmod(path, mode)  # what the umask took; it does not listen yet


def remove(owned: Owned) -> None:
    """Remove a file that is still the one that was made: another server may have put its own in its place."""
    path, device, inode, pid = owned
    if pid != os.getpid():
        return
    with contextlib.suppress(OSError):  # it has gone, or is out of reach
        status = os.lstat(path)
        if (status.st_dev, status.st_ino) == (device, inode):
            os.unlink(path)


@contextlib.contextmanager
def _sole_use(directory: str) -> Iterator[bool]:
    """Whether no other server removes or makes sockets here meanwhile; as far as they ask, as this one does."""
    import fcntl  # there are Unix sockets where this is not

    fd = -1
    try:
        try:
            fd = os.open(directory, os.O_RDONLY)
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            sole = True
        except OSError:  # `bind` says what is wrong
            sole = False
        yield sole
    finally:
        if fd >= 0:
            os.close(fd)


def _remove_stale(path: str, kind: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(os.lstat(path).st_mode) and not answers(path, kind):
            os.unlink(path)


def answers(path: str, kind: int) -> bool:
    """Whether somebody is bound. A full queue (EAGAIN) is somebody; only a refusal proves that nobody is left."""
    with socket.socket(socket.AF_UNIX, kind) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True
