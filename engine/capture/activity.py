"""Reads what goes on over time: workers, their spans, load, CPU and output."""

from __future__ import annotations

from collections.abc import Sequence

from . import rows
from .load import ALL
from .reading import Reading, Servers, marks, of_servers, slices
from .records import CpuRecord, LoadRecord, OutputRecord, SpanRecord, WorkerRecord

CROSSING_LIMIT = 5000
"""How far past its end a window looks for requests that began in it."""
UNINDEXED = "+server"
"""A window of time is found by time: by its server would mean to look at all that the server has ever done."""
SECONDS_LIMIT = 86_400
LOAD_COLUMNS = "second, opened, closed, failed, in_flight, bytes_in, bytes_out, p50, p95, p99, queued"
CROSSING = f"""
SELECT {rows.SPAN_COLUMNS} FROM (
    SELECT {rows.SPAN_COLUMNS} FROM request WHERE closed >= ? AND closed <= ? AND {{condition}}
    ORDER BY closed DESC LIMIT ?)
UNION ALL
SELECT {rows.SPAN_COLUMNS} FROM (
    SELECT {rows.SPAN_COLUMNS} FROM request WHERE closed > ? ORDER BY closed LIMIT {CROSSING_LIMIT})
    WHERE opened <= ? AND {{condition}}
UNION ALL
SELECT {rows.SPAN_COLUMNS} FROM request WHERE closed IS NULL AND opened <= ? AND {{condition}}
"""

PROGRAMS = """
SELECT program.id FROM server AS program JOIN server AS part ON program.pid = part.pid AND program.class = 'script'
WHERE {condition} AND part.started >= program.started AND part.started <= coalesce(program.stopped, part.started)
"""
"""The programs that made these servers."""


class ActivityReader(Reading):
    """What lanes, charts and the output panel show."""

    def workers(self, server: Servers = None, since: int = 0) -> list[WorkerRecord]:
        """Those that were alive at `since` or later, in the order in which they began."""
        condition, values = of_servers(server, column=UNINDEXED)
        workers = f"SELECT {rows.WORKER_COLUMNS} FROM worker WHERE {condition}"
        sql = f"{workers} AND ended >= ? UNION ALL {workers} AND ended IS NULL"
        found = self._records(rows.worker_record, sql, (*values, since, *values))
        return sorted(found, key=lambda worker: worker.id)

    def workers_by_id(self, ids: Sequence[int]) -> list[WorkerRecord]:
        """These workers, as far as they are known."""
        found: list[WorkerRecord] = []
        for some in slices(ids):
            sql = f"SELECT {rows.WORKER_COLUMNS} FROM worker WHERE id IN ({marks(some)})"
            found += self._records(rows.worker_record, sql, some)
        return found

    def spans(self, server: Servers, since: int, until: int, limit: int = 2000, detail: int = 0) -> list[SpanRecord]:
        """Requests that were being served between two times: the newest `limit`, the oldest first.

        Those that lasted less than `detail` ns come without their stages.
        """
        condition, values = of_servers(server, column=UNINDEXED)
        sql = CROSSING.format(condition=condition)
        parameters = (since, until, *values, limit, until, until, *values, until, *values)
        found = sorted(self._all(sql, parameters), key=lambda row: row[0])[-limit:]
        stages = self._stages([row[0] for row in found if row[5] is None or row[5] - row[4] >= detail])
        with self._sensible():
            return [rows.span_record(row, stages.get(row[0], ())) for row in found]

    def load(self, server: Servers, since_second: int, until: int) -> list[LoadRecord]:
        """One record for each second from `since_second` to `until`, quiet ones included."""
        since_second = max(since_second, until - SECONDS_LIMIT)
        numbers = of_servers(ALL if server is None else server)[1]
        series = [self._load(number, since_second, until) for number in numbers]
        return [_together(records) for records in zip(*series, strict=True)]

    def cpu(self, server: Servers, since: int) -> list[CpuRecord]:
        """Samples of threads and processes after `since`; of a program's server with what the program itself used."""
        condition, values = of_servers(server)
        columns = "SELECT server, at, pid, thread, share, rss FROM cpu WHERE at > ?"
        if server is None:
            return self._records(rows.cpu_record, f"{columns} ORDER BY at", (since,))
        programs = PROGRAMS.format(condition=of_servers(server, column="part.id")[0])
        sql = f"{columns} AND ({condition} OR server IN ({programs})) ORDER BY at"
        return self._records(rows.cpu_record, sql, (since, *values, *values))

    def output(self, server: Servers = None, after_id: int = 0, limit: int = 1000) -> list[OutputRecord]:
        """The first `limit` lines after `after_id`."""
        condition, values = of_servers(server)
        sql = f"SELECT id, server, at, pid, stream, line FROM output WHERE id > ? AND {condition} ORDER BY id LIMIT ?"
        return self._records(rows.output_record, sql, (after_id, *values, limit))

    def last_output(self, server: Servers = None, limit: int = 1000) -> list[OutputRecord]:
        """The newest `limit` lines, the newest last."""
        condition, values = of_servers(server)
        sql = f"SELECT id, server, at, pid, stream, line FROM output WHERE {condition} ORDER BY id DESC LIMIT ?"
        return self._records(rows.output_record, sql, (*values, limit))[::-1]

    def _load(self, server: int, since: int, until: int) -> list[LoadRecord]:
        sql = f"SELECT {LOAD_COLUMNS} FROM load WHERE server = ? AND second >= ? AND second <= ? ORDER BY second"
        found = self._records(rows.load_record, sql, (server, since, until))
        stored = {record.second: record for record in found}
        before = "SELECT in_flight FROM load WHERE server = ? AND second < ? ORDER BY second DESC LIMIT 1"
        flying = next((row[0] for row in self._all(before, (server, since))), 0)
        records: list[LoadRecord] = []
        for second in range(since, until + 1):
            record = stored.get(second) or LoadRecord(second, 0, 0, 0, flying, 0, 0, None, None, None)
            flying = record.in_flight
            records.append(record)
        return records


def _together(records: tuple[LoadRecord, ...]) -> LoadRecord:
    """Several servers' second as one. Percentiles do not add up: those of the one with most requests stand for all."""
    if len(records) == 1:
        return records[0]
    busiest = max(records, key=lambda record: record.closed)
    return LoadRecord(
        busiest.second,
        sum(record.opened for record in records),
        sum(record.closed for record in records),
        sum(record.failed for record in records),
        sum(record.in_flight for record in records),
        sum(record.bytes_in for record in records),
        sum(record.bytes_out for record in records),
        busiest.p50,
        busiest.p95,
        busiest.p99,
        max(record.queued for record in records),
    )
