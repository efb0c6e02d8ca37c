"""Reads what is kept of whole runs: what became of the requests, and how long each stage takes."""

from __future__ import annotations

from ..observe.histogram import LIMIT, Histogram
from ..observe.stages import Stage
from . import rows
from .counters import COLUMNS
from .reading import Reading, Servers, of_servers
from .records import CountersRecord
from .timings import WHOLE

SUMS = ", ".join(f"coalesce(sum({column}), 0)" for column in COLUMNS.split(", "))
TIMINGS = "SELECT stage, bucket, sum(count), max(longest) FROM timing WHERE {condition} GROUP BY stage, bucket"
_STAGES = {int(stage): stage for stage in Stage}


class SummaryReader(Reading):
    """Each call costs the same, however much has been captured."""

    def counters(self, server: Servers = None) -> CountersRecord:
        """What became of the requests of these runs together."""
        condition, values = of_servers(server)
        sql = f"SELECT {SUMS} FROM counters WHERE {condition}"
        return self._records(rows.counters_record, sql, values)[0]

    def timings(self, server: Servers = None) -> dict[Stage | None, Histogram]:
        """How long each stage took in these runs together, ns; None: the request from accept to close."""
        condition, values = of_servers(server)
        found = self._all(TIMINGS.format(condition=condition), values)
        stages: dict[int, list[rows.Values]] = {}
        with self._sensible():
            for row in found:
                stage, *part = rows.integers(*row)
                stages.setdefault(stage, []).append(tuple(part))
        known: dict[int, Stage | None] = {WHOLE: None, **_STAGES}
        return {known[stage]: _histogram(parts) for stage, parts in stages.items() if stage in known}


def _histogram(parts: list[rows.Values]) -> Histogram:
    counts = {bucket: count for bucket, count, _ in parts if 0 <= bucket < LIMIT and count > 0}
    return Histogram(counts, max(longest for *_, longest in parts))
