"""The class attributes of all kinds of servers and handlers: a record each, and a row of the dialog."""

from __future__ import annotations

from collections.abc import Iterator

from app.text import QT_TR_NOOP

from .attribute import DATAGRAMS, INTERNET, STREAMS, Attribute
from .workforce import WORKFORCE

ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(
        "allow_reuse_address",
        "server",
        bool,
        False,
        QT_TR_NOOP(
            "Bind at once even while old connections of the same address are still in TIME_WAIT (SO_REUSEADDR)."
        ),
        families=INTERNET,
    ),
    Attribute(
        "allow_reuse_port",
        "server",
        bool,
        False,
        QT_TR_NOOP("Let several sockets bind the same port; the kernel shares connections among them (SO_REUSEPORT)."),
        families=INTERNET,
    ),
    Attribute(
        "request_queue_size",
        "server",
        int,
        5,
        QT_TR_NOOP("Connections that the kernel keeps waiting for accept(); with 5, a burst of clients stalls."),
        families=STREAMS,
        lowest=1,
        highest=65535,
        unit=QT_TR_NOOP("connections"),
    ),
    Attribute(
        "timeout",
        "server",
        float,
        None,
        QT_TR_NOOP(
            "How long handle_request() waits for a request before it calls handle_timeout(); None waits for ever.",
        ),
        lowest=0.001,
        highest=86400,
        unit=QT_TR_NOOP("s"),
        optional=True,
    ),
    Attribute(
        "max_packet_size",
        "server",
        int,
        8192,
        QT_TR_NOOP("Buffer for one datagram; what is longer is cut off by the kernel."),
        families=DATAGRAMS,
        lowest=1,
        highest=1 << 20,
        unit=QT_TR_NOOP("bytes"),
    ),
    Attribute(
        "poll_interval",
        "server",
        float,
        0.5,
        QT_TR_NOOP("How often serve_forever() looks whether it shall stop, and calls service_actions()."),
        lowest=0.001,
        highest=60,
        unit=QT_TR_NOOP("s"),
    ),
    Attribute(
        "daemon_threads",
        "server",
        bool,
        False,
        QT_TR_NOOP("Do not wait for handler threads when the process ends."),
        concurrencies=("threading", "pool"),
    ),
    Attribute(
        "block_on_close",
        "server",
        bool,
        True,
        QT_TR_NOOP("server_close() waits until every handler thread or child has ended."),
        concurrencies=("threading", "forking", "pool"),
    ),
    Attribute(
        "max_children",
        "server",
        int,
        40,
        QT_TR_NOOP("How many children may live at once; at the limit the server waits for one to end."),
        concurrencies=("forking",),
        lowest=1,
        highest=4096,
        unit=QT_TR_NOOP("children"),
    ),
    *WORKFORCE,
    Attribute(
        "rbufsize",
        "handler",
        int,
        -1,
        QT_TR_NOOP("Buffer of rfile: -1 is the default size, 0 is unbuffered."),
        families=STREAMS,
        lowest=-1,
        highest=1 << 26,
        unit=QT_TR_NOOP("bytes"),
    ),
    Attribute(
        "wbufsize",
        "handler",
        int,
        0,
        QT_TR_NOOP("Buffer of wfile: 0 sends each write at once, a positive size sends when it is full or flushed."),
        families=STREAMS,
        lowest=-1,
        highest=1 << 26,
        unit=QT_TR_NOOP("bytes"),
    ),
    Attribute(
        "timeout",
        "handler",
        float,
        None,
        QT_TR_NOOP("Time limit of each recv and send of a connection; None has no limit."),
        families=STREAMS,
        lowest=0.001,
        highest=86400,
        unit=QT_TR_NOOP("s"),
        optional=True,
    ),
    Attribute(
        "disable_nagle_algorithm",
        "handler",
        bool,
        False,
        QT_TR_NOOP("Send small writes at once instead of gathering them (TCP_NODELAY)."),
        families=("tcp",),
    ),
)


def attributes_of(owner: str, family: str, concurrency: str) -> Iterator[Attribute]:
    """The attributes that a server of this kind, or its handler, has."""
    return (a for a in ATTRIBUTES if a.owner == owner and a.applies(family, concurrency))
