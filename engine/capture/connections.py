"""Where live connections stand: worked out of bytes and stages that are there anyway, so it costs a server nothing.

Only requests that live are looked at, by the index of those; each costs a few steps, whatever has passed through it.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import rows
from .reading import Reading, Servers, marks, of_servers, slices
from .records import ConnectionRecord

LIVE = f"SELECT {rows.CONNECTION_COLUMNS} FROM request WHERE request.closed IS NULL AND request.id"
UNINDEXED = "+server"
"""By its server would mean to look at all requests that it has ever had."""


class ConnectionReader(Reading):
    """What engine.Connections tells inside a program, told from outside."""

    def connections(self, server: Servers = None, *, after: int = 0, limit: int = 1000) -> list[ConnectionRecord]:
        """The first `limit` live ones of these runs beyond the request `after`, in the order of acceptance."""
        condition, values = of_servers(server, column=UNINDEXED)
        sql = f"{LIVE} > ? AND {condition} ORDER BY request.id LIMIT ?"
        return self._records(rows.connection_record, sql, (after, *values, limit))

    def _connections(self, requests: Sequence[int]) -> dict[int, ConnectionRecord]:
        """Those of them that live, by the requests' numbers."""
        found: dict[int, ConnectionRecord] = {}
        for some in slices(requests):
            records = self._records(rows.connection_record, f"{LIVE} IN ({marks(some)})", some)
            found.update((record.request, record) for record in records)
        return found
