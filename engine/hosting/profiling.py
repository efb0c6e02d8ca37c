"""Orders about profiles: begin one in a host, end it, hear what it has found so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import HostingError
from .runner import Runner


class Profiling:
    """Passes orders to hosts, and their answers back through `late`."""

    def __init__(self, runner: Runner, late: Callable[[int, dict[str, Any]], None]) -> None:
        self._runner = runner
        self._late = late
        self._tickets = 0

    @property
    def actions(self) -> dict[str, Callable[[int, dict[str, Any]], None]]:
        """By the orders' names."""
        return {"sample": self.sample}

    def sample(self, ticket: int, order: dict[str, Any]) -> None:
        """`on`: true begins, false ends, null or nothing only asks. The answer's `sampled` is what was found."""
        key = str(order.get("key", ""))
        entry = self._runner.entries.get(key) or self._runner.entries.get(key.rpartition("/")[0])
        if entry is None or entry.host is None:
            raise HostingError("not_running", "The server does not run.")
        self._tickets -= 1
        self._runner.sample_answers[self._tickets] = lambda found: self._late(ticket, {"ok": True, "sampled": found})
        entry.host.tell("sample", ticket=self._tickets, on=order.get("on"))
