"""Reads failures that are equal as one: how often, from which request to which, and which are next to a given one."""

from __future__ import annotations

from . import rows
from .reading import Reading, Servers, of_servers
from .records import Alike, FailureGroup, FailureRecord

_GROUPS = """
SELECT grouped.*, failure.server, failure.stage, failure.at, failure.type, failure.message, failure.place, failure.cause
FROM (
    SELECT signature, count(*), min(request), max(request), max(id) AS newest FROM failure
    WHERE {condition} GROUP BY signature ORDER BY newest DESC LIMIT ?
) AS grouped JOIN failure ON failure.id = grouped.newest
ORDER BY newest DESC
"""
_ALIKE = "SELECT count(DISTINCT request), min(request), max(request) FROM failure WHERE signature = ? AND request {}"


class AlikeReader(Reading):
    """What the list of failures and the exception's head show."""

    @property
    def last_failure(self) -> int:
        """Number of the newest failure, 0 if there is none: whether a list of them is still true."""
        return self._number("SELECT max(id) FROM failure")

    def failure_groups(self, server: Servers = None, *, limit: int = 200) -> list[FailureGroup]:
        """Groups of equal failures, the one that failed last first."""
        condition, values = of_servers(server)
        sql = _GROUPS.format(condition=condition)
        found = [(*row[:4], *row[5:]) for row in self._all(sql, (*values, limit))]
        with self._sensible():
            return [rows.failure_group(row) for row in found]

    def further_failures(self, request: int, *, limit: int = 5) -> list[FailureRecord]:
        """What a request raised after its first failure: in `finish`, say, because `handle` had left things undone."""
        sql = f"SELECT {rows.FAILURE_COLUMNS} FROM failure WHERE request = ? ORDER BY id LIMIT ? OFFSET 1"
        return self._records(rows.failure_record, sql, (request, limit))

    def alike(self, request: int) -> Alike | None:
        """The place of a failed request among those that failed alike; None if it has not failed."""
        with self._reading():
            found = self._all("SELECT signature FROM failure WHERE request = ? ORDER BY id LIMIT 1", (request,))
            if not found:
                return None
            signature = found[0][0]
            before, first, previous = self._all(_ALIKE.format("< ?"), (signature, request))[0]
            after, following, last = self._all(_ALIKE.format("> ?"), (signature, request))[0]
        with self._sensible():
            rows.integers(before, first, previous, after, following, last)
        place = before + 1
        return Alike(
            str(signature), place, place + after, first or request, previous, following, last or request
        )  # fmt: skip
