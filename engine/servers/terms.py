"""Checks of what a server's class, or the one who makes it, asks for."""

from __future__ import annotations

import threading
from typing import Any

OVERFLOWS = ("wait", "drop", "caller")
MOST_PROCESSES = 1024


def check_pool(server: Any) -> None:
    """Raise ValueError for a setting of a thread pool that makes no sense, with its name and what it may be."""
    whole("max_workers", server.max_workers, 1, 10_000)
    whole("min_workers", server.min_workers, 1, server.max_workers)
    whole("queue_limit", server.queue_limit, 0, 1_000_000)
    seconds("worker_idle_timeout", server.worker_idle_timeout)
    if server.overflow not in OVERFLOWS:
        raise ValueError(f"overflow must be one of {', '.join(map(repr, OVERFLOWS))}, not {server.overflow!r}")
    if not isinstance(server.thread_name_prefix, str):
        raise ValueError(f"thread_name_prefix must be a string, not {server.thread_name_prefix!r}")


def check_prefork(server: Any) -> None:
    """Raise ValueError for a setting of a pre-forking server that makes no sense, with its name and what it may be."""
    if server.workers is not None:
        whole("workers", server.workers, 1, MOST_PROCESSES)
    if server.max_requests is not None:
        whole("max_requests", server.max_requests, 1, 10**9)
    seconds("worker_timeout", server.worker_timeout)
    seconds("stop_timeout", server.stop_timeout)


def whole(name: str, value: object, least: int, most: int) -> None:
    """Raise ValueError unless `value` is a whole number in this range."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name} must be a whole number from {least:,} to {most:,}, not {value!r}")


def seconds(name: str, value: object) -> None:
    """Raise ValueError unless `value` is a number of seconds that can be waited for, or None."""
    known = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (known and 0 < value <= threading.TIMEOUT_MAX):  # type: ignore[operator]  # a number
        raise ValueError(
            f"{name} must be more than 0 s and at most {threading.TIMEOUT_MAX:,.0f} s, or None, not {value!r}"
        )
