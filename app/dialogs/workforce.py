"""The class attributes of servers whose workers live longer than a request: thread pools and pre-forked processes."""

from __future__ import annotations

from app.text import QT_TR_NOOP

from .attribute import Attribute

POOL = ("pool",)
PREFORK = ("prefork",)

WORKFORCE: tuple[Attribute, ...] = (
    Attribute(
        "max_workers",
        "server",
        int,
        64,
        QT_TR_NOOP("How many threads there may be; further requests wait for one of them."),
        concurrencies=POOL,
        lowest=1,
        highest=10_000,
        unit=QT_TR_NOOP("threads"),
    ),
    Attribute(
        "min_workers",
        "server",
        int,
        1,
        QT_TR_NOOP("How many threads stay when there is nothing to do."),
        concurrencies=POOL,
        lowest=1,
        highest=10_000,
        unit=QT_TR_NOOP("threads"),
        ceiling="max_workers",
    ),
    Attribute(
        "worker_idle_timeout",
        "server",
        float,
        30.0,
        QT_TR_NOOP("After how long a thread beyond min_workers ends when there is nothing to do; None: never."),
        concurrencies=POOL,
        lowest=0.001,
        highest=86400,
        unit=QT_TR_NOOP("s"),
        optional=True,
    ),
    Attribute(
        "queue_limit",
        "server",
        int,
        128,
        QT_TR_NOOP("How many accepted requests may wait for a thread."),
        concurrencies=POOL,
        lowest=0,
        highest=1_000_000,
        unit=QT_TR_NOOP("requests"),
    ),
    Attribute(
        "overflow",
        "server",
        str,
        "wait",
        QT_TR_NOOP(
            "Beyond queue_limit, requests wait in the kernel's queue (wait), are closed unserved (drop), "
            "or the loop serves them itself (caller)."
        ),
        concurrencies=POOL,
        choices=("wait", "drop", "caller"),
    ),
    Attribute(
        "thread_name_prefix",
        "server",
        str,
        "",
        QT_TR_NOOP("What the names of the threads begin with; empty: the server's class."),
        concurrencies=POOL,
        unit=QT_TR_NOOP("the class"),
    ),
    Attribute(
        "workers",
        "server",
        int,
        None,
        QT_TR_NOOP("How many processes serve; None: two for each CPU, at least 4 and at most 16."),
        concurrencies=PREFORK,
        lowest=1,
        highest=1024,
        unit=QT_TR_NOOP("processes"),
        optional=True,
    ),
    Attribute(
        "max_requests",
        "server",
        int,
        None,
        QT_TR_NOOP("After so many requests a process is replaced by a fresh one; None: never."),
        concurrencies=PREFORK,
        lowest=1,
        highest=10**9,
        unit=QT_TR_NOOP("requests"),
        optional=True,
    ),
    Attribute(
        "worker_timeout",
        "server",
        float,
        None,
        QT_TR_NOOP("A process that is at one request for longer is killed and replaced; None: never."),
        concurrencies=PREFORK,
        lowest=0.001,
        highest=86400,
        unit=QT_TR_NOOP("s"),
        optional=True,
    ),
    Attribute(
        "stop_timeout",
        "server",
        float,
        30.0,
        QT_TR_NOOP(
            "How long requests in flight may take when the server stops; None: no limit. "
            "The Stop button waits 2 s at most."
        ),
        concurrencies=PREFORK,
        lowest=0.001,
        highest=86400,
        unit=QT_TR_NOOP("s"),
        optional=True,
    ),
)
