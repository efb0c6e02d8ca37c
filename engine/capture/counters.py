"""What has become of each server's requests, counted from the start of its run: accepted is not handled."""

from __future__ import annotations

from collections.abc import Iterable

from .records import State

FIELDS = {
    State.DONE: "handled",
    State.REJECTED: "rejected",
    State.ERROR: "failed",
    State.RESET: "reset",
    State.TIMED_OUT: "timed_out",
    State.KILLED: "killed",
}
COLUMNS = "accepted, handled, rejected, failed, reset, timed_out, killed, truncated, bytes_in, bytes_out"
REPLACE_COUNTERS = f"INSERT OR REPLACE INTO counters (server, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

CountersRow = tuple[int, ...]
"""Server, and then COLUMNS."""


class Counters:
    """Of one server."""

    __slots__ = ("accepted", "bytes_in", "bytes_out", "dirty", "ends", "truncated")

    def __init__(self) -> None:
        self.accepted = 0
        self.ends = dict.fromkeys(FIELDS, 0)
        """Requests that are over, by how they ended."""
        self.truncated = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.dirty = True

    def row(self, server: int) -> CountersRow:
        """As the table has it."""
        ends = self.ends.values()
        return server, self.accepted, *ends, self.truncated, self.bytes_in, self.bytes_out


class CounterBook:
    """Of all servers."""

    def __init__(self) -> None:
        self._counters: dict[int, Counters] = {}

    def of(self, server: int) -> Counters:
        """One server's; whoever asks is about to change them."""
        counters = self._counters.get(server)
        if counters is None:
            counters = self._counters[server] = Counters()
        counters.dirty = True
        return counters

    def rows(self) -> list[CountersRow]:
        """Those that have changed since the last call."""
        changed = [(server, one) for server, one in self._counters.items() if one.dirty]
        for _, one in changed:
            one.dirty = False
        return [one.row(server) for server, one in changed]

    def clear(self, live: Iterable[int]) -> None:
        """Count from now on; `live` are the servers of the requests that are being served."""
        self._counters.clear()
        for server in live:
            self.of(server).accepted += 1
