"""The load second by second: counts, bytes, requests in flight and the exact percentiles of their durations."""

from __future__ import annotations

from collections.abc import Iterator

SECOND = 1_000_000_000
KEPT_SECONDS = 8
"""Facts may be this late and still count in their own second."""
ALL = 0
"""The server number under which all servers together are stored."""

LoadRow = tuple[int, int, int, int, int, int, int, int, int | None, int | None, int | None, int]


class Bucket:
    """One second of one server."""

    __slots__ = ("bytes_in", "bytes_out", "closed", "dirty", "durations", "failed", "opened", "percentiles", "queued")

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0
        self.failed = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.durations: list[int] = []
        self.percentiles: tuple[int | None, int | None, int | None] = (None, None, None)
        self.queued = 0
        """The most clients seen waiting in the accept queue."""
        self.dirty = True

    def add(self, other: Bucket) -> None:
        """Take another server's second into this one."""
        self.opened += other.opened
        self.closed += other.closed
        self.failed += other.failed
        self.bytes_in += other.bytes_in
        self.bytes_out += other.bytes_out
        self.durations += other.durations
        self.queued = max(self.queued, other.queued)

    def rank(self) -> tuple[int | None, int | None, int | None]:
        """p50, p95 and p99 of the durations."""
        if self.dirty and self.durations:
            self.durations.sort()
            self.percentiles = (self._at(50), self._at(95), self._at(99))
        return self.percentiles

    def _at(self, percent: int) -> int:
        return self.durations[-(-percent * len(self.durations) // 100) - 1]


class Series:
    """The recent seconds of one server. `before` is the number in flight before the first of them."""

    __slots__ = ("before", "buckets")

    def __init__(self) -> None:
        self.before = 0
        self.buckets: dict[int, Bucket] = {}

    def rows(self, server: int, first: int) -> Iterator[LoadRow]:
        """The table's rows from second `first` on."""
        flying = self.before
        for second in sorted(self.buckets):
            bucket = self.buckets[second]
            flying += bucket.opened - bucket.closed
            if second >= first:
                counts = (bucket.opened, bucket.closed, bucket.failed, flying, bucket.bytes_in, bucket.bytes_out)
                yield (server, second, *counts, *bucket.rank(), bucket.queued)
            bucket.dirty = False

    def forget(self, limit: int) -> None:
        """Drop the seconds before `limit`."""
        for second in [one for one in self.buckets if one < limit]:
            bucket = self.buckets.pop(second)
            self.before += bucket.opened - bucket.closed


class LoadBook:
    """Collects the load of all servers."""

    def __init__(self) -> None:
        self._series: dict[int, Series] = {}
        self._before = 0
        self._forgotten = 0
        """Seconds before this one are no longer in memory."""
        self._dirty_from: int | None = None

    def bucket(self, server: int, at: int) -> Bucket:
        """The second that a fact belongs to; whoever asks is about to change it."""
        second = max(at // SECOND, self._forgotten)
        series = self._series.get(server)
        if series is None:
            series = self._series[server] = Series()
        bucket = series.buckets.get(second)
        if bucket is None:
            bucket = series.buckets[second] = Bucket()
        bucket.dirty = True
        if self._dirty_from is None or second < self._dirty_from:
            self._dirty_from = second
        return bucket

    def rows(self) -> list[LoadRow]:
        """Rows that are new or have changed since the last call."""
        first = self._dirty_from
        if first is None:
            return []
        rows = list(self._together().rows(ALL, first))
        for server, series in self._series.items():
            rows += series.rows(server, first)
        self._dirty_from = None
        self._forget()
        return rows

    def clear(self) -> None:
        """Forget everything but how many requests are in flight."""
        for series in self._series.values():
            series.forget(1 << 62)
        self._before = sum(series.before for series in self._series.values())
        self._dirty_from = None

    def _together(self) -> Series:
        together = Series()
        together.before = self._before
        for series in self._series.values():
            for second, bucket in series.buckets.items():
                together.buckets.setdefault(second, Bucket()).add(bucket)
        return together

    def _forget(self) -> None:
        newest = max((max(series.buckets, default=0) for series in self._series.values()), default=0)
        self._forgotten = max(self._forgotten, newest - KEPT_SECONDS)
        for server, series in list(self._series.items()):
            series.forget(self._forgotten)
            if not series.buckets and not series.before:
                del self._series[server]
        self._before = self._flying_before()

    def _flying_before(self) -> int:
        return sum(series.before for series in self._series.values())
