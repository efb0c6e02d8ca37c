"""What is wrong with a typed value, in one sentence; an empty sentence means nothing is. No widgets here."""

from __future__ import annotations

import ipaddress
import os
import re
import shlex
import shutil
import stat
from collections.abc import Collection
from pathlib import Path

from app.text import number as count_text
from app.text import tr
from engine.hosting.checks import LONGEST

LONGEST_PATH = 107
"""Bytes of a Unix socket's path: sun_path holds 108 with the final NUL."""

WILDCARDS = ("", "0.0.0.0", "::", "[::]", "*")
_HOST_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_-]{1,63})*\.?$")
_NUMBERS = re.compile(r"[0-9.]+$")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*$")


def check_name(name: str, taken: Collection[str]) -> str:
    """A server's name: something, once, on one line."""
    if not name.strip():
        return tr("Give the server a name.")
    if name.strip() in taken:
        return tr("Another server has this name already.")
    return ""


def check_host(host: str) -> str:
    """An address to bind to: IPv4, IPv6 or a host name."""
    host = host.strip()
    if host in WILDCARDS:
        return ""
    if ":" in host or _NUMBERS.match(host):
        return "" if _is_address(host) else tr("{host} is not an IP address.").format(host=host)
    return "" if _HOST_NAME.match(host) else tr("{host} is not a host name or an address.").format(host=host)


def reaches_others(host: str) -> bool:
    """Whether a server bound to this address can be reached from other machines."""
    host = host.strip()
    if host in WILDCARDS:
        return True
    if not _is_address(host):
        return host.lower() not in ("localhost", "ip6-localhost")
    return not ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_loopback


def check_port(text: str) -> str:
    """A port: 0 lets the system choose."""
    text = text.strip()
    if not re.fullmatch(r"-?[0-9]+", text):
        return tr("The port is a whole number; 0 lets the system choose.")
    port = int(text)
    if not 0 <= port <= 65535:
        return tr("Port {port} is out of range: use 0 to 65535.").format(port=port)
    if 0 < port < first_free_to_all() and os.geteuid() != 0:
        return tr("Port {port} needs root on this system: use {first} or above.").format(
            port=port, first=first_free_to_all()
        )
    return ""


def first_free_to_all() -> int:
    """The first port that anyone may bind."""
    try:
        return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    except (OSError, ValueError):
        return 1024


def check_socket_path(path: str) -> str:
    """The path of a Unix socket; a leading @ names an abstract one."""
    if not path.strip():
        return tr("Choose a path for the socket.")
    length = len(os.fsencode(path))
    if length > LONGEST_PATH:
        return tr("The path has {n} bytes; a socket's path may have {most}.").format(n=length, most=LONGEST_PATH)
    if path.startswith("@"):
        return "" if len(path) > 1 else tr("Give the abstract socket a name after the @.")
    return _check_place(Path(path).expanduser())


def _check_place(path: Path) -> str:
    if not path.is_absolute():
        return tr("Give the whole path, from / on.")
    if not path.parent.is_dir():
        return tr("The directory {directory} does not exist.").format(directory=path.parent)
    if path.exists() and not stat.S_ISSOCK(path.stat().st_mode):
        return tr("{path} exists and is not a socket.").format(path=path)
    return ""


def check_file(path: str, what: str) -> str:
    """A file that must exist; `what` it is for completes the sentence "Choose ..."."""
    if not path.strip():
        return tr("Choose {what}.").format(what=what)
    if not Path(path).expanduser().is_file():
        return tr("There is no file {path}.").format(path=path)
    return ""


def check_directory(path: str) -> str:
    """A working directory; none means the handler's own."""
    if path.strip() and not Path(path).expanduser().is_dir():
        return tr("There is no directory {path}.").format(path=path)
    return ""


def check_interpreter(path: str) -> str:
    """A Python; none means the one that runs Socketscope."""
    if path.strip() and shutil.which(str(Path(path.strip()).expanduser())) is None:
        return tr("{path} is not a program that can be run.").format(path=path)
    return ""


def check_arguments(text: str) -> str:
    """Arguments as a shell splits them."""
    try:
        shlex.split(text)
    except ValueError:
        return tr("A quotation mark is missing its partner.")
    return ""


def check_environment(text: str) -> str:
    """One NAME=value a line."""
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, _ = line.partition("=")
        if line.strip() and not (equals and _VARIABLE.match(name.strip())):
            return tr("Line {n} is not NAME=value.").format(n=number)
    return ""


def read_environment(text: str) -> dict[str, str]:
    """The variables of a text that passed `check_environment`."""
    pairs = (line.partition("=") for line in text.splitlines() if line.strip())
    return {name.strip(): value for name, _, value in pairs}


def check_seconds(text: str) -> str:
    """A time that a stage may last."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST:
        return tr("Seconds from 0 (never) to {most}, such as 0.5.").format(most=count_text(LONGEST))
    return ""


def check_module(name: str) -> str:
    """A dotted module name."""
    if not name.strip():
        return tr("Give the module's name, such as http.server.")
    good = all(part.isidentifier() for part in name.strip().split("."))
    return "" if good else tr("{name} is not a module name.").format(name=name.strip())


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True
