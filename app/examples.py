"""The six example servers: what each teaches, which server it runs on, and what its demo clients say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.text import QT_TR_NOOP, tr
from engine.hosting.profile import Profile

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "examples"


@dataclass(frozen=True)
class Talk:
    """What one kind of demo client does: sends `payload` every `interval_ms` for ever, from `clients` clients."""

    payload: bytes
    interval_ms: int
    clients: int = 1
    half_close: bool = True


@dataclass(frozen=True)
class Example:
    """One card of the welcome page. `name` also names the server made from it."""

    name: str
    title: str
    lesson: str
    server_class: str
    file: str
    handler: str
    icon: str
    talks: tuple[Talk, ...]

    @property
    def path(self) -> Path:
        """The file with the handler."""
        return FOLDER / self.file

    def profile(self, *, port: int = 0, path: str = "") -> Profile:
        """How to run it; port 0 means a free one."""
        more: dict[str, Any] = {"path": path} if path else {"port": port}
        return Profile(
            name=self.name,
            server_class=self.server_class,
            handler_file=str(self.path),
            handler_class=self.handler,
            example=self.name,
            **more,
        )


def _length_prefixed(text: bytes, claimed: int) -> bytes:
    return claimed.to_bytes(4, "big") + text + b"\r\n"


EXAMPLES: tuple[Example, ...] = (
    Example(
        "echo-threads",
        QT_TR_NOOP("Echo"),
        QT_TR_NOOP("A thread for each connection. Start here: every byte in comes out again."),
        "ThreadingTCPServer",
        "echo.py",
        "EchoHandler",
        "rotate-ccw",
        (
            Talk(b"hello from a demo client\r\n", 500),
            Talk(b"first line\r\nsecond line\r\n", 700),
            Talk(b"0123456789" * 24 + b"\n", 650),
        ),
    ),
    Example(
        "upper-fork",
        QT_TR_NOOP("Uppercase line"),
        QT_TR_NOOP("A child process for each connection: see them come, work and exit."),
        "ForkingTCPServer",
        "uppercase.py",
        "UppercaseHandler",
        "arrow-up-right",
        (Talk(b"shout this for me\n", 600), Talk(b"one fork, one request\n", 900)),
    ),
    Example(
        "broken-length",
        QT_TR_NOOP("Broken length prefix"),
        QT_TR_NOOP("A handler that raises: from the red mark to the bytes that caused it."),
        "ThreadingTCPServer",
        "broken_length.py",
        "LengthHandler",
        "bug",
        (
            Talk(_length_prefixed(b"hello world!", 12), 400),
            Talk(_length_prefixed(b"a correct message", 17), 550),
            Talk(_length_prefixed(b"hello world!", 14), 1500),
        ),
    ),
    Example(
        "slow-single",
        QT_TR_NOOP("Slow handler"),
        QT_TR_NOOP("One thread for all: while it works, everybody else waits."),
        "TCPServer",
        "slow.py",
        "SlowHandler",
        "clock",
        (Talk(b"quick\n", 450), Talk(b"quick too\n", 600), Talk(b"slow\n", 1800)),
    ),
    Example(
        "udp-clock",
        QT_TR_NOOP("UDP clock"),
        QT_TR_NOOP("Datagrams: no connection, one packet in and one packet out."),
        "UDPServer",
        "udp_clock.py",
        "ClockHandler",
        "activity",
        (Talk(b"time\n", 400), Talk(b"date\n", 700), Talk(b"what?\n", 1100)),
    ),
    Example(
        "unix-control",
        QT_TR_NOOP("Unix-socket control"),
        QT_TR_NOOP("A socket that is a file: who may open the file may talk to it."),
        "ThreadingUnixStreamServer",
        "unix_control.py",
        "ControlHandler",
        "plug",
        (Talk(b"ping\nadd 2 40\n", 600), Talk(b"pid\nquit\n", 800), Talk(b"help\n", 1300)),
    ),
)


def example(name: str) -> Example | None:
    """The example with this name."""
    return next((one for one in EXAMPLES if one.name == name), None)


def title(one: Example) -> str:
    """Its title in the person's language."""
    return tr(one.title)


def lesson(one: Example) -> str:
    """What it teaches, in the person's language."""
    return tr(one.lesson)
